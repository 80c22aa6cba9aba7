import { onBeforeUnmount, ref, watch } from 'vue';

const IDLE_MS = 3500;

/** True once nobody has touched anything for a while and `may` allows it: then the controls fade. */
export function useIdle(may: () => boolean) {
  const idle = ref(false);
  let timer = 0;
  function wake(): void {
    idle.value = false;
    clearTimeout(timer);
    timer = window.setTimeout(() => (idle.value = may()), IDLE_MS);
  }
  watch(may, wake, { immediate: true });
  onBeforeUnmount(() => clearTimeout(timer));
  return { idle, wake };
}
