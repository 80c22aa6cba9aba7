/** What is read in a classroom or a lesson. */
import zh from '../words/room_zh';
import { clockText, type BeadView } from './bead';
import { lazyWords } from './lazy_words';
import { hourText } from './when';
import { dayText, inSeconds, speakCodes, timeText } from './words';

export const rw = lazyWords(zh, () => import('../words/room_en'));
speakCodes(() => rw.value.codes);

/** "预计 明天 19:30 开课", "" when no time is set. */
export const plannedText = (ms: number) => (ms ? rw.value.stage.plannedAt(`${dayText(ms)} ${hourText(ms)}`) : '');

/** "高清": a picture with as many lines as its source has is called after the next lower of those with a word. */
export function qualityWord(quality: string): string {
  const words = rw.value.quality as Readonly<Record<string, string>>;
  const lower = Object.keys(words).filter((name) => parseInt(name, 10) <= parseInt(quality, 10));
  return words[quality] ?? words[lower[0] ?? '180p'] ?? quality;
}

/** "本课已学 32 / 45 分钟", "本课已学 32 秒 / 45 分钟". */
export function beadTold(view: BeadView): string {
  const { learn } = rw.value;
  if (view.seconds) return learn.clock(clockText(view.have * 1000), clockText(view.need * 1000));
  return learn.minutes(inSeconds(view.ms) ? timeText(view.ms) : String(view.have), view.need);
}

/** "还差 13 分钟记满 1 学时". */
export function beadLeft(view: BeadView): string {
  const { learn } = rw.value;
  if (view.kind === 'done') return learn.done;
  if (view.kind === 'hour') return learn.leftHour(view.left, view.next);
  return view.seconds ? learn.leftClock(clockText(view.left * 1000)) : learn.leftMinutes(view.left);
}
