/** Which captions suit a reader. Pure. */
import type { Caption } from '../api/types';

const family = (lang: string) => lang.toLowerCase().split('-')[0];

/** The language itself, or another of its family ("zh" for "zh-CN"); "" when none suits or none is wanted. */
export function fitting(list: readonly Caption[], lang: string): string {
  if (!lang) return '';
  const found = list.find((one) => one.lang === lang) ?? list.find((one) => family(one.lang) === family(lang));
  return found?.lang ?? '';
}
