/** How this person watches: speed, captions, keys. Kept in the browser. */
import { reactive, watch } from 'vue';
import { keep, kept } from './keep';

export const RATES: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 2];

const rate = Number(kept('rate'));

export const habits = reactive({
  rate: RATES.find((one) => one === rate) ?? 1,
  /** The language last read, "" for none. */
  captions: kept('captions') ?? '',
  keys: kept('keys') !== 'off',
});

watch(habits, (now) => {
  keep('rate', String(now.rate));
  keep('captions', now.captions);
  keep('keys', now.keys ? 'on' : 'off');
});
