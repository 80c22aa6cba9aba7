/**
 * The player without its looks: one media element, one engine, and a state that comes only from the element's own
 * events. It recovers from what can be recovered and says what it is waiting for.
 */
import { reactive } from 'vue';
import { settings } from '../core/settings';
import { mediaTime, titleEnd, titleStart, titleTime } from '../core/title_time';
import { nativeIsBetter, type Engine, type Quality, type Trouble } from './engine';

const MISSING_RETRY_MS = 4000; // nothing published yet: look again
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 15_000;
const STALL_WINDOW_MS = 60_000;
const STALLS_TO_CALM = 2;
const MEDIA_RECOVERIES = 2; // within STALL_WINDOW_MS; then the engine is built anew
const BEHIND_S = 4; // so much later than meant counts as "not live any more"
const NUDGE_S = 0.25;

export interface PlayerParts {
  /** A pass that holds, fresh when the last was refused. */
  pass(fresh: boolean): Promise<unknown>;
  /** The server's UTC, for an honest latency; null while unknown. */
  utcNow(): number | null;
  /** The playhead moved, stopped, jumped: read `state`. */
  onMove(): void;
}

export interface PlayerSource {
  playback: string;
  epochMs: number;
  /** Where to begin, replay only. */
  titleMs: number | null;
}

/**
 * idle: nothing opened; loading; waiting: not published yet; ready; retrying: after an error, by itself; too_old: this
 * browser can play nothing of ours.
 */
export type Phase = 'idle' | 'loading' | 'waiting' | 'ready' | 'retrying' | 'too_old';

const fresh = () => ({
  phase: 'idle' as Phase,
  playing: false,
  paused: true,
  buffering: false,
  seeking: false,
  ended: false,
  muted: false,
  volume: 1,
  rate: 1,
  /** The browser let it start only without sound. */
  quiet: false,
  /** The browser let it not start at all: a tap is needed. */
  blocked: false,
  live: false,
  behind: false,
  latencyS: null as number | null,
  titleMs: null as number | null,
  endMs: 0,
  quality: 'auto' as Quality,
  shown: null as Quality | null,
  offered: ['auto'] as readonly Quality[],
});

/** The latest of some moments, and this one. */
function withNow(moments: readonly number[]): number[] {
  const now = performance.now();
  return [...moments.filter((at) => now - at < STALL_WINDOW_MS), now];
}

export class Player {
  readonly state = reactive(fresh());
  private video: HTMLVideoElement | null = null;
  private engine: Engine | null = null;
  private source: PlayerSource | null = null;
  private turn = 0;
  private timer = 0;
  private tries = 0;
  private stalls: number[] = [];
  private recoveries: number[] = [];
  /** Whoever watches goes on when the element is loaded anew, which stops it: behind a damaged part hls.js does so by itself. */
  private watches = true;
  /** All of the title rather than the window at its live end. */
  private whole = false;
  private readonly off: (() => void)[] = [];

  constructor(private readonly parts: PlayerParts) {}

  attach(video: HTMLVideoElement): void {
    this.video = video;
    video.muted = settings.muted === 'yes';
    const on = (names: string, fn: () => void) => {
      for (const name of names.split(' ')) {
        video.addEventListener(name, fn);
        this.off.push(() => video.removeEventListener(name, fn));
      }
    };
    on('playing pause ended seeking seeked timeupdate ratechange volumechange emptied loadeddata canplay', () => this.read());
    on('playing', () => this.plays());
    on('play pause', () => {
      if (!video.error) this.watches = !video.paused;
    });
    on('loadeddata', () => this.watches && video.paused && void this.play());
    on('waiting', () => this.stalled());
    if (this.source) void this.load();
  }

  detach(): void {
    this.close();
    for (const off of this.off.splice(0)) off();
    this.video = null;
  }

  open(source: PlayerSource): void {
    this.source = source;
    this.whole = source.titleMs !== null;
    this.tries = 0;
    this.watches = true;
    if (this.video) void this.load();
  }

  close(): void {
    this.turn++;
    clearTimeout(this.timer);
    this.engine?.close();
    this.engine = null;
    Object.assign(this.state, { ...fresh(), quality: this.state.quality });
  }

  setEpoch(epochMs: number): void {
    if (this.source && epochMs) this.source.epochMs = epochMs;
  }

  /** From the next loading on: an address that carries its pass changes with it. */
  setPlayback(playback: string): void {
    if (this.source) this.source.playback = playback;
  }

  /** There is something new, not published before or after an interruption: looks at once. */
  look(): void {
    if (this.state.phase === 'waiting' || this.state.phase === 'retrying') void this.load();
    else if (this.state.phase === 'ready') this.engine?.look();
  }

  async play(): Promise<void> {
    const video = this.video;
    if (!video) return;
    this.state.blocked = false;
    if (video.ended && !this.state.live) {
      video.currentTime = 0;
      this.seek(0);
    }
    try {
      await video.play();
    } catch (error) {
      this.state.blocked = (error as DOMException).name === 'NotAllowedError';
    }
  }

  pause(): void {
    this.watches = false;
    this.video?.pause();
  }

  toggle(): void {
    if (this.video?.paused) void this.play();
    else this.pause();
  }

  sound(on: boolean): void {
    if (!this.video) return;
    this.video.muted = !on;
    if (on && this.video.volume === 0) this.video.volume = 1;
    this.state.quiet = false;
    settings.muted = on ? 'no' : 'yes';
  }

  setVolume(volume: number): void {
    if (!this.video) return;
    this.video.volume = Math.min(1, Math.max(0, volume));
    this.sound(this.video.volume > 0);
  }

  /** Stays when the engine is built anew. */
  setRate(rate: number): void {
    if (this.video) this.video.defaultPlaybackRate = this.video.playbackRate = rate;
  }

  goLive(): void {
    this.watches = true;
    if (this.whole && this.state.live) return this.turnTo(null);
    const edge = this.engine?.edge();
    if (this.video && edge) this.video.currentTime = Math.max(0, edge - NUDGE_S);
    void this.play();
  }

  seek(titleMs: number): void {
    if (!this.video || !this.engine || !this.source) return;
    if (!this.whole && titleMs < titleStart(this.engine.pieces(), this.source.epochMs)) return this.turnTo(titleMs);
    const at = mediaTime(this.engine.pieces(), titleMs, this.source.epochMs);
    if (at === null) return;
    const end = Number.isFinite(this.video.duration) ? this.video.duration - NUDGE_S : at;
    this.engine.stay();
    this.video.currentTime = Math.max(0, Math.min(at, end));
    this.state.ended = false;
  }

  /** From the window at the live end to all of the title, at this title time; null: back to the live end. */
  private turnTo(titleMs: number | null): void {
    if (!this.source || !this.video) return;
    this.whole = titleMs !== null;
    this.source = { ...this.source, titleMs };
    this.state.titleMs = titleMs;
    this.setRate(1);
    void this.load();
  }

  choose(quality: Quality): void {
    const audio = (q: Quality) => q === 'audio';
    const turnsAround = audio(quality) !== audio(this.state.quality);
    this.state.quality = quality;
    if (!turnsAround) return this.engine?.choose(quality);
    this.remember();
    void this.load();
  }

  private url(source: PlayerSource): string {
    const audio = this.state.quality === 'audio';
    if (!audio && !this.whole) return source.playback;
    return source.playback.replace(/\/main\.m3u8/, `${audio ? '/audio' : ''}/${this.whole ? 'dvr' : 'index'}.m3u8`);
  }

  /** Where to go on when the engine is built anew: the live end stays the live end. */
  private remember(): void {
    if (!this.source || (this.state.live && !this.whole) || this.state.titleMs === null) return;
    this.source = { ...this.source, titleMs: this.state.titleMs };
    this.whole = true;
  }

  private async load(): Promise<void> {
    const { video, source } = this;
    if (!video || !source) return;
    const turn = ++this.turn;
    clearTimeout(this.timer);
    this.engine?.close();
    this.engine = null;
    if (this.state.phase !== 'waiting') this.state.phase = 'loading';
    try {
      await this.parts.pass(false);
      const engine = await this.build(video, source, turn);
      if (!engine) {
        this.state.phase = 'too_old';
        return;
      }
      if (turn !== this.turn) return engine.close();
      this.engine = engine;
    } catch {
      if (turn === this.turn) this.later();
      return;
    }
    if (this.watches) void this.start(turn);
  }

  private async build(video: HTMLVideoElement, source: PlayerSource, turn: number): Promise<Engine | null> {
    const mine = (fn: () => void) => () => {
      if (turn === this.turn) fn();
    };
    const news = {
      onReady: mine(() => this.ready()),
      onTrouble: (trouble: Trouble) => mine(() => void this.trouble(trouble))(),
    };
    const url = this.url(source);
    if (nativeIsBetter(video)) {
      const { openNative } = await import('./native_engine');
      return openNative(video, url, (source.titleMs ?? 0) / 1000, news);
    }
    const { openHls, supported } = await import('./hls_engine');
    if (!supported()) return null;
    const { titleMs, epochMs } = source;
    return openHls(video, { url, titleMs, epochMs, lowLatency: !this.whole, quality: this.state.quality }, news);
  }

  /** Plays with sound if the browser allows, else without, else waits for a tap. */
  private async start(turn: number): Promise<void> {
    const video = this.video;
    if (!video) return;
    for (const muted of video.muted ? [true] : [false, true]) {
      video.muted = muted;
      try {
        await video.play();
        this.state.quiet = muted && settings.muted === 'no';
        return;
      } catch (error) {
        if (turn !== this.turn || (error as DOMException).name !== 'NotAllowedError') return;
      }
    }
    this.state.blocked = true;
  }

  private ready(): void {
    const { engine, source } = this;
    if (!engine || !source) return;
    this.state.phase = 'ready';
    this.state.offered = engine.offered();
    this.setLive(engine.live());
    this.state.endMs = titleEnd(engine.pieces(), source.epochMs);
    this.read();
  }

  private plays(): void {
    this.tries = 0;
    this.state.phase = 'ready';
    this.state.blocked = false;
  }

  /** Takes the state from the element now; its events do so by themselves. */
  read(): void {
    const { video, engine, state, source } = this;
    if (!video) return;
    state.paused = video.paused;
    state.seeking = video.seeking;
    state.ended = video.ended;
    state.muted = video.muted || video.volume === 0;
    state.volume = video.volume;
    state.rate = video.playbackRate;
    state.buffering = !video.paused && !video.ended && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    state.playing = !video.paused && !video.ended && !video.seeking && !state.buffering;
    if (engine && source) {
      const programme = engine.programmeMs();
      state.titleMs = titleTime(programme, source.epochMs);
      state.shown = engine.shown();
      this.setLive(engine.live());
      this.measure(engine, programme);
    }
    this.parts.onMove();
  }

  /** Catching up with the live edge may have left a quick rate behind. */
  private setLive(live: boolean): void {
    if (this.state.live && !live) this.setRate(1);
    this.state.live = live;
  }

  private measure(engine: Engine, programme: number | null): void {
    const utc = this.parts.utcNow();
    const own = engine.latencyS();
    const seen = utc !== null && programme !== null ? (utc - programme) / 1000 : null;
    this.state.latencyS = !this.state.live ? null : seen !== null && seen > 0 ? seen : own;
    this.state.behind = this.state.live && own !== null && own - engine.targetS() > BEHIND_S;
  }

  private stalled(): void {
    this.read();
    const video = this.video;
    if (!video || video.seeking || video.currentTime === 0) return;
    this.stalls = withNow(this.stalls);
    if (this.stalls.length >= STALLS_TO_CALM) this.engine?.calm();
  }

  private async trouble(trouble: Trouble): Promise<void> {
    if (trouble === 'missing' && this.state.quality === 'audio') return this.choose('auto');
    if (trouble === 'missing' && this.state.phase !== 'ready') return this.wait();
    if (trouble === 'media' && this.recoverable()) return this.engine?.recoverMedia();
    if (trouble === 'pass') await this.parts.pass(true).catch(() => undefined);
    this.later();
  }

  private recoverable(): boolean {
    this.recoveries = withNow(this.recoveries);
    return this.recoveries.length <= MEDIA_RECOVERIES;
  }

  private wait(): void {
    this.state.phase = 'waiting';
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), MISSING_RETRY_MS);
  }

  private later(): void {
    const pause = Math.min(RETRY_FIRST_MS * 2 ** this.tries++, RETRY_MAX_MS);
    this.state.phase = 'retrying';
    this.remember();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), pause * (0.7 + Math.random() * 0.6));
  }
}
