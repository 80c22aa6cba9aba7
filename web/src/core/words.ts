/** The words of the chosen language. Chinese is there from the start; English is fetched when asked for. */
import { shallowRef } from 'vue';
import { ApiError } from '../api/http';
import type { Missing } from '../api/types';
import zh, { type Words } from '../words/zh';
import { clockText, type BeadView } from './bead';
import type { Language } from './settings';
import { dateText, daysAway } from './when';

export const w = shallowRef<Words>(zh);

export async function speak(language: Language): Promise<void> {
  w.value = language === 'zh' ? zh : (await import('../words/en')).default;
}

/** What went wrong, in the reader's language: by the server's stable code, else by what kind of failure it was. */
export function errorText(error: unknown): string {
  const errors = w.value.errors;
  if (!(error instanceof ApiError)) return errors.unknown;
  if (error.code in errors) return errors[error.code as keyof typeof errors];
  if (error.status === 401) return errors.unknown_person;
  if (error.status === 403) return errors.denied;
  if (error.status === 404) return errors.missing;
  if (error.status === 429 || error.status === 503) return errors.busy;
  if (error.status === 400 && error.detail) return `${errors.input} (${error.detail})`;
  return errors.unknown;
}

/** "今天", "明天", else the date. */
export function dayText(ms: number): string {
  const days = daysAway(ms);
  const near = { '-1': w.value.yesterday, '0': w.value.today, '1': w.value.tomorrow } as Record<string, string>;
  return near[days] ?? dateText(ms);
}

/** A code that came over the socket. */
export function codeText(code: string): string {
  const errors = w.value.errors as Record<string, string>;
  return errors[code] ?? errors.unknown ?? code;
}

/** "本课已学 32 / 45 分钟". */
export function beadTold(view: BeadView): string {
  const { learn } = w.value;
  if (view.seconds) return learn.clock(clockText(view.have * 1000), clockText(view.need * 1000));
  return learn.minutes(view.have, view.need);
}

/** "还差 13 分钟记满 1 学时". */
export function beadLeft(view: BeadView): string {
  const { learn } = w.value;
  if (view.kind === 'done') return learn.done;
  if (view.kind === 'hour') return learn.leftHour(view.left, view.next);
  return view.seconds ? learn.leftClock(clockText(view.left * 1000)) : learn.leftMinutes(view.left);
}

export function missingText(missing: Missing): string {
  const { missing: words } = w.value;
  const { condition, have, need } = missing;
  if (/minute|credit|time/.test(condition)) return words.minutes(Math.max(0, Math.ceil(need - have)));
  if (/cover/.test(condition)) return words.coverage(Math.floor(have / 10), Math.ceil(need / 10));
  return words.other(have, need);
}
