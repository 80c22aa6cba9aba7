/**
 * A room's questions as a page shows them: the open ones by votes and then time, the answered ones, the last first.
 *
 * The room tells every change; the list is asked for when somebody looks, and again with each welcome. It knows no DOM
 * and no socket.
 */
import { reactive, shallowRef } from 'vue';
import type { Board, FromServer, Question, ToServer } from '../api/protocol';
import { realClock, type Clock } from './clock';

export const QUESTION_MAX = 200;
export const ANSWER_MAX = 500;
const ANSWERED_MAX = 500; // shown at once; the oldest of more leave
const WORD_MS = 10_000; // without a word back for so long a deed counts as not done
const LIST = 'list'; // what the list is asked for with
const LIST_AGAIN_MS = 2000; // unless the server names another pause

export interface QuestionParts {
  send(message: ToServer): boolean;
  clock?: Clock;
}

type Deed = Extract<ToServer, { t: 'ask' | 'vote' | 'answer' | 'reopen' | 'remove' }>;

interface Waiting {
  /** The question voted for: the word back carries no reference. */
  vote: number;
  timer: number;
  done(code: string): void;
}

const byVotes = (a: Question, b: Question) => b.votes - a.votes || a.at_ms - b.at_ms || a.id - b.id;
const byAnswer = (a: Question, b: Question) => (b.answer?.at_ms ?? 0) - (a.answer?.at_ms ?? 0) || b.id - a.id;
const without = (list: readonly Question[], id: number) => list.filter((one) => one.id !== id);

export class Questions {
  readonly now = reactive({ loaded: false, more: false });
  readonly open = shallowRef<readonly Question[]>([]);
  readonly answered = shallowRef<readonly Question[]>([]);
  readonly voted = reactive(new Set<number>());
  /** The last question that was answered while somebody looked. */
  readonly told = shallowRef<Question | null>(null);
  private readonly waiting = new Map<string, Waiting>();
  private readonly clock: Clock;
  private refs = 0;
  private again = 0;

  constructor(private readonly parts: QuestionParts) {
    this.clock = parts.clock ?? realClock;
  }

  load(): void {
    this.clock.cancel(this.again);
    this.parts.send({ t: 'questions', id: LIST });
  }

  stop(): void {
    this.clock.cancel(this.again);
    for (const { timer } of this.waiting.values()) this.clock.cancel(timer);
    this.waiting.clear();
  }

  /** "" when it was done, else a code. */
  async act(deed: Deed): Promise<string> {
    const ref = `q${++this.refs}`;
    if (!this.parts.send({ ...deed, id: ref })) return 'offline';
    return new Promise((done) => {
      const timer = this.clock.after(WORD_MS, () => this.settle(ref, 'timeout'));
      this.waiting.set(ref, { vote: deed.t === 'vote' ? deed.question : 0, timer, done });
    });
  }

  /** Answered ones before those that are here. */
  addOlder(board: Board): void {
    this.now.more = board.more;
    const known = new Set(this.answered.value.map(({ id }) => id));
    this.show(this.answered.value.concat(board.answered.filter(({ id }) => !known.has(id))));
  }

  heard(message: FromServer): void {
    switch (message.t) {
      case 'welcome':
        return this.load();
      case 'questions':
        return this.listed(message);
      case 'question':
        this.changed(message.question);
        return this.settle(message.id ?? '', '');
      case 'votes':
        return this.counted(new Map(message.votes));
      case 'voted':
        return this.marked(message.question, message.up);
      case 'error':
        if (message.id === LIST) this.again = this.clock.after(message.retry_ms || LIST_AGAIN_MS, () => this.load());
        return this.settle(message.id ?? '', message.code);
    }
  }

  private settle(ref: string, code: string): void {
    const waiting = this.waiting.get(ref);
    if (!waiting) return;
    this.clock.cancel(waiting.timer);
    this.waiting.delete(ref);
    waiting.done(code);
  }

  /** Older ones that were fetched stay; what the list says of the others is newer. */
  private listed(board: Board): void {
    const first = board.answered[board.answered.length - 1];
    const older = first && board.more && this.now.loaded ? this.answered.value.filter((one) => byAnswer(one, first) > 0) : [];
    this.open.value = [...board.open].sort(byVotes);
    this.show(board.answered.concat(older));
    if (!older.length) this.now.more = board.more;
    this.voted.clear();
    board.voted.forEach((id) => this.voted.add(id));
    this.now.loaded = true;
  }

  private changed(is: Question | { id: number; state: 'removed' }): void {
    const open = without(this.open.value, is.id);
    const answered = without(this.answered.value, is.id);
    if (is.state === 'open') open.push(is);
    if (is.state === 'answered') answered.push((this.told.value = is));
    this.open.value = open.sort(byVotes);
    this.show(answered);
  }

  private counted(votes: Map<number, number>): void {
    this.open.value = this.open.value.map((one) => ({ ...one, votes: votes.get(one.id) ?? one.votes })).sort(byVotes);
  }

  private marked(question: number, up: boolean): void {
    if (up) this.voted.add(question);
    else this.voted.delete(question);
    for (const [ref, { vote }] of this.waiting) if (vote === question) this.settle(ref, '');
  }

  private show(answered: readonly Question[]): void {
    this.answered.value = [...answered].sort(byAnswer).slice(0, ANSWERED_MAX);
    if (answered.length > ANSWERED_MAX) this.now.more = true;
  }
}
