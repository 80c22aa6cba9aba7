import { describe, expect, it, vi } from 'vitest';
import { aheadOf, catchUpRate, keepNear, Slack } from '../src/media/catch_up';

describe('nearness to a class on air', () => {
  const behind = (farS: number, aheadS: number, meant: boolean) => catchUpRate({ farS, targetS: 3 }, aheadS, meant);

  it('is kept by a quicker pace, the quicker the further, never beyond what is there', () => {
    expect(behind(0, 5, false)).toBe(1);
    expect(behind(-3, 5, false)).toBe(1);
    expect(behind(NaN, 5, false)).toBe(1);
    const near = [0.2, 0.6, 1.2, 1.9].map((s) => behind(s, 5, false));
    expect(near).toEqual([...near].sort((a, b) => a - b));
    expect(near[0]).toBeGreaterThan(1);
    expect(Math.max(...near)).toBeLessThanOrEqual(1.5);
    expect(behind(1.5, 0.5, false)).toBe(1);
  });

  it('keeps half of what should be ahead, where that is less than a second', () => {
    const low = (aheadS: number) => catchUpRate({ farS: 0.3, targetS: 0.8 }, aheadS, false);
    expect(low(0.7)).toBeGreaterThan(1);
    expect(low(0.4)).toBe(1);
  });

  it('comes back from any distance, unless it was meant', () => {
    expect([3, 7, 12, 90].map((far) => behind(far, 5, false))).toEqual([1.25, 1.25, 1.5, 1.5]);
    expect([3, 7, 12, 90].map((far) => behind(far, 5, true))).toEqual([1, 1, 1, 1]);
  });

  class Element extends EventTarget {
    paused = false;
    seeking = false;
    playbackRate = 1;
    currentTime = 0;
    buffered = { length: 2, start: (i: number) => [0, 9][i]!, end: (i: number) => [5, 16][i]! };
  }
  const playing = (far: { s: number | null }, currentTime = 0) => {
    const video = Object.assign(new Element(), { currentTime });
    const nearness = keepNear(video as unknown as HTMLMediaElement, () => far.s === null ? null : { farS: far.s, targetS: 1 });
    return { video, ...nearness, hear: (name: string) => video.dispatchEvent(new Event(name)) };
  };

  it('counts what is buffered from here', () => {
    const { video } = playing({ s: 0 }, 10);
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

  it('who joins a class under way jumps over what came meanwhile, once, as soon as the rest is there', () => {
    const far = { s: 7 };
    const { video, hear } = playing(far, 9.5);
    hear('timeupdate'); // of 6.5 s ahead
    expect([video.currentTime, video.playbackRate]).toEqual([9.5, 1.25]);
    far.s = 5;
    hear('timeupdate');
    expect(video.currentTime).toBe(14.5);
    video.currentTime = 10;
    hear('timeupdate');
    expect([video.currentTime, video.playbackRate]).toEqual([10, 1.25]);
  });

  it('nobody jumps who was there from the beginning, went back, or has watched for a while', () => {
    const there = playing({ s: 3 }, 1);
    there.hear('timeupdate');
    there.video.currentTime = 2.1;
    there.hear('timeupdate');
    expect(there.video.currentTime).toBe(2.1);
    const stopped = playing({ s: 3 }, 10);
    for (const name of ['pause', 'play']) stopped.hear(name);
    stopped.hear('timeupdate');
    expect(stopped.video.currentTime).toBe(10);
    const back = playing({ s: 5 }, 10);
    back.stay();
    back.hear('seeked');
    back.hear('timeupdate');
    expect(back.video.currentTime).toBe(10);
    vi.useFakeTimers({ toFake: ['performance'] });
    const far = { s: 0 };
    const watching = playing(far, 10);
    watching.hear('timeupdate');
    vi.advanceTimersByTime(6000);
    far.s = 3;
    watching.hear('timeupdate');
    expect([watching.video.currentTime, watching.video.playbackRate]).toEqual([10, 1.25]);
    vi.useRealTimers();
  });

  it('a stall holds everybody further behind, the longer the more came before, and is forgotten in time', () => {
    const slack = new Slack();
    const after = (...s: number[]) => s.map((one) => slack.seconds(one * 1000));
    expect(after(0)).toEqual([0]);
    slack.stalled(0);
    expect(after(29, 30, 60, 600)).toEqual([1, 0.5, 0, 0]);
    slack.stalled(61_000);
    expect(after(61, 120, 121, 181)).toEqual([1, 1, 0.5, 0]);
    for (let i = 0; i < 9; i++) slack.stalled(200_000);
    expect(after(200, 439, 440)).toEqual([4, 4, 3.5]);
    slack.stalled(3_000_000);
    expect(after(3000, 3030, 3060)).toEqual([1, 0.5, 0]);
  });

  it('what stalled because the class did is forgiven, but no other stall', () => {
    const slack = new Slack();
    slack.stalled(0);
    slack.stalled(1000);
    slack.forgive();
    slack.forgive();
    expect([29, 30, 60].map((s) => slack.seconds(s * 1000))).toEqual([1, 0.5, 0]);
  });

  it('a stall moves where one should be, but not one at the beginning, in a seek, or in a pause', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const far = { s: 0.6 };
    const { video, hear, slackS } = playing(far);
    hear('waiting');
    hear('timeupdate');
    hear('waiting');
    vi.advanceTimersByTime(6000);
    for (const state of [{ seeking: true }, { seeking: false, paused: true }]) {
      Object.assign(video, state);
      hear('waiting');
    }
    video.paused = false;
    hear('timeupdate');
    expect([slackS(), video.playbackRate]).toEqual([0, 1.2]);
    hear('waiting');
    hear('timeupdate');
    expect([slackS(), video.playbackRate]).toEqual([1, 1]);
    vi.useRealTimers();
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
