/** How this person wants the page: theme, size, language, danmaku, sound. Kept in the browser; knows no DOM. */
import { reactive, watch } from 'vue';
import { keep, kept } from './keep';

export type Theme = 'auto' | 'light' | 'dark';
export type Size = 'normal' | 'large';
export type Language = 'zh' | 'en';

function one<T extends string>(name: string, lawful: readonly T[], otherwise: T): T {
  const value = kept(name) as T | null;
  return value !== null && lawful.includes(value) ? value : otherwise;
}

const browserLanguage = (): Language => {
  const first = typeof navigator === 'undefined' ? 'zh' : (navigator.language ?? 'zh');
  return /^zh/i.test(first) || !/^en/i.test(first) ? 'zh' : 'en';
};

export const settings = reactive({
  theme: one<Theme>('theme', ['auto', 'light', 'dark'], 'auto'),
  size: one<Size>('size', ['normal', 'large'], 'normal'),
  language: one<Language>('language', ['zh', 'en'], browserLanguage()),
  danmaku: one('danmaku', ['on', 'off'], 'on'),
  muted: one('muted', ['yes', 'no'], 'no'),
  /** The large size was offered once, and answered. */
  sizeAsked: one('size_asked', ['yes', 'no'], 'no'),
});

export function keepSettings(): void {
  watch(settings, (now) => {
    keep('theme', now.theme);
    keep('size', now.size);
    keep('language', now.language);
    keep('danmaku', now.danmaku);
    keep('muted', now.muted);
    keep('size_asked', now.sizeAsked);
  });
}
