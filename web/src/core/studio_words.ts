/** The studio's words, fetched with its views only. */
import { shallowRef, watch } from 'vue';
import zh, { type StudioWords } from '../words/studio_zh';
import { settings } from './settings';

export const sw = shallowRef<StudioWords>(zh);

watch(
  () => settings.language,
  async (language) => {
    sw.value = language === 'zh' ? zh : (await import('../words/studio_en')).default;
  },
  { immediate: true },
);
