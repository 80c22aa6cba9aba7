import { describe, expect, it } from 'vitest';
import type { Health } from '../src/api/protocol';
import { codecText, HealthWatch, type HealthView } from '../src/core/health';
import { iceServers } from '../src/media/ice_servers';

type Media = NonNullable<Health['media']>;
type Way = NonNullable<Health['way']>;

const media: Media = {
  video_bps: 1_800_000, audio_bps: 96_000, fps_milli: 30_000, key_ms: 2000, ahead_ms: 20, late_ms: 30, skipped: 0,
  width: 1280, height: 720, codecs: 'avc1.64001f', sound_rate: 48_000, sound_channels: 2, b_frames: false,
};
const way: Way = { rtt_ms: 40, latency_ms: 300, packets: 1000, lost: 0, retransmitted: 0, dropped: 0 };

/** What is seen after `seconds` of this, a message each second. */
function after(seconds: number, at: (second: number) => { media?: Partial<Media>; way?: Partial<Way> }, publisher = 'rtmp 192.0.2.7 OBS'): HealthView {
  const watch = new HealthWatch();
  let view: HealthView | null = null;
  for (let i = 0; i < seconds; i++) {
    const now = at(i);
    view = watch.take(
      { t: 'health', publisher, media: { ...media, ...now.media }, way: { ...way, packets: 1000 + 200 * i, ...now.way } },
      i * 1000,
    );
  }
  return view as HealthView;
}
const keys = (view: HealthView) => view.advice.map((one) => `${one.weight} ${one.key}`);

describe("a publisher's health", () => {
  it('has nothing to say about a good stream', () => {
    expect(keys(after(12, () => ({})))).toEqual([]);
  });

  it.each<[string, Partial<Media>, string[], number]>([
    ['a keyframe every 10 s', { key_ms: 10_000 }, ['bad keyframes'], 10],
    ['a keyframe every 5 s', { key_ms: 5000 }, ['warn keyframes'], 5],
    ['B-frames', { b_frames: true }, ['warn bFrames'], 0],
    ['no picture', { video_bps: 0, fps_milli: 0 }, ['bad noPicture'], 0],
    ['no sound', { audio_bps: 0 }, ['bad noSound'], 0],
    ['a network that cannot keep up', { late_ms: 2300 }, ['bad late'], 2.3],
    ['too little for its size', { video_bps: 200_000 }, ['warn thin'], 200],
    ['slides, which want little', { video_bps: 40_000 }, [], 0],
    ['too much for a phone', { video_bps: 9_000_000 }, ['warn fat'], 9],
    ['seven pictures a second', { fps_milli: 7000 }, ['warn slow'], 7],
    ['a picture in 4K', { width: 3840, height: 2160, video_bps: 5_900_000 }, ['warn large'], 2160],
    ['a portrait phone', { width: 720, height: 1280 }, [], 0],
    ['sound that lags', { ahead_ms: -800 }, ['warn soundLate'], 0.8],
    ['sound far ahead', { ahead_ms: 1700 }, ['bad soundEarly'], 1.7],
  ])('tells of %s', (_name, of, expected, value) => {
    const view = after(5, () => ({ media: of }));
    expect(keys(view)).toEqual(expected);
    if (expected.length) expect(view.advice[0]?.value).toBe(value);
  });

  it('does not tell a browser about its keyframes: the server asks for them', () => {
    expect(keys(after(5, () => ({ media: { key_ms: 9000 } }), 'whip 192.0.2.7 Chrome'))).toEqual([]);
  });

  it('judges losses over the last seconds, and forgets them', () => {
    const burst = (i: number) => ({ way: { lost: Math.min(i, 5) * 20, dropped: Math.min(i, 5) * 4 } });
    const during = after(6, burst);
    expect(keys(during)).toEqual(['bad dropped']);
    expect(during.lostPermille).toBeGreaterThan(90);
    expect(keys(after(20, burst))).toEqual([]);
    expect(keys(after(6, (i) => ({ way: { lost: i * 20, retransmitted: i * 20 } })))).toEqual(['warn lost']);
  });

  it('counts dropped pictures of the last seconds', () => {
    const view = after(8, (i) => ({ media: { skipped: i * 5 } }));
    expect(view.advice).toEqual([{ key: 'skipped', weight: 'warn', value: 35 }]);
    expect(keys(after(20, (i) => ({ media: { skipped: Math.min(i, 5) * 5 } })))).toEqual([]);
  });

  it('puts the gravest first, and begins anew with another publisher', () => {
    expect(keys(after(5, () => ({ media: { b_frames: true, key_ms: 9000 } })))).toEqual(['bad keyframes', 'warn bFrames']);
    const watch = new HealthWatch();
    const say = (publisher: string, lost: number, packets: number, at: number) =>
      watch.take({ t: 'health', publisher, media, way: { ...way, lost, dropped: lost, packets } }, at);
    say('srt 192.0.2.7', 0, 0, 0);
    expect(say('srt 192.0.2.7', 100, 1000, 1000)?.advice).toHaveLength(1);
    expect(say('rtmp 192.0.2.7', 0, 0, 2000)?.advice).toEqual([]);
    expect(say('', 0, 0, 3000)).toBeNull();
  });

  it('says a codec as people do', () => {
    expect(codecText('avc1.64001f')).toBe('H.264 High 3.1');
    expect(codecText('avc1.42E01F')).toBe('H.264 Baseline 3.1');
    expect(codecText('')).toBe('');
  });
});

describe('the Link header', () => {
  it('gives STUN and TURN servers and nothing else', () => {
    const header =
      '<stun:s.example:3478>; rel="ice-server", <turn:t.example?transport=udp>; rel="ice-server"; username="u,1"; credential="a\\"b;c"; credential-type="password", <https://x.example>; rel="next"';
    expect(iceServers(header)).toEqual([
      { urls: 'stun:s.example:3478' },
      { urls: 'turn:t.example?transport=udp', username: 'u,1', credential: 'a"b;c' },
    ]);
    expect(iceServers(null)).toEqual([]);
    expect(iceServers('garbage <>; rel=ice-server, <<>>')).toEqual([]);
  });
});
