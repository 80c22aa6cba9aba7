/**
 * Nearness to a class on air. hls.js plays quicker only within a target duration of where it should be; whoever fell
 * behind further, by a bad network or a busy phone, would stay there for the rest of the class. Here they come back,
 * a little quicker and without a jump: no second is left out, but for who has just joined. Who stopped or went back stays
 * where they are.
 */

/** So far behind by one's own doing is meant. */
export const MEANT_S = 4;
const NEAR_S = 0.05;
const FAR_S = 2; // from here on one listens for long: gently
const FAR_RATE = 1.25;
const LOST_S = 8; // but not for minutes
const MAX_RATE = 1.5;
const AHEAD_S = 1; // what is played quicker must be there; where one should be nearer than that, half of it
const JOIN_MS = 5000; // from the first picture on
const JOINED_LATE_S = 2; // who was there from the class's beginning is shown all of it
const JUMP_S = 0.5; // less is not worth the seek

/** Where one is: behind where one should be, and where that is, behind the newest media; s. */
export interface Distance {
  farS: number;
  targetS: number;
}

const cushion = (targetS: number) => Math.min(AHEAD_S, targetS / 2);

/** 1…1.5. `aheadS`: buffered; `meant`: behind by one's own doing. */
export function catchUpRate({ farS, targetS }: Distance, aheadS: number, meant: boolean): number {
  if (!(farS > NEAR_S) || aheadS <= cushion(targetS)) return 1;
  if (farS > FAR_S && meant) return 1;
  if (farS > FAR_S) return farS > LOST_S ? MAX_RATE : FAR_RATE;
  return Math.min(MAX_RATE, Math.round((2 / (1 + Math.exp(-0.75 * farS))) * 20) / 20);
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

const SLACK_STALL_S = 1;
const SLACK_STEP_S = 0.5;
const SLACK_MAX_S = 4;
const HOLD_MS = 30_000;
const HOLD_MAX_MS = 240_000;
const FORGET_MS = 600_000;

/**
 * What stalls teach: to stay further behind than the playlist asks for, and to come back in steps as long as none
 * comes. With every stall the steps come later, until ten minutes pass without one. hls.js would stay behind for good.
 */
export class Slack {
  private s = 0;
  private at = 0; // the last stall, or step
  private stallAt = -Infinity;
  private holdMs = 0;

  private before: [number, number, number, number] = [0, 0, -Infinity, 0];

  stalled(now: number): void {
    this.before = [this.seconds(now), this.at, this.stallAt, this.holdMs];
    const known = now - this.stallAt < FORGET_MS;
    this.holdMs = known ? Math.min(2 * this.holdMs, HOLD_MAX_MS) : HOLD_MS;
    this.s = Math.min(this.seconds(now) + SLACK_STALL_S, SLACK_MAX_S);
    this.at = this.stallAt = now;
  }

  /** The last one was nobody's way: nothing came for anybody. */
  forgive(): void {
    [this.s, this.at, this.stallAt, this.holdMs] = this.before;
  }

  seconds(now: number): number {
    for (; this.s > 0 && now - this.at >= this.holdMs; this.at += this.holdMs) this.s = Math.max(0, this.s - SLACK_STEP_S);
    return this.s;
  }
}

export interface Nearness {
  /** Further behind than the playlist asks for, for what stalled. */
  slackS(): number;
  /** What stalled last was the class itself. */
  forgive(): void;
  /** Whoever sought a place stays there, if it is far enough. */
  stay(): void;
  end(): void;
}

/**
 * Keeps a playing element near; `distance` null: not on air, or not now. Who joins a class under way begins near at
 * once: what came while the page was loading they jump over, as soon as it is there.
 */
export function keepNear(video: HTMLMediaElement, distance: () => Distance | null): Nearness {
  const slack = new Slack();
  let meant = false;
  let hurried = false;
  let jumped = false;
  let joinedAt: number | null = null; // nothing was shown yet
  let late = false; // when the class had begun already
  const slackS = () => slack.seconds(performance.now());
  const place = () => {
    const is = distance();
    return is && { farS: is.farS - slackS(), targetS: is.targetS + slackS() };
  };
  const joining = () => joinedAt === null || performance.now() - joinedAt < JOIN_MS;
  const left = () => (meant = (place()?.farS ?? 0) > MEANT_S);
  const stopped = () => (meant = jumped = true);
  /** What stalls while it begins says nothing of the way that the media comes. */
  const stalled = () => {
    if (!joining() && !video.seeking && !video.paused) slack.stalled(performance.now());
  };
  const mayJump = ({ farS, targetS }: Distance) => {
    if (jumped || !late || !joining()) return false;
    return farS > JUMP_S && aheadOf(video) - farS > cushion(targetS);
  };
  const pace = () => {
    const is = place();
    if (video.paused || (is === null && !hurried)) return;
    if (joinedAt === null) late = video.currentTime > JOINED_LATE_S;
    joinedAt ??= performance.now();
    if (is !== null && is.farS < FAR_S) meant = false;
    if (is !== null && mayJump(is)) {
      jumped = true;
      video.currentTime += is.farS;
      return;
    }
    const rate = is === null ? 1 : catchUpRate(is, aheadOf(video), meant);
    hurried = rate > 1;
    if (video.playbackRate !== rate) video.playbackRate = rate;
  };
  const heard: [string, () => void][] = [['play', left], ['pause', stopped], ['timeupdate', pace], ['waiting', stalled]];
  for (const [name, fn] of heard) video.addEventListener(name, fn);
  return {
    slackS,
    forgive: () => slack.forgive(),
    stay: () => {
      jumped = true;
      video.addEventListener('seeked', left, { once: true });
    },
    end: () => {
      for (const [name, fn] of [...heard, ['seeked', left] as const]) video.removeEventListener(name, fn);
    },
  };
}
