/** The words of the chosen language. Chinese is there from the start; English is fetched when asked for. */
import { shallowRef } from 'vue';
import { ApiError } from '../api/http';
import type { Missing } from '../api/types';
import zh, { type Words } from '../words/zh';
import type { Language } from './settings';
import { dateText, daysAway } from './when';

const MINUTE = 60_000;

export const w = shallowRef<Words>(zh);

export async function speak(language: Language): Promise<void> {
  w.value = language === 'zh' ? zh : (await import('../words/en')).default;
}

const KINDS: Readonly<Record<number, keyof Words['errors']>> = {
  400: 'input',
  401: 'unknown_person',
  403: 'denied',
  404: 'missing',
  409: 'conflict',
  410: 'missing',
  413: 'too_large',
  429: 'busy',
  503: 'busy',
  507: 'storage',
};

/** More sentences by code, of views that are fetched later. */
const more: (() => Readonly<Record<string, string>>)[] = [];
export const speakCodes = (codes: (typeof more)[number]) => more.push(codes);

function toldOf(code: string): string | undefined {
  const { errors, codes } = w.value;
  const known: Record<string, string> = Object.assign({}, errors, codes, ...more.map((own) => own()));
  return known[code];
}

/** A code that came over the socket, or one of our own for a message that did not get through. */
export const codeText = (code: string): string => toldOf(code) ?? w.value.errors.unknown;

/** What went wrong, in the reader's language: by the server's stable code, else by what kind of failure it was. */
export function errorText(error: unknown): string {
  const { errors } = w.value;
  if (!(error instanceof ApiError)) return errors.unknown;
  return toldOf(error.code) ?? errors[KINDS[error.status] ?? 'unknown'];
}

/** "今天", "明天", else the date. */
export function dayText(ms: number): string {
  const days = daysAway(ms);
  const near = { '-1': w.value.yesterday, '0': w.value.today, '1': w.value.tomorrow } as Record<string, string>;
  return near[days] ?? dateText(ms);
}

/** Short of a minute, and not nothing. */
export const inSeconds = (ms: number) => ms >= 1000 && ms < MINUTE;

/** How long was learnt: "32 秒", from a minute on "12 分钟". */
export function timeText(ms: number): string {
  return inSeconds(ms) ? w.value.seconds(Math.floor(ms / 1000)) : w.value.minutes(Math.floor(ms / MINUTE));
}

/** "已学 12 / 90 分钟"; the unit is said twice only where it differs. */
export function learntText(ms: number, needMinutes: number): string {
  const need = needMinutes > 0 ? w.value.minutes(needMinutes) : '';
  const have = need && !inSeconds(ms) ? String(Math.floor(ms / MINUTE)) : timeText(ms);
  return w.value.course.learnt(have, need);
}

export function missingText(missing: Missing): string {
  const { missing: words } = w.value;
  const { condition, have, need } = missing;
  if (/minute|credit|time/.test(condition)) return words.minutes(Math.max(0, Math.ceil(need - have)));
  if (/lesson/.test(condition)) return words.lessons(Math.max(0, need - have));
  if (/cover/.test(condition)) return words.coverage(Math.floor(have / 10), Math.ceil(need / 10));
  return words.other(have, need);
}
