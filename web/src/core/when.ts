/** Times and counts as people read them. Pure but for the clock; the words are the language files'. */
import { settings } from './settings';

const locale = () => (settings.language === 'zh' ? 'zh-CN' : 'en-GB');
const DAY = 86_400_000;

const dayStart = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);

/** "19:30". */
export const hourText = (ms: number) =>
  new Date(ms).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit', hour12: false });

/** -1 yesterday, 0 today, 1 tomorrow, … */
export const daysAway = (ms: number, now = Date.now()) => Math.round((dayStart(ms) - dayStart(now)) / DAY);

export function dateText(ms: number): string {
  const date = new Date(ms);
  const thisYear = date.getFullYear() === new Date().getFullYear();
  return date.toLocaleDateString(locale(), {
    month: 'long',
    day: 'numeric',
    ...(thisYear ? {} : { year: 'numeric' as const }),
  });
}

/** A certificate's day: the issuer's (UTC+8), as its PDF and public page say, wherever it is read. */
export const fullDateText = (ms: number) =>
  new Date(ms).toLocaleDateString(locale(), { year: 'numeric', month: 'long', day: 'numeric', timeZone: 'Asia/Shanghai' });

export const countText = (n: number) => n.toLocaleString(locale());
