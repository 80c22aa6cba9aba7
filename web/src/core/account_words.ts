/** What is read about one's own account; how a session is told. */
import type { OwnSession } from '../api/own_calls';
import zh from '../words/account_zh';
import { lazyWords } from './lazy_words';
import { hourText } from './when';
import { dayText, speakCodes } from './words';

const HOUR = 3_600_000;

export const aw = lazyWords(zh, () => import('../words/account_en'));
speakCodes(() => aw.value.codes);

/** "安卓设备 · 微信". A word of a newer server is left out. */
export function placeText({ device, browser }: Pick<OwnSession, 'device' | 'browser'>): string {
  const { kinds, browsers, devices } = aw.value;
  const known = [device && kinds[device], browser && browsers[browser]].filter(Boolean);
  return known.join(' · ') || devices.unknown;
}

/** The server writes a use down once an hour: no hour is told that it does not know. */
export function usedText({ present, used_ms }: Pick<OwnSession, 'present' | 'used_ms'>, now = Date.now()): string {
  const { devices } = aw.value;
  if (present) return devices.now;
  return now - used_ms < HOUR ? devices.lately : devices.used(dayText(used_ms));
}

export const begunText = ({ begun_ms }: Pick<OwnSession, 'begun_ms'>): string =>
  aw.value.devices.begun(dayText(begun_ms), hourText(begun_ms));
