/** What of a lesson was not seen yet. Pure. */
import type { Span } from '../api/types';

const WORTH_MS = 2000; // less is the edge of a part: nobody goes back for it
const SAME_MS = 2000;

/** The stretches of [0, length) outside of `covered` that are worth going back for, in order. */
export function gapsOf(covered: readonly Span[], lengthMs: number): Span[] {
  const gaps: Span[] = [];
  let from = 0;
  for (const [start, end] of [...covered, [lengthMs, lengthMs] as Span]) {
    if (start - from >= WORTH_MS) gaps.push([from, Math.min(start, lengthMs)]);
    from = Math.max(from, end);
  }
  return gaps.filter(([start]) => start < lengthMs);
}

/** An interruption is a hole in title time without content: there a gap would be no news. */
export const isWhole = (contentMs: number, lengthMs: number): boolean => Math.abs(contentMs - lengthMs) < SAME_MS;

/** Where to go back to from `at`: the gap after it, else the first. */
export function gapFrom(gaps: readonly Span[], at: number): Span | undefined {
  return gaps.find(([start]) => start > at) ?? gaps[0];
}
