/** The publisher's health as the room tells it, gone when it is told no more. */
import { onBeforeUnmount, shallowRef, type ShallowRef } from 'vue';
import { HealthWatch, type HealthView } from '../core/health';
import type { Watching } from '../media/watching';

const STALE_MS = 6000; // it is told once a second

export function useHealth(watching: Watching): ShallowRef<HealthView | null> {
  const view = shallowRef<HealthView | null>(null);
  const watch = new HealthWatch();
  let timer = 0;
  const off = watching.onMessage((message) => {
    if (message.t !== 'health') return;
    clearTimeout(timer);
    view.value = watch.take(message, performance.now());
    timer = window.setTimeout(() => (view.value = null), STALE_MS);
  });
  onBeforeUnmount(() => {
    off();
    clearTimeout(timer);
  });
  return view;
}
