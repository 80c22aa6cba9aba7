/** What is read when looking for courses and on a course's page. */
import zh from '../words/course_zh';
import { lazyWords } from './lazy_words';

export const cw = lazyWords(zh, () => import('../words/course_en'));

const known = (words: Readonly<Record<string, string>>, code: string) => words[code] ?? '';

/** "初级工", "" for none. */
export const levelText = (level: string | undefined) => known(cw.value.levels, level ?? '');
/** Of the three kinds in words; a free word is itself. */
export const tagText = (tag: string) => known(cw.value.tags, tag) || tag;
export const moduleText = (module: string) => known(cw.value.modules, module);
/** "" of the kind "other", too: there is no name for it. */
export const masterKindText = (kind: string | null) => known(cw.value.masterKinds, kind ?? '');
