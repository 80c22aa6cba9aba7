import { beforeEach, describe, expect, it } from 'vitest';
import { Link, type LinkState, type Wire } from '../src/api/link';
import type { FromServer } from '../src/api/protocol';
import { FakeClock } from './clock';

class FakeWire implements Wire {
  sent: unknown[] = [];
  closed = false;
  onopen: Wire['onopen'] = null;
  onmessage: Wire['onmessage'] = null;
  onclose: Wire['onclose'] = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const welcome = { t: 'welcome', you: {}, members: 1, history: [], hands: [], state: null, now_ms: 1 };
let clock: FakeClock;
let wires: FakeWire[];
let states: LinkState[];
let heard: FromServer[];
let asked: boolean[];
let passFails: boolean;
let link: Link;
const last = () => wires[wires.length - 1] as FakeWire;

beforeEach(async () => {
  clock = new FakeClock();
  wires = [];
  states = [];
  heard = [];
  asked = [];
  passFails = false;
  link = new Link({
    open: () => {
      wires.push(new FakeWire());
      return last();
    },
    join: async (fresh) => {
      asked.push(fresh);
      if (passFails) throw new Error('no pass');
      return { title: 't1', pass: 'p' };
    },
    onMessage: (message) => heard.push(message),
    onState: (state) => states.push(state),
    clock,
    random: () => 1,
  });
  link.start();
  await clock.pass(0);
});

async function joined(): Promise<void> {
  last().onopen?.();
  last().says(welcome);
  await clock.pass(0);
}

describe('the link', () => {
  it('joins first of all and is open when it is welcomed', async () => {
    await joined();
    expect(last().sent).toEqual([{ t: 'join', title: 't1', pass: 'p' }]);
    expect(states).toEqual(['connecting', 'open']);
  });

  it('sends nothing before it is welcomed', () => {
    last().onopen?.();
    expect(link.send({ t: 'watch' })).toBe(false);
    expect(last().sent).toHaveLength(1);
  });

  it('comes back after ever longer pauses, and from the first pause again once welcomed', async () => {
    await joined();
    for (const pause of [500, 1000, 2000, 4000]) {
      last().onclose?.({ code: 1006 });
      const before = wires.length;
      await clock.pass(pause - 1);
      expect(wires).toHaveLength(before);
      await clock.pass(1);
      expect(wires).toHaveLength(before + 1);
    }
    await joined();
    last().onclose?.({ code: 1006 });
    await clock.pass(500);
    expect(wires).toHaveLength(6);
  });

  it('never pauses longer than a quarter of a minute', async () => {
    for (let i = 0; i < 12; i++) {
      const before = wires.length;
      last().onclose?.({ code: 1006 });
      await clock.pass(15_000);
      expect(wires.length).toBeGreaterThan(before);
    }
  });

  it('asks for a fresh pass when the last was refused', async () => {
    last().onclose?.({ code: 4403 });
    await clock.pass(1000);
    expect(asked).toEqual([false, true]);
  });

  it('told that it was too much does not hurry back', async () => {
    await joined();
    last().onclose?.({ code: 1008 });
    await clock.pass(14_000);
    expect(wires).toHaveLength(1);
    await clock.pass(1000);
    expect(wires).toHaveLength(2);
  });

  it('replaced by a newer page stays away until it is wanted here again', async () => {
    await joined();
    last().onclose?.({ code: 4409 });
    await clock.pass(600_000);
    expect(wires).toHaveLength(1);
    expect(link.state).toBe('replaced');
    link.retryNow();
    await clock.pass(0);
    expect(wires).toHaveLength(2);
  });

  it('in doubt pings at once and gives up sooner; a word back keeps it', async () => {
    await joined();
    link.doubt();
    expect(last().sent[1]).toMatchObject({ t: 'ping' });
    last().says({ t: 'pong', at: 1, now_ms: 2 });
    await clock.pass(5000);
    expect(states[states.length - 1]).toBe('open');
    link.doubt();
    await clock.pass(3000);
    expect(states[states.length - 1]).toBe('waiting');
  });

  it('pings when it hears nothing, and gives up a line that stays silent', async () => {
    await joined();
    await clock.pass(20_000);
    expect(last().sent[1]).toMatchObject({ t: 'ping' });
    last().says({ t: 'pong', at: 1, now_ms: 2 });
    await clock.pass(20_000);
    await clock.pass(10_500);
    expect(wires[0]?.closed).toBe(true);
    expect(wires).toHaveLength(2);
  });

  it('tries again when no pass is to be had', async () => {
    passFails = true;
    last().onclose?.({ code: 1006 });
    await clock.pass(500);
    expect(link.state).toBe('waiting');
    passFails = false;
    await clock.pass(1000);
    expect(wires).toHaveLength(2);
  });

  it('drops what does not parse', async () => {
    await joined();
    last().onmessage?.({ data: '{"t":' });
    last().onmessage?.({ data: '[1]' });
    last().onmessage?.({ data: 'null' });
    expect(heard.map((m) => m.t)).toEqual(['welcome']);
  });

  it('once stopped hears and does nothing more', async () => {
    await joined();
    const wire = last();
    link.stop();
    expect(wire.closed).toBe(true);
    await clock.pass(600_000);
    expect(wires).toHaveLength(1);
    expect(link.state).toBe('off');
  });
});
