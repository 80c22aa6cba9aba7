/**
 * The page's own account of what was played: one lease, one chain of beats, one beat in flight.
 *
 * It is fed with samples of the playhead and cuts them into spans that were played without a jump; each beat claims
 * one such span. It judges nothing: the server does, and answers each beat. It knows no socket, element or real clock.
 *
 * Bounds: WAITING_MAX spans wait for the beat in flight; when full the oldest is let go, since the server would
 * grant so old a claim little anyway.
 */
import type { Ack, Beat, Lease } from '../api/protocol';

const WAITING_MAX = 6;
const CARRY_MS = 15_000; // of an unanswered claim taken into a new lease: three beats, as far back as the server grants
const SLIP_MS = 1200; // a playhead may run this far ahead of the clock between two samples (stalls catching up)
const STOP_SLIP_MS = 200; // and so far when it stops: a seek stops it too
const BACK_MS = 300; // and this far back, when fragments' stamps disagree a little
const SHORTEST_MS = 50;
const ASK_AGAIN_MS = 5000; // after a broken chain
const RESEND_INTERVALS = 2; // without an answer for so long the same beat goes once more: the server knows it by seq

export interface Sample {
  titleMs: number | null;
  rate: number;
  playing: boolean;
  visible: boolean;
}

interface Claim {
  from: number;
  to: number;
  rate: number;
  visible: boolean;
}

/** off: nobody to credit or no line; asking; held: beats count; elsewhere: another device has the lease. */
export type Standing = 'off' | 'asking' | 'held' | 'elsewhere';

export interface BeatParts {
  send(message: { t: 'watch' } | Beat): boolean;
  now(): number;
  onStanding(standing: Standing): void;
  /** A span the server has judged, with its verdict. */
  onAck(ack: Ack, beat: Beat): void;
}

export class BeatSession {
  standing: Standing = 'off';
  private lease: Lease | null = null;
  private nonce = '';
  private seq = 0;
  private open: (Claim & { at: number }) | null = null;
  private waiting: Claim[] = [];
  private flying: { beat: Beat; at: number } | null = null;
  private lastSentAt = 0;
  private askedAt = -Infinity;

  constructor(private readonly parts: BeatParts) {}

  /** The line is joined, or the user takes the lesson back to this page. */
  ask(): void {
    this.askedAt = this.parts.now();
    if (this.parts.send({ t: 'watch' })) this.move('asking');
  }

  lineLost(): void {
    if (this.standing !== 'elsewhere') this.move('off');
  }

  granted(lease: Lease): void {
    const before = this.flying?.beat;
    const now = this.parts.now();
    if (this.open) {
      const joined = before && before.to_ms === this.open.from ? before.from_ms : this.open.from;
      this.open.from = Math.max(joined, this.open.to - CARRY_MS);
    }
    this.lease = lease;
    this.nonce = lease.nonce;
    this.seq = 0;
    this.flying = null;
    this.waiting = [];
    this.lastSentAt = now;
    this.move('held');
  }

  lost(reason: string): void {
    this.flying = null;
    this.waiting = [];
    this.move(reason === 'other_device' ? 'elsewhere' : 'off');
    if (this.standing === 'off' && this.parts.now() - this.askedAt >= ASK_AGAIN_MS) this.ask();
  }

  answered(ack: Ack): void {
    const beat = this.flying?.beat;
    if (!beat || ack.seq !== beat.seq) return;
    this.flying = null;
    this.nonce = ack.nonce;
    this.parts.onAck(ack, beat);
    this.pump();
  }

  /** Where the playhead is now; at least twice a second while it moves. */
  sample(now: Sample): void {
    if (!now.playing || now.titleMs === null) {
      // Up to where it stopped it was played, unless it stopped by jumping.
      if (this.open && this.goesOn(this.open, now, STOP_SLIP_MS)) this.reach(this.open, now);
      this.cut();
    } else if (this.open && this.goesOn(this.open, now, SLIP_MS)) {
      this.reach(this.open, now);
    } else {
      this.cut();
      this.open = { from: now.titleMs, to: now.titleMs, rate: now.rate, visible: now.visible, at: this.parts.now() };
    }
    this.pump();
  }

  /** The playhead stopped, jumped, changed its rate or went out of sight: what was played so far is claimed at once. */
  flush(): void {
    const open = this.open;
    this.cut();
    if (open) this.open = { ...open, from: open.to, rate: 0 };
    this.pump();
  }

  private move(standing: Standing): void {
    if (this.standing === standing) return;
    this.standing = standing;
    this.parts.onStanding(standing);
  }

  private reach(open: Claim & { at: number }, now: Sample): void {
    open.to = Math.max(open.to, now.titleMs ?? 0);
    open.rate = Math.max(open.rate, now.rate);
    open.at = this.parts.now();
  }

  private goesOn(open: Claim & { at: number }, now: Sample, slipMs: number): boolean {
    if (now.titleMs === null || now.visible !== open.visible) return false;
    const moved = now.titleMs - open.to;
    const wall = this.parts.now() - open.at;
    return moved >= -BACK_MS && moved <= wall * Math.max(now.rate, open.rate) + slipMs;
  }

  private cut(): void {
    const open = this.open;
    this.open = null;
    if (!open || open.to - open.from < SHORTEST_MS) return;
    if (this.waiting.length >= WAITING_MAX) this.waiting.shift();
    this.waiting.push(open);
  }

  private due(): Claim | null {
    const first = this.waiting.shift();
    if (first) return first;
    const open = this.open;
    if (!open || !this.lease || this.parts.now() - this.lastSentAt < this.lease.interval_ms) return null;
    if (open.to - open.from < SHORTEST_MS) return null;
    const claim = { from: open.from, to: open.to, rate: open.rate, visible: open.visible };
    open.from = open.to;
    open.rate = 0;
    return claim;
  }

  private pump(): void {
    if (this.standing === 'off' && this.lease && this.parts.now() - this.askedAt >= ASK_AGAIN_MS) this.ask();
    if (this.standing !== 'held' || !this.lease) return;
    if (this.flying) return this.resend(this.flying, this.lease);
    const claim = this.due();
    if (!claim) return;
    const beat: Beat = {
      t: 'beat',
      session: this.lease.session,
      seq: ++this.seq,
      nonce: this.nonce,
      from_ms: claim.from,
      to_ms: claim.to,
      rate: claim.rate,
      visible: claim.visible,
      playing: true,
    };
    this.lastSentAt = this.parts.now();
    this.flying = { beat, at: this.lastSentAt };
    this.parts.send(beat);
  }

  private resend(flying: { beat: Beat; at: number }, lease: Lease): void {
    if (this.parts.now() - flying.at < lease.interval_ms * RESEND_INTERVALS) return;
    flying.at = this.parts.now();
    this.parts.send(flying.beat);
  }
}
