/**
 * One person watching one title: pass, line, room, beats and player joined together. It knows no DOM; whether the
 * page is seen is told to it.
 */
import { reactive, ref } from 'vue';
import * as api from '../api/calls';
import { ApiError } from '../api/http';
import { Link, openSocket, type LinkState } from '../api/link';
import type { Ack, Beat, FromServer, Lease, ToServer } from '../api/protocol';
import type { Refused, Span } from '../api/types';
import { Player } from './player';
import { BeatSession, type Standing } from '../core/beat';
import { PassKeeper } from '../core/pass';
import { Room } from '../core/room';
import { spansAdd } from '../core/spans';

const REFUSALS_SHOWN_MS = 20_000;
const REFUSAL_WORTH_MS = 1000; // less is the edge of a part, and no news

export interface Learn {
  standing: Standing;
  credited_ms: number;
  covered_ms: number;
  content_ms: number;
  covered: readonly Span[];
  complete: boolean;
  rate_max: number;
  /** The last answer added time. */
  gaining: boolean;
  /** Why the last answers did not count, "" when they did. */
  reason: string;
  /** All refusals of this visit, by reason. */
  refused: Refused[];
  /** The server said a lesson or course is complete; with the certificate's id if there is one. */
  completed: { certificate: string } | null;
}

export const nothing = (): Learn => ({
  standing: 'off',
  credited_ms: 0,
  covered_ms: 0,
  content_ms: 0,
  covered: [],
  complete: false,
  rate_max: 2,
  gaining: false,
  reason: '',
  refused: [],
  completed: null,
});

/** What the player's looks need of it. */
export type Shown = Pick<Watching, 'player' | 'learn' | 'bells' | 'media' | 'onMessage' | 'setRate'>;

export class Watching {
  readonly learn = reactive(nothing());
  /** How often the room rang for what is fetched over HTTP. */
  readonly bells = reactive({ chapters: 0 });
  readonly room: Room;
  readonly player: Player;
  /** How often the server would give no pass: whether one may watch has changed. */
  readonly turnedAway = ref(0);
  private readonly link: Link;
  private readonly beats: BeatSession;
  private readonly pass: PassKeeper;
  private readonly listeners = new Set<(message: FromServer) => void>();
  private visible = true;
  private refusedAt = 0;

  /** `counts`: this person's time may count (signed in, and not the master looking at his own class). */
  constructor(
    readonly titleId: string,
    private readonly counts: boolean,
  ) {
    this.pass = new PassKeeper(() => api.pass(titleId).catch((error: unknown) => this.turnAway(error)));
    this.link = new Link({
      open: openSocket,
      join: async (fresh) => ({ title: titleId, pass: (await this.pass.get(fresh)).pass }),
      onMessage: (message) => this.heard(message),
      onState: (state) => this.lineMoved(state),
    });
    this.room = new Room({ send: (message) => this.link.send(message) });
    this.beats = new BeatSession({
      send: (message) => this.link.send(message),
      now: () => performance.now(),
      onStanding: (standing) => (this.learn.standing = standing),
      onAck: (ack, beat) => this.judged(ack, beat),
    });
    this.player = new Player({
      pass: (fresh) => this.pass.get(fresh),
      utcNow: () => this.room.utcNow(),
      onMove: () => this.sample(),
    });
  }

  start(): void {
    this.link.start();
  }

  stop(): void {
    this.player.read();
    this.beats.flush();
    if (this.counts && this.learn.standing === 'held') this.link.send({ t: 'leave_watch' });
    this.link.stop();
    this.room.stop();
    this.pass.stop();
    this.player.detach();
  }

  /** Where a file of the title is fetched. */
  media(file: string): string {
    return `/media/${this.titleId}/${file}`;
  }

  /** What the room itself does not say; false when there is no line. */
  send(message: ToServer): boolean {
    return this.link.send(message);
  }

  /** Every message that comes; the returned function ends it. */
  onMessage(hear: (message: FromServer) => void): () => void {
    this.listeners.add(hear);
    return () => this.listeners.delete(hear);
  }

  setVisible(visible: boolean): void {
    this.player.read();
    if (!visible) this.beats.flush();
    this.visible = visible;
    if (visible) this.reconnect();
    this.sample();
  }

  setRate(rate: number): void {
    this.player.read();
    this.beats.flush();
    this.player.setRate(rate);
  }

  /** Learning goes on here, not on the other device. */
  takeBack(): void {
    if (this.link.state === 'open') this.beats.ask();
    else this.link.retryNow();
  }

  /** Now is a good moment to come back, or to find out whether the line still holds. */
  reconnect(): void {
    this.link.retryNow();
    this.link.doubt();
  }

  /** What was learnt before, known before the lease is: the bead does not start at nought. */
  remember(before: { covered?: Span[]; credited_ms?: number; covered_ms?: number; content_ms?: number }): void {
    if (this.learn.standing === 'held') return;
    this.learn.covered = before.covered ?? [];
    this.learn.credited_ms = before.credited_ms ?? 0;
    this.learn.covered_ms = before.covered_ms ?? 0;
    this.learn.content_ms = before.content_ms ?? 0;
  }

  private turnAway(error: unknown): never {
    if (error instanceof ApiError && [403, 410].includes(error.status)) this.turnedAway.value++;
    throw error;
  }

  private sample(): void {
    const { titleMs, rate, playing } = this.player.state;
    if (this.counts) this.beats.sample({ titleMs, rate, playing, visible: this.visible });
    if (!playing) this.learn.gaining = false;
  }

  private lineMoved(state: LinkState): void {
    this.room.linkMoved(state);
    if (state === 'open') return;
    this.beats.lineLost();
    this.learn.gaining = false;
  }

  private heard(message: FromServer): void {
    this.room.heard(message);
    this.listeners.forEach((hear) => hear(message));
    if (message.t === 'welcome' && this.counts && this.beats.standing !== 'elsewhere') this.beats.ask();
    else if (message.t === 'lease') this.granted(message);
    else if (message.t === 'ack') this.beats.answered(message);
    else if (message.t === 'lease_lost') this.beats.lost(message.reason);
    else if (message.t === 'chapters') this.bells.chapters++;
    else if (message.t === 'completed') this.learn.completed = { certificate: message.certificate?.id ?? '' };
    if ((message.t === 'state' || message.t === 'welcome') && message.epoch_ms) this.player.setEpoch(message.epoch_ms);
  }

  private granted(lease: Lease): void {
    const { learn } = this;
    learn.credited_ms = lease.credited_ms;
    learn.covered_ms = lease.covered_ms;
    learn.content_ms = lease.content_ms;
    learn.covered = lease.covered ?? [];
    learn.rate_max = lease.rate_max || 2;
    learn.complete = lease.complete ?? false;
    learn.reason = '';
    this.beats.granted(lease);
  }

  private judged(ack: Ack, beat: Beat): void {
    const { learn } = this;
    learn.credited_ms = ack.credited_ms;
    learn.covered_ms = ack.covered_ms;
    learn.content_ms = ack.content_ms;
    learn.complete = ack.complete;
    learn.gaining = ack.gained_ms > 0 && this.player.state.playing;
    if (ack.gained_ms > 0) learn.covered = spansAdd(learn.covered, beat.from_ms, beat.to_ms);
    this.refusals(ack);
  }

  private refusals(ack: Ack): void {
    const now = performance.now();
    const worst = [...(ack.refused ?? [])].sort((a, b) => b.ms - a.ms)[0];
    for (const { reason, ms } of ack.refused ?? []) {
      const known = this.learn.refused.find((r) => r.reason === reason);
      if (known) known.ms += ms;
      else this.learn.refused.push({ reason, ms });
    }
    if (worst && worst.ms >= REFUSAL_WORTH_MS && worst.ms > ack.gained_ms) {
      this.learn.reason = worst.reason;
      this.refusedAt = now;
    } else if (ack.gained_ms > 0 || now - this.refusedAt > REFUSALS_SHOWN_MS) {
      this.learn.reason = '';
    }
  }
}
