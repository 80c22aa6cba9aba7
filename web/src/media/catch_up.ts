/**
 * Nearness to a class on air. hls.js plays quicker only within a target duration of where it should be; whoever fell
 * behind further, by a bad network or a busy phone, would stay there for the rest of the class. Here they come back,
 * a little quicker and without a jump: no second is left out. Who stopped or went back stays where they are.
 */

/** So far behind by one's own doing is meant. */
export const MEANT_S = 4;
const NEAR_S = 0.05;
const FAR_S = 2; // from here on one listens for long: gently
const FAR_RATE = 1.25;
const LOST_S = 8; // but not for minutes
const MAX_RATE = 1.5;
const AHEAD_S = 1; // what is played quicker must be there

/** 1…1.5. `distanceS`: behind where one should be; `aheadS`: buffered; `meant`: by one's own doing. */
export function catchUpRate(distanceS: number, aheadS: number, meant: boolean): number {
  if (!(distanceS > NEAR_S) || aheadS <= AHEAD_S) return 1;
  if (distanceS > FAR_S && meant) return 1;
  if (distanceS > FAR_S) return distanceS > LOST_S ? MAX_RATE : FAR_RATE;
  return Math.min(MAX_RATE, Math.round((2 / (1 + Math.exp(-0.75 * distanceS))) * 20) / 20);
}

const CALM_MORE_S = 3; // to fetch a segment, and for what made it stall
const LAST_SEGMENTS = 3;

/** How far behind the newest media to be where only whole segments are played, not their parts. */
export function calmTargetS(segments: readonly { duration: number }[]): number {
  return Math.max(0, ...segments.slice(-LAST_SEGMENTS).map((one) => one.duration)) + CALM_MORE_S;
}

/** Seconds that can be played from here without waiting. */
export function aheadOf(video: HTMLMediaElement): number {
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++)
    if (buffered.start(i) <= currentTime + 0.1 && currentTime < buffered.end(i)) return buffered.end(i) - currentTime;
  return 0;
}

export interface Nearness {
  /** Whoever sought a place stays there, if it is far enough. */
  stay(): void;
  end(): void;
}

/** Keeps a playing element near; `distance` in seconds, null: not on air, or not now. */
export function keepNear(video: HTMLMediaElement, distance: () => number | null): Nearness {
  let meant = false;
  let hurried = false;
  const left = () => (meant = (distance() ?? 0) > MEANT_S);
  const stopped = () => (meant = true);
  const pace = () => {
    const far = distance();
    if (video.paused || (far === null && !hurried)) return;
    if (far !== null && far < FAR_S) meant = false;
    const rate = far === null ? 1 : catchUpRate(far, aheadOf(video), meant);
    hurried = rate > 1;
    if (video.playbackRate !== rate) video.playbackRate = rate;
  };
  const heard: [string, () => void][] = [['play', left], ['pause', stopped], ['timeupdate', pace]];
  for (const [name, fn] of heard) video.addEventListener(name, fn);
  return {
    stay: () => video.addEventListener('seeked', left, { once: true }),
    end: () => {
      for (const [name, fn] of [...heard, ['seeked', left] as const]) video.removeEventListener(name, fn);
    },
  };
}
