/** What had the focus was deleted: it goes to the row in its place, else to the one before, else to what is always there. */
import { nextTick } from 'vue';

export async function focusNext(root: HTMLElement | null, rows: string, at: number, otherwise: string): Promise<void> {
  await nextTick();
  const left = [...(root?.querySelectorAll<HTMLElement>(rows) ?? [])];
  (left[Math.min(at, left.length - 1)] ?? root?.querySelector<HTMLElement>(otherwise))?.focus();
}
