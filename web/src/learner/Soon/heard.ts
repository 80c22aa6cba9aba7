/** Which reminders were heard: kept over a reload, the newest few. A class at another time is news again. */
import { shallowRef } from 'vue';
import { keep, kept } from '../../core/keep';

const NAME = 'soon_heard';
const KEPT = 20;

export const heard = shallowRef<readonly string[]>((kept(NAME) ?? '').split('\n'));

export function hear(one: string): void {
  heard.value = [...heard.value, one].slice(-KEPT);
  keep(NAME, heard.value.join('\n'));
}
