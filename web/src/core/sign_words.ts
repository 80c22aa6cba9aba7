/** What is read when signing in or up. */
import zh from '../words/sign_zh';
import { lazyWords } from './lazy_words';
import { speakCodes } from './words';

export const iw = lazyWords(zh, () => import('../words/sign_en'));
speakCodes(() => iw.value.codes);
