import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { habits } from '../src/core/habits';
import { Captions } from '../src/media/captions';
import type { Shown } from '../src/media/watching';

class Track extends EventTarget {
  mode = 'disabled';
  activeCues: { text: string }[] = [];
  constructor(
    readonly language: string,
    readonly label: string,
  ) {
    super();
  }
  says(text: string) {
    this.activeCues = [{ text }];
    this.dispatchEvent(new Event('cuechange'));
  }
}

/** A browser that plays HLS by itself: its tracks come from the playlist, and none may be added. */
class Video extends EventTarget {
  readonly textTracks = Object.assign(new EventTarget(), { all: [] as Track[], [Symbol.iterator]: () => this.textTracks.all.values() });
  readonly canPlayType = () => 'maybe';
  readonly added = vi.fn();
  readonly append = this.added;
  readonly addTextTrack = this.added;
  found(...tracks: Track[]) {
    this.textTracks.all.push(...tracks);
    this.textTracks.dispatchEvent(new Event('addtrack'));
  }
}

const LIST = { captions: [{ lang: 'zh-Hans', label: '中文' }, { lang: 'en', label: 'English' }] };
const shown = { player: { state: { phase: 'ready' } }, media: (file: string) => `/media/t/${file}` } as unknown as Shown;

describe('captions where the browser plays HLS by itself', () => {
  let video: Video, captions: Captions, end: () => void;
  const asked: string[] = [];
  const zh = () => new Track('zh_Hans', '中文'), en = () => new Track('en', 'English');
  const settled = () => vi.waitFor(() => expect(captions.state.list.length).toBe(2));

  beforeEach(async () => {
    vi.stubGlobal('window', {});
    asked.length = 0;
    vi.stubGlobal('fetch', (path: string) => (asked.push(path), Promise.resolve(new Response(JSON.stringify(LIST)))));
    habits.captions = '';
    video = new Video();
    captions = new Captions(shown);
    end = captions.attach(video as unknown as HTMLVideoElement);
    await settled();
  });
  afterEach(() => {
    end();
    vi.unstubAllGlobals();
  });

  it('are those of the playlist, drawn by the page, and no file is loaded besides', async () => {
    const [mine, other] = [zh(), en()];
    video.found(mine, other);
    captions.choose('zh-Hans');
    await vi.waitFor(() => expect(mine.mode).toBe('hidden'));
    mine.says('焊');
    expect(captions.state.lines).toEqual(['焊']);
    expect(other.mode).toBe('disabled');
    expect(video.added).not.toHaveBeenCalled();
    expect(asked).toEqual(['/media/t/captions.json']);
  });

  it('are found when the browser finds them late', async () => {
    captions.choose('en');
    await Promise.resolve();
    const track = en();
    video.found(track);
    await vi.waitFor(() => expect(track.mode).toBe('hidden'));
  });

  it('are silent when the page shows none, whatever the browser chose', async () => {
    const track = en();
    track.mode = 'showing';
    video.found(track);
    await vi.waitFor(() => expect(track.mode).toBe('disabled'));
    expect(captions.state.lines).toEqual([]);
  });

  it('are drawn by the browser in its own full screen, and by the page alone after it', async () => {
    const [mine, other] = [zh(), en()];
    video.found(mine, other);
    captions.choose('zh-Hans');
    await vi.waitFor(() => expect(mine.mode).toBe('hidden'));
    video.dispatchEvent(new Event('webkitbeginfullscreen'));
    expect(mine.mode).toBe('showing');
    other.mode = 'showing'; // chosen in the browser's own list
    video.dispatchEvent(new Event('webkitendfullscreen'));
    expect([mine.mode, other.mode]).toEqual(['hidden', 'disabled']);
  });
});
