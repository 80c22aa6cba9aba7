/** What only those who make recorded courses read; and texts that several of their pages say. */
import type { MakeTrouble } from '../api/make_types';
import zh from '../words/staff_zh';
import { lazyWords } from './lazy_words';
import { leftRounded } from './pace';
import { speakCodes } from './words';

export const mw = lazyWords(zh, () => import('../words/staff_en'));
speakCodes(() => mw.value.codes);

/** "约 12 分钟", "不到 1 分钟"; "" while unknown. */
export function leftText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  const { hours, minutes } = leftRounded(ms);
  return mw.value.left(hours, minutes);
}

const MINUTE = 60_000;

/** How long something plays: "45 分 10 秒", "1 小时 05 分". */
export function lengthText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return mw.value.length(Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60);
}

export const minutesOf = (ms: number) => Math.floor(ms / MINUTE);

/** Why a file was refused, or a job failed: by its code, with what was found. */
export function troubleText(trouble: MakeTrouble | null | undefined): string {
  if (!trouble) return '';
  const { trouble: words } = mw.value;
  const say = (words as Record<string, (found: string) => string>)[trouble.code] ?? words.unknown;
  return say(trouble.found ?? '');
}

/** And what to do about it. */
export function troubleHint(trouble: MakeTrouble | null | undefined): string {
  const hints = mw.value.troubleHint as Record<string, string>;
  return trouble ? (hints[trouble.code] ?? hints.unknown ?? '') : '';
}
