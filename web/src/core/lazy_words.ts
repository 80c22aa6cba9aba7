/** Words that are fetched with the views that say them, in the language that is spoken now. */
import { shallowRef, watch, type ShallowRef } from 'vue';
import { settings } from './settings';

export function lazyWords<T>(chinese: T, english: () => Promise<{ default: T }>): ShallowRef<T> {
  const words = shallowRef(chinese) as ShallowRef<T>;
  watch(
    () => settings.language,
    async (language) => {
      words.value = language === 'zh' ? chinese : (await english()).default;
    },
    { immediate: true },
  );
  return words;
}
