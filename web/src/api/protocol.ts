/** jiangtang.v1: what travels over /ws. Texts that do not parse to an object with a "t" are dropped here. */
import type { ClassState, Refused, Span } from './types';

export interface Said {
  t: 'said';
  seq: number;
  at_ms: number;
  programme_ms: number;
  person: number;
  name: string;
  host: boolean;
  text: string;
  id?: string;
}

export interface Hand {
  person: number;
  name: string;
  at_ms: number;
}

/** Where in the class, and by whom, something was done. */
export interface Deed {
  at_ms: number;
  /** UTC of the picture then; 0: there was none. */
  programme_ms: number;
  person: number;
  name: string;
  text: string;
}

export interface Question extends Deed {
  id: number;
  state: 'open' | 'answered';
  votes: number;
  /** Its text is "" when it was given aloud. */
  answer: Deed | null;
}

/** The open ones, the last answered ones, whether there are older ones, and which ones one has voted for. */
export interface Board {
  open: Question[];
  answered: Question[];
  more: boolean;
  voted: number[];
}

export interface Welcome {
  t: 'welcome';
  you: { person: number; name: string; host: boolean };
  members: number;
  hands_up: number;
  history: Said[];
  hands: Hand[];
  /** Open ones. */
  questions?: number;
  state: ClassState | null;
  /** UTC of title time 0; missing before the first frame. */
  epoch_ms?: number;
  /** When an interrupted class is closed unless its publisher comes back; 0 while it has one. */
  kept_until_ms?: number;
  now_ms: number;
}

export interface Lease {
  t: 'lease';
  session: string;
  nonce: string;
  interval_ms: number;
  covered: Span[];
  covered_ms: number;
  credited_ms: number;
  content_ms: number;
  resume_ms: number;
  rate_max: number;
  complete?: boolean;
}

export interface Ack {
  t: 'ack';
  seq: number;
  nonce: string;
  credited_ms: number;
  covered_ms: number;
  content_ms: number;
  gained_ms: number;
  refused: Refused[];
  complete: boolean;
}

export interface Beat {
  t: 'beat';
  session: string;
  seq: number;
  nonce: string;
  from_ms: number;
  to_ms: number;
  rate: number;
  visible: boolean;
  playing: boolean;
}

/** How the publisher is doing; to hosts. Numbers that are not known are 0 or missing (server/api/PROTOCOL.md). */
export interface Health {
  t: 'health';
  /** "" when nobody publishes any more. */
  publisher: string;
  /** Of a browser that publishes: the last part of its session's address. */
  session?: string;
  media?: {
    video_bps: number;
    audio_bps: number;
    fps_milli: number;
    key_ms: number;
    ahead_ms: number;
    late_ms: number;
    skipped: number;
    width: number;
    height: number;
    codecs: string;
    sound_rate: number;
    sound_channels: number;
    b_frames: boolean;
  };
  way?: {
    rtt_ms: number;
    latency_ms: number;
    packets: number;
    lost: number;
    retransmitted: number;
    dropped: number;
  };
}

export type FromServer =
  | Welcome
  | Said
  | Lease
  | Ack
  | { t: 'hands'; count: number; hands?: Hand[] }
  | { t: 'hand'; up: boolean; mine?: boolean; person?: number; name?: string; at_ms?: number }
  | Health
  | ({ t: 'questions' } & Board)
  | { t: 'question'; question: Question | { id: number; state: 'removed' }; questions: number; id?: string }
  | { t: 'votes'; votes: [question: number, votes: number][] }
  | { t: 'voted'; question: number; up: boolean }
  | { t: 'members'; count: number }
  | { t: 'state'; state: ClassState; epoch_ms?: number; kept_until_ms?: number }
  | { t: 'chapters' }
  | { t: 'cut' }
  | { t: 'plan'; title: string; planned_ms: number; planned_minutes: number }
  | { t: 'pong'; at: number; now_ms: number }
  | { t: 'lease_lost'; reason: string }
  | { t: 'completed'; certificate?: { id: string } | null; course?: { id: string; title: string } }
  | { t: 'error'; code: string; detail?: string; retry_ms?: number; id?: string };

export type ToServer =
  | { t: 'join'; title: string; pass: string }
  | { t: 'say'; text: string; id: string }
  | { t: 'hand'; up: boolean; person?: number }
  | { t: 'questions'; id?: string }
  | { t: 'ask'; text: string; id?: string }
  | { t: 'vote'; question: number; up: boolean; id?: string }
  | { t: 'answer'; question: number; text?: string; aloud?: boolean; id?: string }
  | { t: 'reopen' | 'remove'; question: number; id?: string }
  | { t: 'ping'; at: number }
  | { t: 'watch' }
  | { t: 'leave_watch' }
  | Beat;

/** Close codes the link treats in its own way; any other is a lost line. */
export const CLOSE_TOO_MUCH = 1008;
export const CLOSE_PASS_REFUSED = 4403;
export const CLOSE_REPLACED = 4409;

export function parse(text: string): FromServer | null {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null) return null;
    return typeof (message as { t?: unknown }).t === 'string' ? (message as FromServer) : null;
  } catch {
    return null;
  }
}
