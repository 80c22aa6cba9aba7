/** How fast something goes and how long it still takes, from what was done when. Pure. */

const WINDOW_MS = 20_000; // older samples tell of a line that is no more
const WORTH_MS = 2_000; // in less time than this nothing is known
const SAMPLES_MAX = 240; // a browser tells of progress 20 times a second: more are thinned out
const APART_MS = 100;

export class Pace {
  private samples: { at: number; done: number }[] = [];

  /** `done` only grows; where it does not, what was before is forgotten. */
  add(at: number, done: number): void {
    const last = this.samples[this.samples.length - 1];
    if (last && done < last.done) this.samples = [];
    else if (last && this.samples.length > 1 && at - last.at < APART_MS) this.samples.pop();
    this.samples.push({ at, done });
    this.samples = this.samples.filter((one) => at - one.at <= WINDOW_MS).slice(-SAMPLES_MAX);
  }

  forget(): void {
    this.samples = [];
  }

  /** Per second; null while too little is known. */
  perSecond(now: number): number | null {
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    if (!first || !last || last.at - first.at < WORTH_MS) return null;
    // A line that stands still has a speed that sinks, not the one it had.
    return ((last.done - first.done) / (Math.max(now, last.at) - first.at)) * 1000;
  }

  /** Until `total` is done; null while unknown or standing still. */
  leftMs(now: number, total: number): number | null {
    const speed = this.perSecond(now);
    const last = this.samples[this.samples.length - 1];
    if (!speed || !last) return null;
    return Math.max(0, ((total - last.done) / speed) * 1000);
  }
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * A time left that does not flicker: under a minute as such, then whole minutes, beyond two hours in steps of five.
 * Rounded up, since whoever waits is told rather too much than too little.
 */
export function leftRounded(ms: number): { hours: number; minutes: number } {
  const step = ms > 2 * HOUR ? 5 * MINUTE : MINUTE;
  const all = Math.ceil(ms / step) * step;
  return ms < MINUTE ? { hours: 0, minutes: 0 } : { hours: Math.floor(all / HOUR), minutes: (all % HOUR) / MINUTE };
}
