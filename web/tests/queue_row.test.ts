import { expect, it } from 'vitest';
import '../src/core/staff_words';
import { stepOf } from '../src/admin/QueuePage/step_key';
import { troubleHint, troubleText } from '../src/core/staff_words';
import en from '../src/words/staff_en';
import zh from '../src/words/staff_zh';

it('Alt with an arrow moves a waiting job, but not from a list to choose from, which it opens', () => {
  const press = (key: string, tag: string, altKey = true) => stepOf({ key, altKey }, tag);
  expect([press('ArrowUp', 'BUTTON'), press('ArrowDown', 'TR'), press('ArrowDown', 'SELECT')]).toEqual([-1, 1, 0]);
  expect([press('ArrowUp', 'BUTTON', false), press('Enter', 'BUTTON')]).toEqual([0, 0]);
});

it('every cause for which a job waits has words, and none asks for a press on a button that is not there', () => {
  for (const code of ['classes_first', 'disk_full', 'no_worker', 'worker_lost']) {
    for (const words of [zh, en]) {
      expect((words.trouble as Record<string, unknown>)[code]).toBeTypeOf('function');
      expect(words.troubleHint[code]).toMatch(/自动|by itself/);
    }
    expect(troubleText({ code } as never)).not.toBe('没有成功');
    expect(troubleHint({ code } as never)).not.toMatch(/重试/);
  }
});
