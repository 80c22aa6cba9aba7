/** Keeps the screen on while `wanted`; the browser takes the lock away when the page is hidden, so it is asked again. */
import { onBeforeUnmount, watch } from 'vue';

export function useAwake(wanted: () => boolean): void {
  let lock: WakeLockSentinel | null = null;
  let gone = false;

  async function hold(): Promise<void> {
    if (gone || !wanted() || (lock && !lock.released) || document.visibilityState !== 'visible') return;
    lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null; // no battery, no lock: no harm
    if (gone || !wanted()) drop();
  }

  function drop(): void {
    void lock?.release();
    lock = null;
  }

  watch(wanted, (now) => (now ? void hold() : drop()), { immediate: true });
  document.addEventListener('visibilitychange', hold);
  onBeforeUnmount(() => {
    gone = true;
    document.removeEventListener('visibilitychange', hold);
    drop();
  });
}
