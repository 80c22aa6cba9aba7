/** What happens by itself when nobody objects: the seconds left, and the act once. Who is busy with something is not hurried. */
import { onScopeDispose, ref, type Ref } from 'vue';
import { realClock, type Clock } from './clock';

export interface Countdown {
  /** Seconds; null: it was stopped, or never begun. */
  left: Ref<number | null>;
  stop(): void;
}

/** `busy`: while it holds, the count stands at its beginning. */
export function useCountdown(seconds: number, act: () => void, clock: Clock = realClock, busy = () => false): Countdown {
  const left = ref<number | null>(seconds);
  let timer = 0;
  const stop = () => {
    clock.cancel(timer);
    left.value = null;
  };
  const tick = () => {
    if (left.value === null) return;
    left.value = busy() ? seconds : left.value - 1;
    if (left.value > 0) timer = clock.after(1000, tick);
    else act();
  };
  timer = clock.after(1000, tick);
  onScopeDispose(stop);
  return { left, stop };
}
