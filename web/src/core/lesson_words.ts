/** What is read in a recorded lesson. */
import zh from '../words/lesson_zh';
import { lazyWords } from './lazy_words';

export const lw = lazyWords(zh, () => import('../words/lesson_en'));
