/** What is read about one's own learning and certificates. */
import zh from '../words/mine_zh';
import { lazyWords } from './lazy_words';

export const mw = lazyWords(zh, () => import('../words/mine_en'));
