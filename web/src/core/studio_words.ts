/** What only masters and administrators read. */
import zh from '../words/studio_zh';
import { lazyWords } from './lazy_words';

export const sw = lazyWords(zh, () => import('../words/studio_en'));
