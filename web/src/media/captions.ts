/**
 * The captions of what is watched: which there are, the one that is read, and its lines at the playhead. The lines are
 * drawn by the page, since its letters grow with the reader's; only where a phone plays in its own full screen the
 * browser draws them.
 */
import { reactive, watch } from 'vue';
import { call } from '../api/http';
import type { Caption } from '../api/types';
import { fitting } from '../core/captions';
import { habits } from '../core/habits';
import { net } from '../core/net';
import { cuesOf, type Cue } from '../core/vtt';
import { nativeIsBetter } from './engine';
import type { Shown } from './watching';

const wordsOf = (cue: TextTrackCue) => (cue as VTTCue).text.replace(/<[^>]*>/g, '');

/** The file counts as the recording does, from its start and without holes: so does the element's time line. */
function fill(track: TextTrack, cues: readonly Cue[]): void {
  track.mode = 'hidden'; // a disabled one has no cues
  for (const cue of [...(track.cues ?? [])]) track.removeCue(cue);
  for (const cue of cues) track.addCue(new VTTCue(cue.from_ms / 1000, cue.to_ms / 1000, cue.text));
}

/** A browser that plays HLS by itself has read them in the playlist: the file besides would be the same words twice. */
const ownTrack = (video: HTMLVideoElement, { lang, label }: Caption): TextTrack | null => {
  const all = [...video.textTracks];
  return all.find((one) => one.language.replaceAll('_', '-') === lang) ?? all.find((one) => one.label === label) ?? null;
};

/** It may also have chosen some by what its owner likes: here the page asks. */
function silence(video: HTMLVideoElement, but: TextTrack | null): void {
  for (const one of video.textTracks) if (one !== but) one.mode = 'disabled';
}

export class Captions {
  readonly state = reactive({
    list: [] as readonly Caption[],
    /** Of the one that is read, "" for none. */
    lang: '',
    lines: [] as readonly string[],
  });
  private track: TextTrack | null = null;
  /** Cannot be taken away from its element again, and so serves every language. */
  private made: TextTrack | null = null;
  private last = '';
  private asked = false;
  private turn = 0;

  constructor(private readonly watching: Shown) {}

  choose(lang: string): void {
    if (this.state.lang) this.last = this.state.lang;
    this.state.lang = habits.captions = lang;
  }

  /** Off, or back to what was read last. */
  flip(): void {
    const { lang, list } = this.state;
    if (lang) this.choose('');
    else this.choose(fitting(list, this.last) || (list[0]?.lang ?? ''));
  }

  /** Draws what this element plays; the returned function ends it. */
  attach(video: HTMLVideoElement): () => void {
    const { player } = this.watching;
    const ready = () => player.state.phase === 'ready';
    const read = () => ready() && void this.read(video);
    const off = watch([ready, () => net.online, () => this.state.lang, () => this.state.list], read, { immediate: true });
    const show = () => this.track && (this.track.mode = 'showing');
    const hide = () => {
      silence(video, this.track);
      if (this.track) this.track.mode = 'hidden';
    };
    if (nativeIsBetter(video)) video.textTracks.addEventListener('addtrack', read);
    video.addEventListener('webkitbeginfullscreen', show);
    video.addEventListener('webkitendfullscreen', hide);
    return () => {
      off();
      video.textTracks.removeEventListener('addtrack', read);
      this.listen(null);
      this.made = null;
      video.removeEventListener('webkitbeginfullscreen', show);
      video.removeEventListener('webkitendfullscreen', hide);
    };
  }

  /** Asked for once the player is ready: the pass comes with it. */
  private async look(): Promise<void> {
    this.asked = true;
    const got = await call<{ captions?: Caption[] }>('GET', this.watching.media('captions.json')).catch(() => null);
    this.asked = got !== null; // asked for again at the next ready, or with the network
    if (!got) return;
    this.state.list = got.captions ?? [];
    this.state.lang = fitting(this.state.list, habits.captions);
  }

  private async read(video: HTMLVideoElement): Promise<void> {
    const mine = ++this.turn;
    if (!this.asked) void this.look();
    const caption = this.state.list.find((one) => one.lang === this.state.lang);
    if (nativeIsBetter(video)) {
      this.listen(caption ? ownTrack(video, caption) : null);
      return silence(video, this.track);
    }
    if (!caption) return this.listen(null);
    const src = this.watching.media(`captions/${encodeURIComponent(caption.lang)}.vtt`);
    const text = await fetch(src, { credentials: 'same-origin' }).then((got) => (got.ok ? got.text() : null), () => null);
    if (mine !== this.turn || text === null) return;
    this.made ??= video.addTextTrack('captions', caption.label, caption.lang);
    fill(this.made, cuesOf(text));
    this.listen(this.made);
  }

  private readonly draw = (): void => {
    this.state.lines = [...(this.track?.activeCues ?? [])].map(wordsOf);
  };

  private listen(track: TextTrack | null): void {
    this.track?.removeEventListener('cuechange', this.draw);
    if (this.track && this.track !== track) this.track.mode = 'disabled';
    this.track = track;
    if (track) track.mode = 'hidden';
    track?.addEventListener('cuechange', this.draw);
    this.draw();
  }
}
