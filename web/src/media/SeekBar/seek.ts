/** A bar to seek on: while it is dragged it shows where one would land, and the media goes there when it is let go. */
import { computed, ref } from 'vue';

export const SEEK_STEP_MS = 5000; // an arrow key's

const valueOf = (event: Event) => Number((event.target as HTMLInputElement).value);

export function useSeek(bar: { readonly at: number; readonly end: number }, land: (titleMs: number) => void) {
  const dragged = ref<number | null>(null);
  const shown = computed(() => dragged.value ?? bar.at);
  const percent = (ms: number) => (bar.end > 0 ? Math.max(0, Math.min(100, (ms / bar.end) * 100)) : 0);
  const drag = (event: Event) => void (dragged.value = valueOf(event));
  function drop(event: Event): void {
    land(valueOf(event));
    dragged.value = null;
  }
  return { dragged, shown, percent, drag, drop };
}
