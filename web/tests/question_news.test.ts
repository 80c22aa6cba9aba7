import { beforeEach, describe, expect, it } from 'vitest';
import type { Board, Question, ToServer } from '../src/api/protocol';
import { QuestionNews, type Kept } from '../src/core/question_news';
import { FakeClock } from './clock';

const ME = 7;
const OTHER = 9;

let clock: FakeClock;
let sent: ToServer[];
let kept: Kept | null;
let pages: Board[];
let news: QuestionNews;

const open = (id: number, person = OTHER): Question => ({
  id,
  state: 'open',
  at_ms: id,
  programme_ms: 0,
  person,
  name: '周强',
  text: `第 ${id} 问`,
  votes: 0,
  answer: null,
});
const answered = (id: number, person = OTHER): Question => ({
  ...open(id, person),
  state: 'answered',
  answer: { at_ms: id + 100, programme_ms: 0, person: 1, name: '赵铁柱', text: '烘干' },
});
const page = (done: Question[], more = false): Board => ({ open: [], answered: done, more, voted: [] });
const told = (question: Question) => news.heard({ t: 'question', question, questions: 1 });
const listed = (board: Board) => news.heard({ t: 'questions', ...board });
const fresh = () => news.fresh.value.map(({ id }) => id);
const toTell = () => news.told.value.map(({ id }) => id);

/** The page is opened anew; what was kept is still there. */
function visit(host = false): void {
  news = new QuestionNews({
    send: (message) => sent.push(message) > 0,
    older: () => Promise.resolve(pages.shift() ?? page([])),
    kept: () => kept,
    keep: (what) => (kept = what),
    clock,
  });
  news.enter({ person: ME, host });
}

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  kept = null;
  pages = [];
  visit();
});

describe('a learner', () => {
  it('is told of an answer to a question of one\'s own, until one has looked', () => {
    told(open(1, ME));
    told(answered(1, ME));
    expect([fresh(), toTell()]).toEqual([[1], [1]]);
    news.hush();
    expect([fresh(), toTell()]).toEqual([[1], []]);
    news.look(true);
    expect(fresh()).toEqual([]);
    expect(kept?.waits).toEqual([]);
  });

  it('sees a mark, and no more, for an answer to what one wanted to know too', () => {
    told(open(1));
    news.heard({ t: 'voted', question: 1, up: true });
    told(open(2));
    news.heard({ t: 'voted', question: 2, up: true });
    news.heard({ t: 'voted', question: 2, up: false });
    told(answered(1));
    told(answered(2));
    expect([fresh(), toTell()]).toEqual([[1], []]);
  });

  it('is told nothing of what others asked, nor while looking', () => {
    told(answered(1));
    news.look(true);
    told(answered(2, ME));
    news.look(false);
    expect([fresh(), toTell()]).toEqual([[], []]);
  });

  it('is told again when the answer was bettered, not when it was taken back or removed', () => {
    told(answered(1, ME));
    news.look(true);
    news.look(false);
    told(answered(1, ME));
    expect(toTell()).toEqual([1]);
    told(open(1, ME));
    expect([fresh(), toTell()]).toEqual([[], []]);
    told(answered(1, ME));
    news.heard({ t: 'question', question: { id: 1, state: 'removed' }, questions: 0 });
    expect([fresh(), toTell()]).toEqual([[], []]);
  });

  it('asks for the list on coming back only when something is waited for, and finds what came meanwhile', async () => {
    expect(sent).toEqual([]);
    told(open(1, ME));
    news.heard({ t: 'voted', question: 2, up: true });
    visit();
    expect(sent).toEqual([{ t: 'questions', id: 'news' }]);
    listed(page([answered(3), answered(2), answered(1, ME)]));
    await Promise.resolve();
    expect([fresh(), toTell()]).toEqual([[1, 2], [1]]);
  });

  it('finds an old answer further back, and waits no more for what has gone', async () => {
    told(open(1, ME));
    told(open(2, ME));
    visit();
    pages = [page([answered(8)], true), page([answered(1, ME)])];
    listed(page([answered(9)], true));
    await new Promise((done) => setTimeout(done));
    expect([fresh(), kept?.waits]).toEqual([[1], [1]]);
  });

  it('asks again when the server was busy', async () => {
    told(open(1, ME));
    visit();
    news.heard({ t: 'error', code: 'busy', retry_ms: 900, id: 'news' });
    await clock.pass(900);
    expect(sent).toHaveLength(2);
  });
});

describe('a host', () => {
  it('sees how many others asked since one looked, on the next visit too', () => {
    visit(true);
    listed({ ...page([]), open: [open(1), open(2), open(3, ME)] });
    expect([fresh(), toTell()]).toEqual([[1, 2], []]);
    news.look(true);
    news.look(false);
    told(open(4));
    told(open(5));
    told(answered(5));
    expect(fresh()).toEqual([4]);
    visit(true);
    listed({ ...page([]), open: [open(2), open(4)] });
    expect(fresh()).toEqual([4]);
  });
});
