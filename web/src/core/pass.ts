/**
 * The pass to one title: asked for before playing, renewed at half its life and when refused. One request at a time.
 */
import type { Pass } from '../api/types';
import { realClock, type Clock } from './clock';

const FRESH_MS = 2000; // a pass so young is not asked for again: a refusal has another cause
const RENEW_MIN_MS = 10_000;
const RENEW_MAX_MS = 2_147_000_000; // what a timer can hold

export class PassKeeper {
  private held: { pass: Pass; at: number } | null = null;
  private asking: Promise<Pass> | null = null;
  private timer = 0;
  private stopped = false;

  constructor(
    private readonly fetchPass: () => Promise<Pass>,
    private readonly utcNow: () => number = Date.now,
    private readonly clock: Clock = realClock,
  ) {}

  /** The pass in hand, or a new one; `fresh` when the one in hand was refused. */
  get(fresh = false): Promise<Pass> {
    const held = this.held;
    const young = held && this.clock.now() - held.at < FRESH_MS;
    if (held && (!fresh || young) && held.pass.until_ms > this.utcNow()) return Promise.resolve(held.pass);
    return this.renew();
  }

  stop(): void {
    this.stopped = true;
    this.clock.cancel(this.timer);
  }

  private renew(): Promise<Pass> {
    this.asking ??= this.fetchPass()
      .then((pass) => this.take(pass))
      .finally(() => (this.asking = null));
    return this.asking;
  }

  private take(pass: Pass): Pass {
    this.held = { pass, at: this.clock.now() };
    this.clock.cancel(this.timer);
    if (this.stopped) return pass;
    const half = (pass.until_ms - this.utcNow()) / 2;
    const wait = Math.min(Math.max(half, RENEW_MIN_MS), RENEW_MAX_MS);
    this.timer = this.clock.after(wait, () => void this.renew().catch(() => undefined));
    return pass;
  }
}
