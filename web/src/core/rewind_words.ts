/** What is read while a class is rewound, interrupted or over. */
import zh from '../words/rewind_zh';
import { lazyWords } from './lazy_words';

export const bw = lazyWords(zh, () => import('../words/rewind_en'));
