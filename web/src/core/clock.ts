/** Time as the page's cores see it, so that tests can turn it by hand. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  after(ms: number, fn: () => void): number;
  cancel(timer: number): void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  after: (ms, fn) => setTimeout(fn, ms) as unknown as number,
  cancel: (timer) => clearTimeout(timer),
};
