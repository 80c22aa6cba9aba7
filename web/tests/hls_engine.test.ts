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
  latestLevelDetails = { edge: 100, live: true, fragments: [{ start: 98 }] };
  ends: unknown[] = [];
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
  heard = new Map<string, () => void>();
  on = (event: string, fn: () => void) => this.heard.set(event, fn);
  trigger = (_event: unknown, data: { type: string }) => this.ends.push(data.type);
  loadSource = () => undefined;
  attachMedia = () => undefined;
  stopLoad = () => undefined;
  startLoad = () => this.loads++;
  destroy = () => undefined;
}
vi.mock('hls.js/light', () => ({ default: Fake, ErrorTypes: {}, Events: { FRAG_LOADING: 'loading', FRAG_BUFFERED: 'buffered' } }));
const { openHls } = await import('../src/media/hls_engine'); // after what stands in for hls.js

const onTrouble = vi.fn();
const open = (video: EventTarget = new EventTarget()) =>
  openHls(
    video as HTMLVideoElement,
    { url: '/media/t/main.m3u8', titleMs: null, epochMs: 0, lowLatency: true, quality: 'auto' },
    { onReady: () => undefined, onTrouble },
  );

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 });
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
    Fake.last.latestLevelDetails = { edge: 101, live: true, fragments: [{ start: 99 }] };
    vi.advanceTimersByTime(10_000);
    expect(Fake.last.loads).toBe(2);
    engine.look();
    vi.advanceTimersByTime(10_000);
    expect(Fake.last.loads).toBe(5); // but not for ever
    engine.close();
  });

  it.each([
    ['starved at the end, behind a hole that it crossed', {}, true],
    ['on air', { live: true }, false],
    ['with more to play', { readyState: 3 }, false],
    ['its buffer was flushed for another quality', { currentTime: 89.97, ranges: [[60, 90]] }, false],
    ['its buffer is empty', { currentTime: 89, ranges: [] }, false],
    ['the last of it is still to come', { currentTime: 98.97, ranges: [[60, 99]] }, false],
    ['it went back, and what is there lies further on', { currentTime: 40, ranges: [[99, 100]] }, false],
  ])('a title has ended or not: %s', (_name, more, ends) => {
    const is = { live: false, readyState: 2, currentTime: 99.95, ranges: [[60, 80], [80.05, 99.98]], ...more };
    const buffered = { length: is.ranges.length, start: (i: number) => is.ranges[i]![0]!, end: (i: number) => is.ranges[i]![1]! };
    const video = Object.assign(new EventTarget(), { readyState: is.readyState, currentTime: is.currentTime, buffered, playbackRate: 1, paused: false });
    const engine = open(video);
    Fake.last.latestLevelDetails = { edge: 100, live: is.live, fragments: [{ start: 98 }] };
    video.dispatchEvent(new Event('waiting'));
    expect(Fake.last.ends).toEqual(ends ? ['audiovideo', 'audio'] : []);
    engine.close();
  });

  it('a title that stands still in its last segment, with nothing under way, is opened anew', () => {
    const buffered = { length: 1, start: () => 60, end: () => 98.5 };
    const video = Object.assign(new EventTarget(), { readyState: 2, currentTime: 98.48, buffered, playbackRate: 1, paused: false });
    const engine = open(video);
    Fake.last.latestLevelDetails.live = false;
    Fake.last.heard.get('loading')!();
    video.dispatchEvent(new Event('waiting'));
    vi.advanceTimersByTime(20_000);
    expect(onTrouble).not.toHaveBeenCalled(); // it is on its way
    Fake.last.heard.get('buffered')!();
    vi.advanceTimersByTime(2000);
    expect(onTrouble).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(onTrouble.mock.calls).toEqual([['broken']]);
    engine.close();
    vi.advanceTimersByTime(60_000);
    expect(onTrouble).toHaveBeenCalledTimes(1);
  });
});
