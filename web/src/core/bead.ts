/**
 * What a learner's bead says: how much is learnt, what it is measured against, what is left. Pure; the words are the
 * language files'.
 */

const MINUTE = 60_000;
const IN_SECONDS_BELOW = 10 * MINUTE; // shorter lessons are counted as m:ss

export interface BeadInput {
  credited_ms: number;
  /** Creditable content; 0 while it still grows. */
  content_ms: number;
  hour_minutes: number;
  /** On air: the lesson has no end yet. */
  growing: boolean;
  complete?: boolean;
}

export interface BeadView {
  /** What is credited, never negative. */
  ms: number;
  /** 0…1 along the seam. */
  share: number;
  /** Where whole hours lie on it, 0…1, ends excluded. */
  marks: number[];
  kind: 'hour' | 'lesson' | 'done';
  /** In minutes, or in seconds when `seconds`. */
  have: number;
  need: number;
  left: number;
  /** Whole hours already full, and the one being filled. */
  hours: number;
  next: number;
  seconds: boolean;
}

function towardsHour(credited: number, hour: number): BeadView {
  const hours = Math.floor(credited / hour);
  const need = (hours + 1) * hour;
  const have = Math.floor(credited / MINUTE);
  const marks = Array.from({ length: hours }, (_, i) => ((i + 1) * hour) / need);
  const needMinutes = need / MINUTE;
  return {
    ms: credited,
    share: credited / need,
    marks,
    kind: 'hour',
    have,
    need: needMinutes,
    left: needMinutes - have,
    hours,
    next: hours + 1,
    seconds: false,
  };
}

function towardsEnd(credited: number, content: number, hour: number, complete: boolean): BeadView {
  const seconds = content < IN_SECONDS_BELOW;
  const unit = seconds ? 1000 : MINUTE;
  const need = Math.ceil(content / unit);
  const done = complete || credited >= content;
  const have = done ? need : Math.min(Math.floor(credited / unit), need);
  const marks: number[] = [];
  for (let at = hour; at < content; at += hour) marks.push(at / content);
  const hours = Math.floor(credited / hour);
  const share = done ? 1 : credited / content;
  return { ms: credited, share, marks, kind: done ? 'done' : 'lesson', have, need, left: need - have, hours, next: hours + 1, seconds };
}

export function beadView(input: BeadInput): BeadView {
  const hour = Math.max(1, input.hour_minutes || 45) * MINUTE;
  const credited = Math.max(0, input.credited_ms);
  const nextHour = (Math.floor(credited / hour) + 1) * hour;
  const reachable = input.growing || input.content_ms <= 0 || nextHour <= input.content_ms;
  if (reachable && !input.complete) return towardsHour(credited, hour);
  return towardsEnd(credited, input.content_ms, hour, input.complete ?? false);
}

/** "1:05" or "1:02:05". */
export function clockText(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(all % 60).padStart(2, '0');
  const minutes = Math.floor(all / 60) % 60;
  const hours = Math.floor(all / 3600);
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}
