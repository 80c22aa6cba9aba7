/**
 * What turns a playlist into media in an element: hls.js, or the browser itself where it does HLS well. The player
 * above sees only this. An engine reports trouble and leaves the decision to the player.
 */
import type { Piece } from '../core/title_time';

/** auto, or a rendition: the source as it came, so many lines of it, or its sound alone. */
export type Quality = 'auto' | 'src' | 'audio' | `${number}p`;

/** missing: 404, nothing published yet; pass: 401 or 403; network, media: worth another try; broken: start anew. */
export type Trouble = 'missing' | 'pass' | 'network' | 'media' | 'broken';

export interface EngineNews {
  /** The playlist is known: qualities and length may be read. */
  onReady(): void;
  onTrouble(trouble: Trouble): void;
}

export interface Engine {
  /** UTC ms of the frame at the playhead. */
  programmeMs(): number | null;
  pieces(): readonly Piece[];
  live(): boolean;
  /** Seconds behind the newest media, and what they should be. */
  latencyS(): number | null;
  targetS(): number;
  /** Where to be on the element's time line to be live. */
  edge(): number | null;
  /** The place that is sought now is meant, also when it is behind. */
  stay(): void;
  offered(): readonly Quality[];
  choose(quality: Quality): void;
  shown(): Quality | null;
  /** Stalls were seen: prefer a steady picture to a quick one, for a while. */
  calm(): void;
  recoverMedia(): void;
  /** There is said to be something new: asks at once. */
  look(): void;
  close(): void;
}

/** The rendition a playlist's address belongs to: /media/<title>/<rendition>/index.m3u8. */
export function renditionOf(url: string): Quality | null {
  const name = /\/([^/]+)\/[^/]+\.m3u8/.exec(url)?.[1];
  return name !== undefined && /^(src|audio|\d+p)$/.test(name) ? (name as Quality) : null;
}

const lines = (quality: Quality) => (quality === 'src' ? Infinity : parseInt(quality, 10));

/** What may be chosen where there are these renditions, best first. The top one has as many lines as its source. */
export function offeredOf(renditions: readonly (Quality | null)[]): Quality[] {
  const seen = [...new Set(renditions)].filter((one): one is Quality => one !== null && one !== 'audio' && one !== 'auto');
  return ['auto', ...seen.sort((a, b) => lines(b) - lines(a)), 'audio'];
}

/** Chromium answers "maybe" to HLS and then stalls; the browser's own is taken only where it is known to be good. */
export function nativeIsBetter(video: HTMLVideoElement): boolean {
  const can = video.canPlayType('application/vnd.apple.mpegurl') !== '';
  return can && ('ManagedMediaSource' in window || !('MediaSource' in window));
}
