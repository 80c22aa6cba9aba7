import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { calmTargetS } from '../src/media/catch_up';

/** As much of hls.js as the engine uses, with the numbers of a class on air. */
class Fake {
  static last: Fake;
  lowLatencyMode = true;
  latency = 2.2;
  levels = [{ uri: '/media/t/src/index.m3u8', details: { live: true, fragments: [2, 2, 2].map((duration) => ({ duration })) } }];
  currentLevel = 0;
  loadLevel = 0;
  latestLevelDetails = { edge: 100 };
  loads = 0;
  constructor() {
    Fake.last = this;
  }
  /** Without low latency: three of the playlist's target durations. */
  get targetLatency() {
    return this.lowLatencyMode ? 1.5 : 18;
  }
  get liveSyncPosition() {
    return this.latestLevelDetails.edge - this.targetLatency;
  }
  on = () => undefined;
  loadSource = () => undefined;
  attachMedia = () => undefined;
  stopLoad = () => undefined;
  startLoad = () => this.loads++;
  destroy = () => undefined;
}
vi.mock('hls.js/light', () => ({ default: Fake, ErrorTypes: {}, Events: {} }));
const { openHls } = await import('../src/media/hls_engine'); // after what stands in for hls.js

const open = () =>
  openHls(
    new EventTarget() as unknown as HTMLVideoElement,
    { url: '/media/t/main.m3u8', titleMs: null, epochMs: 0, lowLatency: true, quality: 'auto' },
    { onReady: () => undefined, onTrouble: () => undefined },
  );

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', globalThis);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('hls.js behind the player', () => {
  it('calmed, it is as far from the live edge as its segments want, and near again after a minute', () => {
    const engine = open();
    expect([engine.targetS(), engine.edge()]).toEqual([1.5, 98.5]);
    engine.calm();
    expect([engine.targetS(), engine.edge()]).toEqual([5, 95]);
    vi.advanceTimersByTime(60_000);
    expect([engine.targetS(), engine.edge()]).toEqual([1.5, 98.5]);
    engine.close();
  });

  it('where segments are longer, so is what calm wants', () => {
    expect(calmTargetS([6, 2, 2, 2].map((duration) => ({ duration })))).toBe(5);
    expect(calmTargetS([2, 4, 3].map((duration) => ({ duration })))).toBe(7);
    expect(calmTargetS([])).toBe(3);
  });

  it('told that there is something new it asks at once, and again until it has it', () => {
    const engine = open();
    engine.look();
    expect(Fake.last.loads).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(Fake.last.loads).toBe(2);
    Fake.last.latestLevelDetails = { edge: 101 };
    vi.advanceTimersByTime(10_000);
    expect(Fake.last.loads).toBe(2);
    engine.look();
    vi.advanceTimersByTime(10_000);
    expect(Fake.last.loads).toBe(5); // but not for ever
    engine.close();
  });
});
