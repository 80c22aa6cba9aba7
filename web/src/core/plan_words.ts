/** Who may watch, and classes to come: fetched with the views that say it. */
import type { Viewing } from '../api/types';
import zh from '../words/plan_zh';
import { lazyWords } from './lazy_words';
import { speakCodes } from './words';

export const pw = lazyWords(zh, () => import('../words/plan_en'));
speakCodes(() => pw.value.codes);

/** "所有人", "「湖北焊接学校」的人". */
export function viewingText(is: Viewing): string {
  const { viewing } = pw.value;
  return is.who === 'institution' && is.institution ? viewing.of(is.institution.name) : viewing[is.who];
}
