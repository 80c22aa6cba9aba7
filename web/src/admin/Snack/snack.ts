/** What was just done, and the way to take it back: one line at a time, the newest. */
import { shallowRef } from 'vue';

export interface Snack {
  text: string;
  /** Takes it back; without it the line only tells. */
  undo?: () => void;
  /** It was not taken back in time. */
  over?: () => void;
  /** How long it stays. */
  ms?: number;
}

export const snack = shallowRef<Snack | null>(null);

/** The line before it counts as not taken back. */
export function show(next: Snack): void {
  const before = snack.value;
  snack.value = next;
  before?.over?.();
}

export function settle(): void {
  const is = snack.value;
  snack.value = null;
  is?.over?.();
}

export function takeBack(): void {
  const is = snack.value;
  snack.value = null;
  is?.undo?.();
}
