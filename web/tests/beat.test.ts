import { beforeEach, describe, expect, it } from 'vitest';
import type { Ack, Beat, Lease } from '../src/api/protocol';
import { BeatSession, type Standing } from '../src/core/beat';

let now = 0;
let sent: (Beat | { t: 'watch' })[] = [];
let standings: Standing[] = [];
let open = true;
let session: BeatSession;

const beats = () => sent.filter((m): m is Beat => m.t === 'beat');
const lease = (id = 's1'): Lease => ({
  t: 'lease',
  session: id,
  nonce: `${id}-0`,
  interval_ms: 5000,
  covered: [],
  covered_ms: 0,
  credited_ms: 0,
  content_ms: 0,
  resume_ms: 0,
  rate_max: 2,
});
const ack = (seq: number, nonce = `n${seq}`): Ack => ({
  t: 'ack',
  seq,
  nonce,
  credited_ms: 0,
  covered_ms: 0,
  content_ms: 0,
  gained_ms: 0,
  refused: [],
  complete: false,
});

/** Plays from `from` for `ms`, sampled four times a second. */
function play(from: number, ms: number, rate = 1, visible = true): number {
  for (let t = 0; t <= ms; t += 250) {
    session.sample({ titleMs: from + t * rate, rate, playing: true, visible });
    if (t < ms) now += 250;
  }
  return from + ms * rate;
}

beforeEach(() => {
  now = 1_000_000;
  sent = [];
  standings = [];
  open = true;
  session = new BeatSession({
    send: (message) => {
      if (open) sent.push(message);
      return open;
    },
    now: () => now,
    onStanding: (s) => standings.push(s),
    onAck: () => undefined,
  });
  session.ask();
  session.granted(lease());
});

describe('a beat', () => {
  it('claims what was played since the last one, once per interval', () => {
    play(60_000, 5000);
    expect(beats()).toMatchObject([{ seq: 1, nonce: 's1-0', session: 's1', from_ms: 60_000, to_ms: 65_000, rate: 1 }]);
  });

  it('waits for the answer to the one before and takes its nonce', () => {
    const at = play(0, 8000);
    expect(beats()).toHaveLength(1);
    session.answered(ack(1, 'abc'));
    play(at, 3000);
    expect(beats()[1]).toMatchObject({ seq: 2, nonce: 'abc', from_ms: 5000, to_ms: 10_000 });
  });

  it('never spans a jump of the playhead', () => {
    play(0, 2000);
    play(90_000, 1000);
    session.flush();
    session.answered(ack(1));
    expect(beats().map((b) => [b.from_ms, b.to_ms])).toEqual([
      [0, 2000],
      [90_000, 91_000],
    ]);
  });

  it('never spans a hole in title time', () => {
    play(0, 1000);
    play(61_000, 1000);
    session.flush();
    expect(beats()[0]).toMatchObject({ from_ms: 0, to_ms: 1000 });
  });

  it('goes at once when playing stops, and says nothing while it stands', () => {
    play(0, 1500);
    session.sample({ titleMs: 1500, rate: 1, playing: false, visible: true });
    expect(beats()).toMatchObject([{ from_ms: 0, to_ms: 1500 }]);
    session.answered(ack(1));
    now += 60_000;
    session.sample({ titleMs: 1500, rate: 1, playing: false, visible: true });
    expect(beats()).toHaveLength(1);
  });

  it('reaches to where it stopped, but not over the jump that stopped it', () => {
    play(0, 1000);
    now += 200;
    session.sample({ titleMs: 1200, rate: 1, playing: false, visible: true });
    session.answered(ack(1));
    play(5000, 1000);
    now += 100;
    session.sample({ titleMs: 8000, rate: 1, playing: false, visible: true });
    expect(beats().map((b) => [b.from_ms, b.to_ms])).toEqual([
      [0, 1200],
      [5000, 6000],
    ]);
  });

  it('goes on where the last one was cut while it plays', () => {
    const at = play(0, 1000);
    session.flush();
    session.answered(ack(1));
    play(at + 250, 1000, 2);
    session.flush();
    expect(beats().map((b) => [b.from_ms, b.to_ms, b.rate])).toEqual([
      [0, 1000, 1],
      [1000, 3250, 2],
    ]);
  });

  it('tells apart what was played in sight and out of sight', () => {
    const at = play(0, 2000);
    play(at, 2000, 1, false);
    session.answered(ack(1));
    session.flush();
    expect(beats().map((b) => b.visible)).toEqual([true, false]);
  });

  it('claims the highest rate it saw: catching up with the live edge cuts no span', () => {
    let at = play(0, 1000, 1);
    at = play(at, 1000, 1.4);
    session.flush();
    expect(beats()).toMatchObject([{ from_ms: 0, to_ms: at, rate: 1.4 }]);
  });

  it('is sent again unchanged when no answer comes', () => {
    const at = play(0, 5000);
    play(at, 10_000);
    expect(beats()).toHaveLength(2);
    expect(beats()[1]).toEqual(beats()[0]);
  });

  it('is not sent without a lease, nor for a title time that is not known', () => {
    session.lost('other_device');
    play(0, 9000);
    for (let i = 0; i < 40; i++) {
      now += 250;
      session.sample({ titleMs: null, rate: 1, playing: true, visible: true });
    }
    expect(beats()).toHaveLength(0);
  });

  it('of another seq than the one in flight answers nothing', () => {
    const at = play(0, 5000);
    session.answered(ack(7));
    play(at, 4000);
    expect(beats()).toHaveLength(1);
  });
});

describe('the lease', () => {
  it('lost to another device stays lost until it is asked for', () => {
    session.lost('other_device');
    play(0, 20_000);
    expect(session.standing).toBe('elsewhere');
    session.lineLost();
    expect(session.standing).toBe('elsewhere');
    session.ask();
    expect(sent[sent.length - 1]).toEqual({ t: 'watch' });
  });

  it('lost by a broken chain is asked for again, but not in a storm', () => {
    now += 10_000;
    session.lost('sequence');
    expect(sent.filter((m) => m.t === 'watch')).toHaveLength(2);
    session.granted(lease('s2'));
    session.lost('sequence');
    expect(session.standing).toBe('off');
    play(0, 4750);
    expect(sent.filter((m) => m.t === 'watch')).toHaveLength(2);
    play(4750, 500);
    expect(sent.filter((m) => m.t === 'watch')).toHaveLength(3);
  });

  it('granted anew starts a new chain and carries fifteen seconds over', () => {
    const at = play(0, 5000);
    open = false;
    session.lineLost();
    const after = play(at, 20_000);
    open = true;
    session.ask();
    session.granted(lease('s2'));
    play(after, 5000);
    expect(beats()[beats().length - 1]).toMatchObject({
      session: 's2',
      seq: 1,
      nonce: 's2-0',
      from_ms: after - 15_000,
      to_ms: after + 5000,
    });
  });

  it('granted anew claims what a short break left unanswered, whole', () => {
    const at = play(0, 5000);
    open = false;
    session.lineLost();
    const after = play(at, 6000);
    open = true;
    session.ask();
    session.granted(lease('s2'));
    play(after, 5000);
    expect(beats()[beats().length - 1]).toMatchObject({ session: 's2', from_ms: 0, to_ms: after + 5000 });
  });

  it('is told about in order', () => {
    session.lost('other_device');
    session.ask();
    session.granted(lease('s2'));
    session.lineLost();
    expect(standings).toEqual(['asking', 'held', 'elsewhere', 'asking', 'held', 'off']);
  });
});

it('claims of any course of playing never overlap and never exceed what was played', () => {
  let seed = 7;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  let played = 0;
  let at = 0;
  for (let i = 0; i < 400; i++) {
    const what = random();
    if (what < 0.6) {
      const ms = 250 * (1 + Math.floor(random() * 12));
      at = play(at, ms);
      played += ms;
    } else if (what < 0.75) {
      at += 10_000 + Math.floor(random() * 50_000);
    } else if (what < 0.85) {
      session.sample({ titleMs: at, rate: 1, playing: false, visible: true });
      now += 4000;
    } else {
      session.flush();
    }
    const last = beats()[beats().length - 1];
    if (last && random() < 0.8) session.answered(ack(last.seq));
  }
  const unique = [...new Map(beats().map((b) => [b.seq, b])).values()].sort((a, b) => a.seq - b.seq);
  let end = 0;
  let claimed = 0;
  for (const beat of unique) {
    expect(beat.from_ms).toBeGreaterThanOrEqual(end);
    expect(beat.to_ms).toBeGreaterThan(beat.from_ms);
    end = beat.to_ms;
    claimed += beat.to_ms - beat.from_ms;
  }
  expect(claimed).toBeLessThanOrEqual(played);
  expect(unique.map((b) => b.seq)).toEqual(unique.map((_, i) => i + 1));
});
