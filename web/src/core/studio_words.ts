/** What only masters and administrators read. */
import zh from '../words/studio_zh';
import { lazyWords } from './lazy_words';
import { speakCodes } from './words';

export const sw = lazyWords(zh, () => import('../words/studio_en'));
speakCodes(() => sw.value.codes);
