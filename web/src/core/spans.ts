/** Sets of half-open spans of title time, sorted and apart. Pure. */
import type { Span } from '../api/types';

export function spansAdd(spans: readonly Span[], from: number, to: number): Span[] {
  if (to <= from) return [...spans];
  const before = spans.filter((s) => s[1] < from);
  const after = spans.filter((s) => s[0] > to);
  const touched = spans.slice(before.length, spans.length - after.length);
  const start = Math.min(from, touched[0]?.[0] ?? from);
  const end = Math.max(to, touched[touched.length - 1]?.[1] ?? to);
  return [...before, [start, end], ...after];
}
