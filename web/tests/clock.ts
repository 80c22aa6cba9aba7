import type { Clock } from '../src/core/clock';

/** Time turned by hand. */
export class FakeClock implements Clock {
  private at = 0;
  private next = 1;
  private readonly timers = new Map<number, { due: number; fn: () => void }>();

  now(): number {
    return this.at;
  }

  after(ms: number, fn: () => void): number {
    this.timers.set(this.next, { due: this.at + ms, fn });
    return this.next++;
  }

  cancel(timer: number): void {
    this.timers.delete(timer);
  }

  /** Lets `ms` pass, firing what falls due on the way, promises between included. */
  async pass(ms: number): Promise<void> {
    const end = this.at + ms;
    for (;;) {
      await settle();
      const due = [...this.timers].filter(([, t]) => t.due <= end).sort((a, b) => a[1].due - b[1].due)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.at = due[1].due;
      due[1].fn();
    }
    this.at = end;
    await settle();
  }
}

const settle = async () => {
  for (let i = 0; i < 8; i++) await Promise.resolve();
};
