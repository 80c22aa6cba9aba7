/**
 * What has become of a room's questions since one last looked: to a learner the answers to what they asked or wanted to
 * know too, to a host the questions of others.
 *
 * The room tells every change. What came while there was no line, or no page, is found in the list, which is asked for
 * with each welcome by whom it concerns: a host, and who waits for an answer. It knows no DOM and no socket.
 */
import { shallowRef } from 'vue';
import type { Board, FromServer, Question, ToServer } from '../api/protocol';
import { realClock, type Clock } from './clock';

const LIST = 'news'; // what the list is asked for with
const LIST_AGAIN_MS = 2000; // unless the server names another pause
const PAGES_MAX = 5; // of older answers, in which one that is waited for is looked up
const WAITS_MAX = 100; // ids that are kept; the oldest leave

/** What stays between visits. */
export interface Kept {
  /** A host has seen what was asked until then: UTC, 0 nothing. */
  seen_ms: number;
  /** Questions whose answer a learner waits for, or has not looked at. */
  waits: readonly number[];
}

export interface NewsParts {
  send(message: ToServer): boolean;
  older(before: number): Promise<Board>;
  kept(): Kept | null;
  keep(what: Kept): void;
  clock?: Clock;
}

export class QuestionNews {
  /** Not looked at yet, the newest last. */
  readonly fresh = shallowRef<readonly Question[]>([]);
  /** What is to be told now: a learner's own ones that were answered. */
  readonly told = shallowRef<readonly Question[]>([]);
  private readonly waits: Set<number>;
  private seenMs: number;
  private lastMs = 0;
  private you = { person: 0, host: false };
  private looking = false;
  private again = 0;
  private readonly clock: Clock;

  constructor(private readonly parts: NewsParts) {
    this.clock = parts.clock ?? realClock;
    const kept = parts.kept();
    this.waits = new Set(kept?.waits);
    this.seenMs = kept?.seen_ms ?? 0;
  }

  /** In the room, or in it again. */
  enter(you: { person: number; host: boolean }): void {
    this.you = you;
    this.clock.cancel(this.again);
    if (you.host || this.waits.size) this.parts.send({ t: 'questions', id: LIST });
  }

  stop(): void {
    this.clock.cancel(this.again);
  }

  /** The questions are before somebody's eyes, or no more. */
  look(looking: boolean): void {
    this.looking = looking;
    if (looking) this.seen();
  }

  /** It need not be told any longer; it is not looked at yet. */
  hush(): void {
    this.told.value = [];
  }

  heard(message: FromServer): void {
    switch (message.t) {
      case 'welcome':
        return this.enter(message.you);
      case 'questions':
        return this.listed(message);
      case 'question':
        return message.question.state === 'removed' ? this.gone(message.question.id) : this.changed(message.question);
      case 'voted':
        if (message.up) this.waits.add(message.question);
        else this.waits.delete(message.question);
        return this.save();
      case 'error':
        if (message.id === LIST) this.again = this.clock.after(message.retry_ms || LIST_AGAIN_MS, () => this.enter(this.you));
    }
  }

  private readonly mine = (is: Question) => is.person === this.you.person;

  private changed(is: Question): void {
    this.drop(is.id);
    if (this.you.host) return this.asked(is);
    if (is.state === 'open') {
      if (this.mine(is)) this.waits.add(is.id);
    } else if (this.mine(is) || this.waits.has(is.id)) {
      this.waits.add(is.id);
      this.add([is]);
    }
    this.save();
  }

  private asked(is: Question): void {
    if (is.state !== 'open' || this.mine(is)) return;
    this.lastMs = Math.max(this.lastMs, is.at_ms);
    if (is.at_ms > this.seenMs) this.add([is]);
  }

  private gone(id: number): void {
    this.drop(id);
    if (this.waits.delete(id)) this.save();
  }

  private listed(board: Board): void {
    if (this.you.host) {
      this.fresh.value = [];
      return board.open.forEach((is) => this.asked(is));
    }
    board.open.filter(this.mine).forEach(({ id }) => this.waits.add(id));
    board.voted.forEach((id) => this.waits.add(id));
    void this.lookUp(board, board.open.map(({ id }) => id)).then(() => this.save());
  }

  /** Which of those that are waited for were answered; what is neither open nor answered has gone. */
  private async lookUp(board: Board, open: readonly number[]): Promise<void> {
    const missing = new Set([...this.waits].filter((id) => !open.includes(id)));
    for (let page = 0; ; page++) {
      const found = board.answered.filter((is) => missing.delete(is.id));
      this.add(found.reverse());
      const last = board.answered[board.answered.length - 1];
      if (!missing.size || !board.more || !last || page === PAGES_MAX) break;
      try {
        board = await this.parts.older(last.id);
      } catch {
        return; // with the next welcome
      }
    }
    missing.forEach((id) => this.waits.delete(id));
  }

  private add(all: readonly Question[]): void {
    const known = this.fresh.value;
    const more = all.filter((is) => !known.some(({ id }) => id === is.id));
    if (!more.length) return;
    this.fresh.value = known.concat(more);
    if (!this.you.host) this.told.value = this.told.value.concat(more.filter(this.mine));
    if (this.looking) this.seen();
  }

  private drop(id: number): void {
    const others = (list: readonly Question[]) => (list.some((is) => is.id === id) ? list.filter((is) => is.id !== id) : list);
    this.fresh.value = others(this.fresh.value);
    this.told.value = others(this.told.value);
  }

  private seen(): void {
    if (!this.you.host) this.fresh.value.forEach(({ id }) => this.waits.delete(id));
    this.seenMs = Math.max(this.seenMs, this.lastMs);
    this.fresh.value = [];
    this.told.value = [];
    this.save();
  }

  private save(): void {
    this.parts.keep({ seen_ms: this.seenMs, waits: [...this.waits].slice(-WAITS_MAX) });
  }
}
