/**
 * A draft that saves itself. What is typed is kept in this browser at once, sent after a short pause, kept on when there
 * is no network and sent later; when somebody else saved meanwhile nothing is overwritten: the person chooses. It knows
 * no DOM and no HTTP.
 *
 * Bounds: one saving on its way at a time, always of the newest draft; pauses of a broken line grow to RETRY_MAX_MS.
 */
import { shallowReactive } from 'vue';
import { ApiError } from '../api/http';
import type { Draft, DraftPage } from '../api/make_types';
import type { Clock } from './clock';

export const PAUSE_MS = 900; // of typing, before it is sent
export const LATEST_MS = 6000; // but no later than this after the first change
const RETRY_FIRST_MS = 2000;
const RETRY_MAX_MS = 30_000;
const SENT_MAX = 3; // unanswered drafts that are known again; an older one is asked about

/**
 * saved: the server has it all. dirty: something was changed. saving. offline: kept here, sent when the line is back.
 * conflict: saved elsewhere meanwhile. refused: the server does not take this draft.
 */
export type SyncPhase = 'loading' | 'saved' | 'dirty' | 'saving' | 'offline' | 'conflict' | 'refused';

export interface Kept {
  edit: number;
  at: number;
  draft: Draft;
  /** What was sent and not answered: the server may have it. */
  sent?: readonly Draft[];
}

export interface SyncParts {
  load(): Promise<DraftPage>;
  save(edit: number, draft: Draft): Promise<DraftPage>;
  /** In this browser, over a reload. */
  kept(): Kept | null;
  keep(what: Kept | null): void;
  clock: Clock;
  /** UTC milliseconds. */
  utc(): number;
}

/** The server writes the fields in its own order, and each that was left out as its nothing. */
function plain(is: unknown): unknown {
  if (Array.isArray(is)) return is.map(plain);
  if (typeof is !== 'object' || is === null) return is;
  const fields = Object.entries(is).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, plain(value)]));
}
const same = (a: Draft, b: Draft) => JSON.stringify(plain(a)) === JSON.stringify(plain(b));
const hasOne = (all: readonly Draft[] | undefined, one: Draft) => all?.some((is) => same(is, one)) ?? false;

export class DraftSync {
  readonly state = shallowReactive({
    phase: 'loading' as SyncPhase,
    page: null as DraftPage | null,
    /** What is on the screen: the server's, and what was changed since. */
    draft: null as Draft | null,
    savedMs: 0,
    error: null as unknown,
    /** The other draft, while the person is to choose. */
    theirs: null as DraftPage | null,
  });
  private pause = 0;
  private latest = 0;
  private tries = 0;
  private turn = 0;
  private ended = false;
  private inFlight: Promise<void> | null = null;
  private sent: readonly Draft[] = [];

  constructor(private readonly parts: SyncParts) {}

  async open(): Promise<void> {
    this.state.error = null;
    try {
      this.take(await this.parts.load());
    } catch (error) {
      this.state.error = error;
    }
  }

  /** The person changed something. */
  change(draft: Draft): void {
    if (!this.state.page) return;
    this.turn++;
    this.state.draft = draft;
    this.keep();
    if (this.state.phase === 'conflict') return;
    if (this.state.phase !== 'saving') this.state.phase = 'dirty';
    this.plan();
  }

  /** Everything is with the server afterwards, or false. */
  async flush(): Promise<boolean> {
    this.unplan();
    for (let round = 0; round < 3 && this.unsaved; round++) {
      if (this.state.phase === 'conflict') return false;
      await (this.inFlight ?? this.send());
      if (this.state.phase === 'offline' || this.state.phase === 'refused') return false;
    }
    return !this.unsaved;
  }

  /** The network is back. */
  wake(): void {
    if (this.state.phase !== 'offline') return;
    this.tries = 0;
    this.unplan();
    void this.send();
  }

  /** Mine goes over theirs, or theirs over mine. */
  async choose(which: 'mine' | 'theirs'): Promise<void> {
    const theirs = this.state.theirs;
    const mine = this.state.draft;
    if (!theirs || !mine) return;
    this.state.theirs = null;
    if (which === 'theirs') {
      this.parts.keep(null);
      this.settle(theirs);
      return;
    }
    this.state.page = theirs;
    this.state.phase = 'dirty';
    this.keep();
    await this.send();
  }

  /**
   * What a deed (publishing, submitting) made of the course; what was typed meanwhile stays. An answer older than what is
   * known, or one that says somebody else saved while something here is unsaved, is left: the next saving asks about it.
   */
  renew(page: DraftPage): void {
    const known = this.state.page?.edit ?? 0;
    if (page.edit < known || (this.unsaved && page.edit !== known)) return;
    if (this.unsaved) this.state.page = page;
    else this.settle(page);
  }

  /** The person leaves: what is unsaved is sent first. */
  async end(): Promise<void> {
    await this.flush().finally(() => (this.ended = true));
    this.unplan();
  }

  get unsaved(): boolean {
    return this.state.phase !== 'saved' && this.state.phase !== 'loading';
  }

  /** The server's draft, and what this browser kept of a visit that ended before all was sent. */
  private take(page: DraftPage): void {
    const kept = this.parts.kept();
    if (!kept || same(kept.draft, page.draft)) {
      this.parts.keep(null);
      return this.settle(page);
    }
    this.state.page = page;
    this.state.draft = kept.draft;
    if (kept.edit !== page.edit && !hasOne(kept.sent, page.draft)) {
      this.state.theirs = page;
      this.state.phase = 'conflict';
      return;
    }
    this.state.phase = 'dirty';
    void this.send();
  }

  private settle(page: DraftPage): void {
    Object.assign(this.state, { page, draft: page.draft, phase: 'saved', savedMs: page.changed_ms ?? 0, error: null });
  }

  private keep(): void {
    const { page, draft } = this.state;
    if (page && draft) this.parts.keep({ edit: page.edit, at: this.parts.utc(), draft, sent: this.sent });
  }

  private plan(): void {
    const { clock } = this.parts;
    if (this.pause) clock.cancel(this.pause);
    this.pause = clock.after(PAUSE_MS, () => void this.send());
    this.latest ||= clock.after(LATEST_MS, () => void this.send());
  }

  private unplan(): void {
    for (const timer of [this.pause, this.latest]) if (timer) this.parts.clock.cancel(timer);
    this.pause = this.latest = 0;
  }

  private send(): Promise<void> {
    this.unplan();
    if (this.inFlight || this.ended || !this.state.draft || !this.state.page) return this.inFlight ?? Promise.resolve();
    if (this.state.phase === 'conflict') return Promise.resolve();
    this.inFlight = this.deliver(this.state.page.edit, this.state.draft).finally(() => (this.inFlight = null));
    return this.inFlight;
  }

  private async deliver(edit: number, draft: Draft): Promise<void> {
    const mine = this.turn;
    this.state.phase = 'saving';
    this.sent = [...this.sent.filter((one) => !same(one, draft)), draft].slice(-SENT_MAX);
    this.keep();
    try {
      this.saved(await this.parts.save(edit, draft), mine);
    } catch (error) {
      await this.failed(error);
    }
  }

  private saved(page: DraftPage, turn: number): void {
    this.tries = 0;
    this.state.page = page;
    this.state.savedMs = page.changed_ms || this.parts.utc();
    this.state.error = null;
    this.sent = [];
    if (turn === this.turn) {
      this.state.phase = 'saved'; // the draft on the screen stays the person's own: the server only puts ids into it
      this.parts.keep(null);
    } else {
      this.state.phase = 'dirty';
      this.keep();
      this.plan();
    }
  }

  private async failed(error: unknown): Promise<void> {
    this.state.error = error;
    if (error instanceof ApiError && error.code === 'edited_elsewhere') return this.clash();
    const status = error instanceof ApiError ? error.status : 0;
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      this.state.phase = 'refused';
      return;
    }
    this.state.phase = 'offline';
    const wait = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.tries++);
    this.pause = this.parts.clock.after(wait, () => void this.send());
  }

  /**
   * Somebody else saved: theirs is fetched, and nothing is decided without the person; unless it is what was sent from
   * here, of which the answer was lost.
   */
  private async clash(): Promise<void> {
    try {
      const theirs = await this.parts.load();
      if (this.state.draft && same(theirs.draft, this.state.draft)) {
        this.parts.keep(null);
        return this.settle(theirs);
      }
      if (hasOne(this.sent, theirs.draft)) return this.goOn(theirs);
      this.state.theirs = theirs;
      this.state.phase = 'conflict';
    } catch {
      this.state.phase = 'offline';
      this.pause = this.parts.clock.after(RETRY_MAX_MS, () => void this.send());
    }
  }

  /** What was typed since is sent on top of it. */
  private goOn(theirs: DraftPage): void {
    this.sent = [];
    Object.assign(this.state, { page: theirs, phase: 'dirty', error: null });
    this.keep();
    this.plan();
  }
}
