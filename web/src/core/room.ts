/**
 * One title's room as a page shows it: members, messages, hands, and what became of one's own words.
 *
 * It draws messages in batches (ROWS_MAX rows, four times a second): on cheap phones that costs a third of drawing
 * each. It knows no DOM and no socket; the link is given to it.
 */
import { reactive, shallowRef } from 'vue';
import type { FromServer, Hand, Said, ToServer, Welcome } from '../api/protocol';
import type { ClassState } from '../api/types';
import type { LinkState } from '../api/link';
import { realClock, type Clock } from './clock';

export const TEXT_MAX = 200;
const ROWS_MAX = 100;
const BATCH_MS = 250;
const SEND_MS = 10_000; // without an echo for so long a message counts as not sent

export interface Row {
  key: string;
  seq: number;
  person: number;
  name: string;
  host: boolean;
  text: string;
  at_ms: number;
  /** Own words on their way, or refused with this code. */
  sending: boolean;
  failed: string;
}

export interface RoomParts {
  send(message: ToServer): boolean;
  clock?: Clock;
}

const rowOf = (said: Said): Row => ({
  key: `s${said.seq}`,
  seq: said.seq,
  person: said.person,
  name: said.name,
  host: said.host,
  text: said.text,
  at_ms: said.at_ms,
  sending: false,
  failed: '',
});

export class Room {
  readonly now = reactive({
    link: 'off' as LinkState,
    joinedOnce: false,
    you: { person: 0, name: '', host: false },
    members: 0,
    handCount: 0,
    handUp: false,
    /** Open ones. */
    questions: 0,
    state: null as ClassState | null,
    epochMs: 0,
    keptUntilMs: 0,
    /** The last refusal of a message that has no row: a code, "" when there is none. */
    refusal: '',
    refusedUntil: 0,
  });
  readonly rows = shallowRef<readonly Row[]>([]);
  readonly hands = shallowRef<readonly Hand[]>([]);
  /** Server's UTC minus our monotonic clock; null until heard. */
  serverOffset: number | null = null;

  private pending: Row[] = [];
  private fresh: Row[] = [];
  private batch = 0;
  private own = 0;
  private readonly timers = new Map<string, number>();
  private readonly clock: Clock;

  constructor(private readonly parts: RoomParts) {
    this.clock = parts.clock ?? realClock;
  }

  stop(): void {
    this.clock.cancel(this.batch);
    for (const timer of this.timers.values()) this.clock.cancel(timer);
  }

  utcNow(): number | null {
    return this.serverOffset === null ? null : this.clock.now() + this.serverOffset;
  }

  linkMoved(state: LinkState): void {
    this.now.link = state;
  }

  heard(message: FromServer): void {
    switch (message.t) {
      case 'welcome':
        return this.welcome(message);
      case 'said':
        return this.said(message);
      case 'members':
        this.now.members = message.count;
        return;
      case 'hands':
        this.now.handCount = message.count;
        if (message.hands) this.hands.value = message.hands;
        return;
      case 'question':
        this.now.questions = message.questions;
        return;
      case 'hand':
        return this.hand(message);
      case 'state':
        this.now.state = message.state;
        if (message.epoch_ms) this.now.epochMs = message.epoch_ms;
        this.now.keptUntilMs = message.kept_until_ms ?? 0;
        return;
      case 'pong':
        this.serverOffset = message.now_ms - this.clock.now();
        return;
      case 'error':
        return this.refused(message.code, message.id ?? '', message.retry_ms ?? 0);
    }
  }

  say(text: string): void {
    const ref = `${Math.round(this.clock.now())}-${++this.own}`;
    const { person, name, host } = this.now.you;
    const row: Row = { key: ref, seq: 0, person, name, host, text, at_ms: 0, sending: true, failed: '' };
    this.pending = [...this.pending, row];
    this.dispatch(row);
    this.draw();
  }

  /** Sends a failed message once more. */
  again(key: string): void {
    const row = this.pending.find((r) => r.key === key);
    if (!row?.failed) return;
    row.failed = '';
    row.sending = true;
    this.dispatch(row);
    this.draw();
  }

  forget(key: string): void {
    this.pending = this.pending.filter((r) => r.key !== key);
    this.draw();
  }

  raiseHand(up: boolean): boolean {
    return this.parts.send({ t: 'hand', up });
  }

  /** A host lowers somebody's hand. */
  lowerHand(person: number): boolean {
    return this.parts.send({ t: 'hand', up: false, person });
  }

  private dispatch(row: Row): void {
    if (!this.parts.send({ t: 'say', text: row.text, id: row.key })) return this.fail(row.key, 'offline');
    this.timers.set(
      row.key,
      this.clock.after(SEND_MS, () => this.fail(row.key, 'timeout')),
    );
  }

  private settle(ref: string): void {
    const timer = this.timers.get(ref);
    if (timer !== undefined) this.clock.cancel(timer);
    this.timers.delete(ref);
  }

  private fail(ref: string, code: string): void {
    this.settle(ref);
    this.pending = this.pending.map((r) => (r.key === ref ? { ...r, sending: false, failed: code } : r));
    this.drawSoon();
  }

  private refused(code: string, ref: string, retryMs: number): void {
    if (ref && this.pending.some((r) => r.key === ref)) this.fail(ref, code);
    else if (!ref) this.now.refusal = code;
    if (retryMs) this.now.refusedUntil = this.clock.now() + retryMs;
  }

  private welcome(message: Welcome): void {
    this.now.joinedOnce = true;
    this.now.you = message.you ?? this.now.you;
    this.now.members = message.members ?? 0;
    if (message.state) this.now.state = message.state;
    if (message.now_ms) this.serverOffset = message.now_ms - this.clock.now();
    const hands = message.hands ?? [];
    this.hands.value = hands;
    this.now.handUp = hands.some((h) => h.person !== 0 && h.person === this.now.you.person);
    this.now.handCount = message.hands_up ?? hands.length;
    this.now.questions = message.questions ?? 0;
    if (message.epoch_ms) this.now.epochMs = message.epoch_ms;
    this.now.keptUntilMs = message.kept_until_ms ?? 0;
    const known = this.rows.value.reduce((max, row) => Math.max(max, row.seq), 0);
    for (const said of message.history ?? []) if (said.seq > known) this.fresh.push(rowOf(said));
    this.draw();
  }

  private said(said: Said): void {
    if (said.id) {
      this.settle(said.id);
      this.pending = this.pending.filter((r) => r.key !== said.id);
    }
    this.fresh.push(rowOf(said));
    this.drawSoon();
  }

  private hand(message: FromServer & { t: 'hand' }): void {
    if (message.mine) this.now.handUp = message.up;
    if (message.person === undefined) return;
    const others = this.hands.value.filter((h) => h.person !== message.person);
    const hand = { person: message.person, name: message.name ?? '', at_ms: message.at_ms ?? 0 };
    this.hands.value = message.up ? [...others, hand].sort((a, b) => a.at_ms - b.at_ms) : others;
  }

  private drawSoon(): void {
    if (this.batch) return;
    this.batch = this.clock.after(BATCH_MS, () => this.draw());
  }

  private draw(): void {
    this.clock.cancel(this.batch);
    this.batch = 0;
    const said = this.rows.value.filter((row) => row.seq > 0);
    const last = said[said.length - 1]?.seq ?? 0;
    const all = said.concat(this.fresh.filter((row) => row.seq > last)).concat(this.pending);
    this.fresh = [];
    this.rows.value = all.slice(-ROWS_MAX);
  }
}
