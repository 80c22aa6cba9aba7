/**
 * What a publisher's numbers mean to the person at the encoder: is it well, and what should be changed? Pure; the
 * words are the language files'. Losses are judged over the last ten seconds, so that a bad minute is forgotten.
 */
import type { Health } from '../api/protocol';

export type Weight = 'warn' | 'bad';

/** A key of the words, how grave it is, and the number in the sentence. */
export interface Advice {
  key: AdviceKey;
  weight: Weight;
  value: number;
}

export type AdviceKey =
  | 'noPicture'
  | 'noSound'
  | 'late'
  | 'dropped'
  | 'lost'
  | 'skipped'
  | 'keyframes'
  | 'bFrames'
  | 'thin'
  | 'fat'
  | 'slow'
  | 'large'
  | 'soundEarly'
  | 'soundLate'
  | 'far';

export interface HealthView {
  publisher: string;
  /** "rtmp", "srt", "whip". */
  protocol: string;
  media: Health['media'] | null;
  way: Health['way'] | null;
  /** Of a thousand packets of the last seconds: missed at first, missed for good. */
  lostPermille: number;
  droppedPermille: number;
  /** The gravest first. */
  advice: Advice[];
}

const WINDOW_MS = 10_000;
const PACKETS_ENOUGH = 200; // fewer say nothing about a share
const KEYFRAMES_MS = 4500; // from here on seeking and joining suffer; the server encodes anew at 4 s
const KEYFRAMES_BAD_MS = 8000;
const LATE_MS = 1500;
const APART_MS = 500; // a transport stream's sound comes in batches of up to a quarter of a second
const APART_BAD_MS = 1500;
const FAR_MS = 400;
const DROPPED_PERMILLE = 10;
const LOST_PERMILLE = 50;
const SKIPPED_SHARE = 0.03;
const SLOW_FPS = 12;
const THIN_BITS = 0.012; // bits for a pixel of a picture; below it what moves is blurred
const STILL_BITS = 0.004; // and below this nothing moves: slides, or our own slate
const FAT_BPS = 6_000_000;
const LINES_MAX = 1080;

interface Sample {
  at: number;
  media?: Health['media'];
  way?: Health['way'];
}

const grave = (value: number, bad: number): Weight => (value >= bad ? 'bad' : 'warn');

/** Follows one class's publisher; a new publisher begins anew. */
export class HealthWatch {
  private samples: Sample[] = [];
  private publisher = '';

  /** `now`: monotonic milliseconds. Null when nobody publishes. */
  take(said: Health, now: number): HealthView | null {
    if (said.publisher !== this.publisher) this.samples = [];
    this.publisher = said.publisher;
    if (!said.publisher) return null;
    this.samples = [...this.samples.filter((one) => now - one.at <= WINDOW_MS), { at: now, media: said.media, way: said.way }];
    const [lostPermille, droppedPermille] = this.losses();
    const media = said.media ?? null;
    const way = said.way ?? null;
    const view = { publisher: said.publisher, protocol: said.publisher.split(' ')[0] ?? '', media, way, lostPermille, droppedPermille };
    const advice = [...this.ofMedia(view.protocol), ...ofWay(view)];
    return { ...view, advice: advice.sort((a, b) => Number(b.weight === 'bad') - Number(a.weight === 'bad')) };
  }

  /** Per mille of the window's packets: missed at first, missed for good. */
  private losses(): [number, number] {
    const ways = this.samples.flatMap((one) => one.way ?? []);
    const first = ways[0];
    const last = ways[ways.length - 1];
    if (!first || !last) return [0, 0];
    const came = last.packets - first.packets + last.dropped - first.dropped;
    if (came < PACKETS_ENOUGH) return [0, 0];
    const share = (n: number) => Math.max(0, Math.round((n * 1000) / came));
    return [share(last.lost - first.lost), share(last.dropped - first.dropped)];
  }

  private ofMedia(protocol: string): Advice[] {
    const all = this.samples.flatMap((one) => one.media ?? []);
    const first = all[0];
    const now = all[all.length - 1];
    if (!first || !now) return [];
    const found: Advice[] = [];
    const say = (key: AdviceKey, weight: Weight, value = 0) => found.push({ key, weight, value });
    const fps = now.fps_milli / 1000;
    if (now.video_bps === 0) say('noPicture', 'bad');
    if (now.audio_bps === 0) say('noSound', 'bad');
    if (now.late_ms >= LATE_MS) say('late', 'bad', now.late_ms / 1000);
    const skipped = now.skipped - first.skipped;
    if (skipped > all.length * fps * SKIPPED_SHARE) say('skipped', 'warn', skipped);
    // A browser sends keyframes when the server asks for them.
    if (protocol !== 'whip' && now.key_ms >= KEYFRAMES_MS) say('keyframes', grave(now.key_ms, KEYFRAMES_BAD_MS), Math.round(now.key_ms / 1000));
    if (now.b_frames) say('bFrames', 'warn');
    if (fps > 0 && fps < SLOW_FPS) say('slow', 'warn', Math.round(fps));
    if (Math.min(now.width, now.height) > LINES_MAX) say('large', 'warn', Math.min(now.width, now.height));
    found.push(...rateAdvice(all), ...apartAdvice(now.ahead_ms));
    return found;
  }
}

function rateAdvice(all: readonly NonNullable<Health['media']>[]): Advice[] {
  const now = all[all.length - 1];
  if (!now || now.video_bps === 0) return [];
  const bps = all.reduce((sum, one) => sum + one.video_bps, 0) / all.length;
  const pixels = (now.width * now.height * now.fps_milli) / 1000;
  if (bps > FAT_BPS) return [{ key: 'fat', weight: 'warn', value: Math.round(bps / 100_000) / 10 }];
  const thin = all.length > 3 && pixels > 0 && bps / pixels < THIN_BITS && bps / pixels > STILL_BITS;
  return thin ? [{ key: 'thin', weight: 'warn', value: Math.round(bps / 1000) }] : [];
}

function apartAdvice(aheadMs: number): Advice[] {
  const apart = Math.abs(aheadMs);
  if (apart < APART_MS) return [];
  return [{ key: aheadMs > 0 ? 'soundEarly' : 'soundLate', weight: grave(apart, APART_BAD_MS), value: Math.round(apart / 100) / 10 }];
}

function ofWay({ way, lostPermille, droppedPermille }: Pick<HealthView, 'way' | 'lostPermille' | 'droppedPermille'>): Advice[] {
  const found: Advice[] = [];
  if (droppedPermille >= DROPPED_PERMILLE) found.push({ key: 'dropped', weight: 'bad', value: droppedPermille / 10 });
  else if (lostPermille >= LOST_PERMILLE) found.push({ key: 'lost', weight: 'warn', value: lostPermille / 10 });
  if ((way?.rtt_ms ?? 0) >= FAR_MS) found.push({ key: 'far', weight: 'warn', value: way?.rtt_ms ?? 0 });
  return found;
}

const PROFILES: Readonly<Record<string, string>> = { '42': 'Baseline', '4d': 'Main', '58': 'Extended', '64': 'High' };

/** "avc1.64001f" as people say it: "H.264 High 3.1". */
export function codecText(codecs: string): string {
  const [, profile, level] = /^avc1\.(..)..(..)$/i.exec(codecs) ?? [];
  if (!profile || !level) return codecs;
  return ['H.264', PROFILES[profile.toLowerCase()] ?? '', (parseInt(level, 16) / 10).toFixed(1)].filter(Boolean).join(' ');
}
