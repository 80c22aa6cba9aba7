/** Words that are fetched with the views that say them, in the language that is spoken now. */
import { shallowRef, watch, type ShallowRef } from 'vue';
import { settings } from './settings';

let coming: Promise<unknown> = Promise.resolve();

/** Settled when all words asked for so far are there, or cannot be had: a view need not begin in the wrong language. */
export const spoken = (): Promise<unknown> => coming;

export function lazyWords<T>(chinese: T, english: () => Promise<{ default: T }>): ShallowRef<T> {
  const words = shallowRef(chinese) as ShallowRef<T>;
  watch(
    () => settings.language,
    (language) => {
      const wanted = language === 'zh' ? Promise.resolve(chinese) : english().then((own) => own.default);
      const here = wanted.then((own) => (words.value = own), () => undefined);
      coming = Promise.all([coming, here]);
    },
    { immediate: true },
  );
  return words;
}
