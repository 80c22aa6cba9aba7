/** What happens by itself when nobody objects: the seconds left, and the act once. */
import { onScopeDispose, ref, type Ref } from 'vue';
import { realClock, type Clock } from './clock';

export interface Countdown {
  /** Seconds; null: it was stopped, or never begun. */
  left: Ref<number | null>;
  stop(): void;
}

export function useCountdown(seconds: number, act: () => void, clock: Clock = realClock): Countdown {
  const left = ref<number | null>(seconds);
  let timer = 0;
  const stop = () => {
    clock.cancel(timer);
    left.value = null;
  };
  const tick = () => {
    if (left.value === null) return;
    left.value--;
    if (left.value > 0) timer = clock.after(1000, tick);
    else act();
  };
  timer = clock.after(1000, tick);
  onScopeDispose(stop);
  return { left, stop };
}
