/**
 * One WebSocket to one title's room that comes back by itself.
 *
 * It joins with a pass, pings, and reconnects with a jittered, growing pause. It knows no messages beyond joining and
 * staying alive, and no DOM; the socket is given to it.
 */
import { realClock, type Clock } from '../core/clock';
import { CLOSE_PASS_REFUSED, CLOSE_REPLACED, CLOSE_TOO_MUCH, parse, type FromServer, type ToServer } from './protocol';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 15_000;
const UNHURRIED_TRIES = 5; // the pause after so many tries is the longest: for who was told not to hurry back
const PING_MS = 20_000; // below the 30 s after which phone networks forget a silent connection
const SILENCE_MS = 10_000; // from a ping to any word back; then the line is dead
const DOUBT_MS = 3000; // the same, when there is reason to think that it is dead
const JOIN_MS = 10_000; // from opening to welcome

export interface Wire {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

/** `replaced`: a newer page of this person's has the line; it comes back when somebody wants it here. */
export type LinkState = 'off' | 'connecting' | 'open' | 'waiting' | 'replaced';

export interface LinkParts {
  open(): Wire;
  /** What to join with; `fresh` asks for a new pass because the last one was refused. */
  join(fresh: boolean): Promise<{ title: string; pass: string }>;
  onMessage(message: FromServer): void;
  onState(state: LinkState): void;
  clock?: Clock;
  random?(): number;
}

export class Link {
  state: LinkState = 'off';
  private wire: Wire | null = null;
  private tries = 0;
  private refused = false;
  private timer = 0;
  private readonly clock: Clock;

  constructor(private readonly parts: LinkParts) {
    this.clock = parts.clock ?? realClock;
  }

  start(): void {
    if (this.state === 'connecting' || this.state === 'open') return;
    void this.connect();
  }

  stop(): void {
    this.drop();
    this.move('off');
  }

  /** The user or the network says that now is a good moment. */
  retryNow(): void {
    if (this.state === 'waiting' || this.state === 'replaced') void this.connect();
  }

  /** The network went, or the page was asleep: is the line still alive? */
  doubt(): void {
    if (this.state === 'open') this.ping(DOUBT_MS);
  }

  /** False when there is no joined line: nothing is queued. */
  send(message: ToServer): boolean {
    if (this.state !== 'open' || !this.wire) return false;
    this.wire.send(JSON.stringify(message));
    return true;
  }

  private move(state: LinkState): void {
    if (this.state === state) return;
    this.state = state;
    this.parts.onState(state);
  }

  private drop(): void {
    this.clock.cancel(this.timer);
    const wire = this.wire;
    this.wire = null;
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close();
  }

  private async connect(): Promise<void> {
    this.drop();
    this.move('connecting');
    let join: { title: string; pass: string };
    try {
      join = await this.parts.join(this.refused);
    } catch {
      if (this.state === 'connecting') this.retry();
      return;
    }
    if (this.state !== 'connecting' || this.wire) return; // stopped or overtaken meanwhile
    this.refused = false;
    const wire = this.parts.open();
    this.wire = wire;
    wire.onopen = () => wire.send(JSON.stringify({ t: 'join', ...join } satisfies ToServer));
    wire.onmessage = (event) => this.heard(event.data);
    wire.onclose = (event) => this.closed(event.code);
    this.expect(JOIN_MS);
  }

  private heard(data: unknown): void {
    const message = typeof data === 'string' ? parse(data) : null;
    if (message?.t === 'welcome') {
      this.tries = 0;
      this.move('open');
    }
    if (this.state === 'open') this.pingLater();
    if (message) this.parts.onMessage(message);
  }

  private closed(code: number): void {
    this.drop();
    if (code === CLOSE_REPLACED) return this.move('replaced');
    this.refused = code === CLOSE_PASS_REFUSED;
    if (code === CLOSE_TOO_MUCH) this.tries = Math.max(this.tries, UNHURRIED_TRIES);
    this.retry();
  }

  private retry(): void {
    this.drop();
    const pause = Math.min(RETRY_FIRST_MS * 2 ** this.tries++, RETRY_MAX_MS);
    const jitter = 0.5 + 0.5 * (this.parts.random ?? Math.random)(); // not all at once after a restart
    this.move('waiting');
    this.timer = this.clock.after(pause * jitter, () => void this.connect());
  }

  private pingLater(): void {
    this.clock.cancel(this.timer);
    this.timer = this.clock.after(PING_MS, () => this.ping(SILENCE_MS));
  }

  private ping(silenceMs: number): void {
    this.send({ t: 'ping', at: Math.round(this.clock.now()) });
    this.expect(silenceMs);
  }

  private expect(ms: number): void {
    this.clock.cancel(this.timer);
    this.timer = this.clock.after(ms, () => this.retry());
  }
}

/** The browser's own socket as a Wire. */
export function openSocket(): Wire {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return new WebSocket(`${scheme}://${location.host}/ws`, 'jiangtang.v1') as unknown as Wire;
}
