/** One's own account: another password, and where one is signed in. */
import { call } from './http';

export type Browser =
  | 'wechat' | 'dingtalk' | 'qq' | 'uc' | 'huawei' | 'xiaomi' | 'samsung' | 'edge' | 'firefox' | 'chrome' | 'safari' | 'program';
export type Device = 'harmony' | 'android' | 'iphone' | 'ipad' | 'windows' | 'mac' | 'linux';

/** Browser and device as the browser told when it signed in; null: it did not. */
export interface OwnSession {
  id: string;
  begun_ms: number;
  /** To the hour: it may have been used up to an hour later. */
  used_ms: number;
  browser: Browser | null;
  device: Device | null;
  present: boolean;
}

const own = '/api/v1/me';

export const changePassword = (current: string, next: string) => call<void>('POST', `${own}/password`, { current, next });
/** The present one first. */
export const ownSessions = async () => (await call<{ sessions?: OwnSession[] }>('GET', `${own}/sessions`)).sessions ?? [];
export const endSession = (id: string) => call<void>('DELETE', `${own}/sessions/${encodeURIComponent(id)}`);
export const endOtherSessions = () => call<void>('DELETE', `${own}/sessions`);
