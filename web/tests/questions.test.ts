import { beforeEach, describe, expect, it } from 'vitest';
import type { Question, ToServer } from '../src/api/protocol';
import { Questions } from '../src/core/questions';
import { FakeClock } from './clock';

let clock: FakeClock;
let sent: ToServer[];
let online: boolean;
let questions: Questions;

const open = (id: number, votes = 0, at_ms = id): Question => ({
  id,
  state: 'open',
  at_ms,
  programme_ms: 0,
  person: 9,
  name: '周强',
  text: `第 ${id} 问`,
  votes,
  answer: null,
});
const answered = (id: number, at_ms = id): Question => ({
  ...open(id),
  state: 'answered',
  answer: { at_ms, programme_ms: 0, person: 1, name: '赵铁柱', text: '' },
});
const board = (of: Question[], done: Question[], more = false, voted: number[] = []) =>
  questions.heard({ t: 'questions', open: of, answered: done, more, voted });
const ids = (list: readonly Question[]) => list.map(({ id }) => id);
const idOf = (message: ToServer | undefined) => (message as { id?: string } | undefined)?.id;

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  online = true;
  questions = new Questions({
    send: (message) => {
      if (online) sent.push(message);
      return online;
    },
    clock,
  });
});

describe('questions', () => {
  it('stand by votes, then by time, and move when votes come', () => {
    board([open(1), open(2), open(3, 2)], []);
    expect(ids(questions.open.value)).toEqual([3, 1, 2]);
    questions.heard({ t: 'votes', votes: [[2, 3], [3, 1]] });
    expect(ids(questions.open.value)).toEqual([2, 3, 1]);
  });

  it('move to the answered ones, the last answer first, and back', () => {
    board([open(1), open(2)], [answered(5, 50)]);
    questions.heard({ t: 'question', question: answered(1, 60), questions: 1 });
    expect([ids(questions.open.value), ids(questions.answered.value)]).toEqual([[2], [1, 5]]);
    expect(questions.told.value?.id).toBe(1);
    questions.heard({ t: 'question', question: open(5), questions: 2 });
    expect([ids(questions.open.value), ids(questions.answered.value)]).toEqual([[2, 5], [1]]);
    questions.heard({ t: 'question', question: { id: 5, state: 'removed' }, questions: 1 });
    expect(ids(questions.open.value)).toEqual([2]);
  });

  it('are asked for again with each welcome, and when the server was busy', async () => {
    questions.load();
    questions.heard({ t: 'error', code: 'rate_limited', retry_ms: 900, id: idOf(sent[0]) ?? '' });
    expect(sent).toHaveLength(1);
    await clock.pass(900);
    expect(sent).toHaveLength(2);
  });

  it('keep older ones that were fetched when the list comes anew', () => {
    board([], [answered(9), answered(8)], true);
    questions.addOlder({ open: [], answered: [answered(8), answered(7)], more: false, voted: [] });
    expect([ids(questions.answered.value), questions.now.more]).toEqual([[9, 8, 7], false]);
    board([], [answered(9), answered(8)], true);
    expect([ids(questions.answered.value), questions.now.more]).toEqual([[9, 8, 7], false]);
  });

  it('tell how a deed ended: done, refused, without a word, without a line', async () => {
    const asked = questions.act({ t: 'ask', text: '为什么？' });
    questions.heard({ t: 'question', question: open(1), questions: 1, id: idOf(sent[0]) ?? '' });
    expect(await asked).toBe('');
    const voted = questions.act({ t: 'vote', question: 1, up: true });
    questions.heard({ t: 'voted', question: 1, up: true });
    expect([await voted, questions.voted.has(1)]).toEqual(['', true]);
    const refused = questions.act({ t: 'reopen', question: 1 });
    questions.heard({ t: 'error', code: 'hosts_only', id: idOf(sent[2]) ?? '' });
    expect(await refused).toBe('hosts_only');
    const lost = questions.act({ t: 'remove', question: 1 });
    await clock.pass(10_000);
    expect(await lost).toBe('timeout');
    online = false;
    expect(await questions.act({ t: 'remove', question: 1 })).toBe('offline');
  });
});
