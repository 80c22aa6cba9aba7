import { describe, expect, it } from 'vitest';
import { aheadOf, catchUpRate, keepNear } from '../src/media/catch_up';

describe('nearness to a class on air', () => {
  it('is kept by a quicker pace, the quicker the further, never beyond what is there', () => {
    expect(catchUpRate(0, 5, false)).toBe(1);
    expect(catchUpRate(-3, 5, false)).toBe(1);
    expect(catchUpRate(NaN, 5, false)).toBe(1);
    const near = [0.2, 0.6, 1.2, 1.9].map((s) => catchUpRate(s, 5, false));
    expect(near).toEqual([...near].sort((a, b) => a - b));
    expect(near[0]).toBeGreaterThan(1);
    expect(Math.max(...near)).toBeLessThanOrEqual(1.5);
    expect(catchUpRate(1.5, 0.5, false)).toBe(1);
  });

  it('comes back from any distance, unless it was meant', () => {
    expect([3, 7, 12, 90].map((far) => catchUpRate(far, 5, false))).toEqual([1.25, 1.25, 1.5, 1.5]);
    expect([3, 7, 12, 90].map((far) => catchUpRate(far, 5, true))).toEqual([1, 1, 1, 1]);
  });

  class Element extends EventTarget {
    paused = false;
    playbackRate = 1;
    currentTime = 10;
    buffered = { length: 2, start: (i: number) => [0, 9][i]!, end: (i: number) => [5, 16][i]! };
  }
  const playing = (far: { s: number | null }) => {
    const video = new Element();
    const { end, stay } = keepNear(video as unknown as HTMLMediaElement, () => far.s);
    return { video, end, stay, hear: (name: string) => video.dispatchEvent(new Event(name)) };
  };

  it('counts what is buffered from here', () => {
    const { video } = playing({ s: 0 });
    expect(aheadOf(video as unknown as HTMLMediaElement)).toBe(6);
    video.currentTime = 7;
    expect(aheadOf(video as unknown as HTMLMediaElement)).toBe(0);
  });

  it('one who fell behind comes back; one who stopped, or went back, stays until near again', () => {
    const far = { s: 20 };
    const { video, hear, end, stay } = playing(far);
    hear('timeupdate');
    expect(video.playbackRate).toBe(1.5);
    hear('pause');
    hear('play');
    hear('timeupdate');
    expect(video.playbackRate).toBe(1);
    far.s = 1;
    hear('timeupdate');
    far.s = 8; // fell behind again, by no doing of theirs
    hear('timeupdate');
    expect(video.playbackRate).toBe(1.25);
    hear('seeked'); // by the engine, at its beginning
    hear('timeupdate');
    expect(video.playbackRate).toBe(1.25);
    stay();
    hear('seeked');
    hear('timeupdate');
    expect(video.playbackRate).toBe(1);
    end();
    far.s = 1;
    hear('timeupdate');
    expect(video.playbackRate).toBe(1);
  });

  it('what was hurried goes at its own pace when the class ends, or calm is asked for', () => {
    const far: { s: number | null } = { s: 20 };
    const { video, hear } = playing(far);
    hear('timeupdate');
    far.s = null;
    hear('timeupdate');
    expect(video.playbackRate).toBe(1);
  });

  it('a recording keeps the pace that was chosen', () => {
    const { video, hear } = playing({ s: null });
    video.playbackRate = 2;
    hear('timeupdate');
    expect(video.playbackRate).toBe(2);
  });
});
