/** What is read where questions are asked and answered. */
import zh from '../words/question_zh';
import { lazyWords } from './lazy_words';
import { speakCodes } from './words';

export const qw = lazyWords(zh, () => import('../words/question_en'));
speakCodes(() => qw.value.codes);
