/**
 * The files a person sends: in what order, how many at once, how far each is, and what to do when the line breaks. It
 * knows no DOM, no HTTP and no tus: a `Sender` does the sending and says how it went. A file that was begun before, here
 * or in another browser, goes on where it was.
 *
 * Bounds: PARALLEL at once, the rest wait in order; FILES_MAX in the list; a broken line is tried again after a growing
 * pause for ever, since it is a bad line that all this is for; the server's own refusals are final.
 */
import { reactive } from 'vue';
import { ApiError } from '../api/http';
import type { UploadKind, UploadLeft, Uploads } from '../api/make_types';
import type { Clock } from './clock';
import { isWrong, kindOf, seemsOf, type Seems } from './file_kind';
import type { Content } from './file_mark';
import { Pace } from './pace';

export const PARALLEL = 2;
export const FILES_MAX = 200;
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;
const PACE_EVERY_MS = 1000; // speed and time left are told anew

/**
 * waiting for its turn > marking (its print is taken) > sending <> retrying (the line broke) > done. paused by the
 * person; refused for good.
 */
export type UploadPhase = 'waiting' | 'marking' | 'sending' | 'retrying' | 'paused' | 'done' | 'refused';

export interface UploadItem {
  readonly key: number;
  readonly name: string;
  readonly bytes: number;
  readonly kind: UploadKind;
  phase: UploadPhase;
  sent: number;
  /** Where it went on, when it was not from the start. */
  resumedAt: number;
  /** Bytes a second. */
  speed: number | null;
  leftMs: number | null;
  /** Why it is refused, or is being tried again. */
  error: ApiError | null;
  /** By its name it is nothing that could be a lesson. */
  wrong: Seems | null;
  mark: string;
  url: string;
}

export interface SendHooks {
  onUrl(url: string): void;
  /** Bytes the server has, or is being sent. */
  onProgress(sent: number): void;
  onDone(): void;
  onError(error: ApiError): void;
}

export interface Sender<F extends Content> {
  /** An ApiError when it cannot be tried now; any other, when the file cannot be read. */
  mark(file: F): Promise<string>;
  /** Begins at once, or goes on at `url`. */
  send(item: UploadItem, file: F, hooks: SendHooks): { stop(): void };
  /** The server forgets what it has of it. */
  end(url: string): Promise<void>;
}

/** What this browser knows of uploads it began: by their print. */
export interface Memory {
  urlOf(mark: string): string;
  /** "" for an upload that was begun elsewhere. */
  markOf(url: string): string;
  remember(mark: string, url: string): void;
  forget(mark: string): void;
}

export interface QueueParts<F extends Content> {
  sender: Sender<F>;
  memory: Memory;
  clock: Clock;
  online(): boolean;
  /** One more is wholly with the server. */
  onDone(item: UploadItem): void;
}

/** Trying again is no help: the server has decided. */
function isFinal(error: ApiError): boolean {
  if (error.code === 'locked' || error.status === 423) return false; // our own broken connection still holds it
  if (error.status === 409 || error.status === 460) return false; // offset or checksum: asks anew where it is
  if (error.status === 429 || error.status === 408) return false;
  return (error.status >= 400 && error.status < 500) || error.status === 507;
}

/** The server has forgotten it: it lay too long, or was ended elsewhere. */
const isGone = (error: ApiError) => error.status === 404 || error.status === 410;

export class UploadQueue<F extends Content> {
  readonly state = reactive({
    items: [] as UploadItem[],
    /** On the server, begun before, and no file picked for it here. */
    left: [] as UploadLeft[],
    quota: { used_bytes: 0, max_bytes: 0 },
    maxBytes: 0,
  });
  private readonly files = new Map<number, F>();
  private readonly running = new Map<number, { stop(): void }>();
  private readonly paces = new Map<number, Pace>();
  private readonly timers = new Map<number, number>();
  private readonly tries = new Map<number, number>();
  private next = 1;
  private ticking = 0;

  constructor(private readonly parts: QueueParts<F>) {}

  /** What the server has unfinished, and its limits. */
  know(all: Uploads): void {
    this.state.quota = all.quota;
    this.state.maxBytes = all.max_bytes;
    const held = new Set(this.state.items.map((item) => item.url).filter(Boolean));
    this.state.left = all.uploads.filter((one) => !held.has(one.url) && one.offset < one.bytes);
  }

  /** In the order they come; what cannot be sent is told at once and sends nothing. Of a full list fewer come back. */
  add(files: readonly F[]): UploadItem[] {
    const room = Math.max(0, FILES_MAX - this.state.items.length);
    const added = files.slice(0, room).map((file) => this.put(file));
    this.pump();
    return added;
  }

  pause(key: number): void {
    const item = this.item(key);
    if (!item || !['waiting', 'marking', 'sending', 'retrying'].includes(item.phase)) return;
    item.phase = 'paused';
    this.halt(key);
    this.pump();
  }

  resume(key: number): void {
    const item = this.item(key);
    if (!item || (item.phase !== 'paused' && item.phase !== 'retrying' && !(item.phase === 'refused' && !item.wrong))) return;
    this.unwait(key);
    item.phase = 'waiting';
    item.error = null;
    this.pump();
  }

  /** Out of the list once the server has forgotten what it has of it; until then it stands there, stopped. */
  async remove(key: number): Promise<void> {
    const item = this.item(key);
    if (!item) return;
    this.halt(key);
    if (item.phase !== 'done' && item.phase !== 'refused') item.phase = 'paused';
    this.pump();
    if (item.url && item.phase !== 'done') await this.parts.sender.end(item.url);
    this.halt(key); // it may have been told to go on meanwhile
    this.state.items = this.state.items.filter((one) => one.key !== key);
    for (const map of [this.files, this.paces, this.tries]) map.delete(key);
    if (item.mark) this.parts.memory.forget(item.mark);
    this.pump();
  }

  async removeLeft(left: UploadLeft): Promise<void> {
    await this.parts.sender.end(left.url);
    this.state.left = this.state.left.filter((one) => one.id !== left.id);
  }

  /** What is done leaves the list. */
  clearDone(): void {
    for (const item of this.state.items.filter((one) => one.phase === 'done')) {
      this.files.delete(item.key);
      this.paces.delete(item.key);
    }
    this.state.items = this.state.items.filter((one) => one.phase !== 'done');
  }

  /** The network is back, or the person asks: whoever waits for the line goes on now. */
  wake(): void {
    for (const item of this.state.items) if (item.phase === 'retrying') this.resume(item.key);
  }

  get busy(): boolean {
    return this.state.items.some((item) => ['marking', 'sending', 'retrying', 'waiting'].includes(item.phase));
  }

  private item(key: number): UploadItem | undefined {
    return this.state.items.find((one) => one.key === key);
  }

  private put(file: F): UploadItem {
    const seems = seemsOf(file.name);
    const item: UploadItem = {
      key: this.next++,
      name: file.name,
      bytes: file.size,
      kind: kindOf(file.name),
      phase: 'waiting',
      sent: 0,
      resumedAt: 0,
      speed: null,
      leftMs: null,
      error: null,
      wrong: isWrong(seems) ? seems : null,
      mark: '',
      url: '',
    };
    const refusal = this.refusalOf(item);
    if (refusal || item.wrong) item.phase = 'refused';
    item.error = refusal;
    this.state.items.push(item);
    this.files.set(item.key, file);
    return this.state.items[this.state.items.length - 1] as UploadItem;
  }

  /** Before a byte is sent. What the server says later counts all the same. */
  private refusalOf(item: UploadItem): ApiError | null {
    const { quota, maxBytes } = this.state;
    if (item.bytes === 0) return new ApiError('file_empty', 400);
    if (maxBytes > 0 && item.bytes > maxBytes) return new ApiError('upload_too_large', 413);
    if (quota.max_bytes > 0 && item.bytes > quota.max_bytes) return new ApiError('upload_quota', 413);
    return null;
  }

  private pump(): void {
    const going = () => this.state.items.filter((one) => ['marking', 'sending'].includes(one.phase)).length;
    for (const item of this.state.items) {
      if (going() >= PARALLEL) break;
      if (item.phase === 'waiting') void this.begin(item);
    }
    if (this.running.size > 0 && !this.ticking) this.tick();
  }

  private async begin(item: UploadItem): Promise<void> {
    const file = this.files.get(item.key);
    if (!file) return;
    item.phase = 'marking';
    try {
      if (!item.mark) item.mark = await this.parts.sender.mark(file);
    } catch (error) {
      if (item.phase !== 'marking') return;
      return error instanceof ApiError ? this.failed(item, error) : this.refuse(item, new ApiError('file_unreadable', 400));
    }
    if (item.phase !== 'marking') return;
    const twin = this.state.items.find((one) => one.key !== item.key && one.mark === item.mark && one.phase !== 'refused' && one.phase !== 'done');
    if (twin) return this.refuse(item, new ApiError('file_twice', 409));
    if (!item.url) this.find(item);
    this.send(item, file);
  }

  /** Where it was begun before: told by this browser's memory, else by the server's list. */
  private find(item: UploadItem): void {
    const same = (one: UploadLeft) =>
      one.bytes === item.bytes && this.isMark(one, item.mark) && (!!one.mark || one.name === item.name);
    const left = this.state.left.find(same);
    item.url = left?.url || this.parts.memory.urlOf(item.mark);
    item.sent = left?.offset ?? 0;
    this.state.left = this.state.left.filter((one) => one !== left);
  }

  /** Told by the server or by this browser's memory; where neither knows, name and size have to do. */
  private isMark(left: UploadLeft, mark: string): boolean {
    const known = left.mark || this.parts.memory.markOf(left.url);
    return known === '' || known === mark;
  }

  private send(item: UploadItem, file: F): void {
    const wished = item.url !== '';
    const key = item.key;
    const mine = () => this.item(key)?.phase === 'sending';
    item.phase = 'sending';
    item.error = null;
    this.paces.set(key, new Pace());
    let first = true;
    const hooks: SendHooks = {
      onUrl: (url) => {
        item.url = url;
        this.parts.memory.remember(item.mark, url);
      },
      onProgress: (sent) => {
        if (!mine()) return;
        if (first && wished) item.resumedAt = sent;
        if (sent > item.sent || first) this.tries.delete(key);
        first = false;
        item.sent = sent;
        this.paces.get(key)?.add(this.parts.clock.now(), sent);
      },
      onDone: () => mine() && this.done(item),
      onError: (error) => mine() && this.failed(item, error),
    };
    this.running.set(key, this.parts.sender.send(item, file, hooks));
    if (!this.ticking) this.tick();
  }

  private done(item: UploadItem): void {
    this.halt(item.key);
    item.phase = 'done';
    item.sent = item.bytes;
    this.parts.memory.forget(item.mark);
    this.files.delete(item.key);
    this.parts.onDone(item);
    this.pump();
  }

  private failed(item: UploadItem, error: ApiError): void {
    this.halt(item.key);
    const gone = item.url !== '' && isGone(error);
    if (gone) this.forget(item);
    else if (isFinal(error)) return this.refuse(item, error);
    item.phase = 'retrying';
    item.error = gone ? null : error;
    const tries = this.tries.get(item.key) ?? 0;
    this.tries.set(item.key, tries + 1);
    const pause = Math.max(error.retryAfterS * 1000, Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** tries));
    this.timers.set(item.key, this.parts.clock.after(pause, () => this.again(item.key)));
    this.pump();
  }

  /** What the server no longer has begins anew. */
  private forget(item: UploadItem): void {
    this.parts.memory.forget(item.mark);
    Object.assign(item, { url: '', sent: 0, resumedAt: 0 });
  }

  /** Without a network there is no use in trying; `wake` comes with it. */
  private again(key: number): void {
    const item = this.item(key);
    if (item?.phase !== 'retrying') return;
    this.timers.delete(key);
    if (this.parts.online()) this.resume(key);
    else this.timers.set(key, this.parts.clock.after(RETRY_MAX_MS, () => this.again(key)));
  }

  private refuse(item: UploadItem, error: ApiError): void {
    item.phase = 'refused';
    item.error = error;
    this.pump();
  }

  private unwait(key: number): void {
    const timer = this.timers.get(key);
    if (timer !== undefined) this.parts.clock.cancel(timer);
    this.timers.delete(key);
  }

  private halt(key: number): void {
    this.unwait(key);
    this.running.get(key)?.stop();
    this.running.delete(key);
    const item = this.item(key);
    if (item) Object.assign(item, { speed: null, leftMs: null });
  }

  private tick(): void {
    this.ticking = this.parts.clock.after(PACE_EVERY_MS, () => {
      this.ticking = 0;
      const now = this.parts.clock.now();
      for (const key of this.running.keys()) {
        const [item, pace] = [this.item(key), this.paces.get(key)];
        if (item && pace) Object.assign(item, { speed: pace.perSecond(now), leftMs: pace.leftMs(now, item.bytes) });
      }
      if (this.running.size > 0) this.tick();
    });
  }
}
