/** What only masters and administrators read. */
import zh from '../words/studio_zh';
import { lazyWords } from './lazy_words';
import { speakCodes } from './words';

/** On the slate: for whoever watches, so in both languages at once. */
export const SLATE_LINES = ['稍后继续', 'Back soon'] as const;

export const sw = lazyWords(zh, () => import('../words/studio_en'));
speakCodes(() => sw.value.codes);
