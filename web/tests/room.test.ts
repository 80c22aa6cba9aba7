import { beforeEach, describe, expect, it } from 'vitest';
import type { FromServer, Said, ToServer } from '../src/api/protocol';
import { Room } from '../src/core/room';
import { FakeClock } from './clock';

let clock: FakeClock;
let sent: ToServer[];
let online: boolean;
let room: Room;

const said = (seq: number, more: Partial<Said> = {}): Said => ({
  t: 'said',
  seq,
  at_ms: seq,
  programme_ms: 0,
  person: 9,
  name: '周强',
  host: false,
  text: `第 ${seq} 句`,
  ...more,
});
const welcome = (history: Said[]): FromServer => ({
  t: 'welcome',
  you: { person: 7, name: '王建国', host: false },
  members: 3,
  history,
  hands_up: 0,
  hands: [],
  state: 'on_air',
  now_ms: 1,
});
const texts = () => room.rows.value.map((row) => row.text);

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  online = true;
  room = new Room({
    send: (message) => {
      if (online) sent.push(message);
      return online;
    },
    clock,
  });
  room.heard(welcome([said(1), said(2)]));
});

describe('the room', () => {
  it('draws in batches and keeps a hundred rows', async () => {
    for (let seq = 3; seq <= 250; seq++) room.heard(said(seq));
    expect(texts()).toHaveLength(2);
    await clock.pass(250);
    expect(texts()).toHaveLength(100);
    expect(texts()[99]).toBe('第 250 句');
  });

  it('shows nothing twice when it joins again', async () => {
    room.heard(said(3));
    await clock.pass(250);
    room.heard(welcome([said(2), said(3), said(4)]));
    await clock.pass(250);
    expect(room.rows.value.map((row) => row.seq)).toEqual([1, 2, 3, 4]);
  });

  it('replaces own words by their echo', async () => {
    room.say('师傅好');
    const own = sent[0] as { t: 'say'; id: string };
    expect(room.rows.value[2]).toMatchObject({ sending: true, text: '师傅好' });
    room.heard(said(3, { id: own.id, text: '师傅好', person: 7 }));
    await clock.pass(250);
    expect(room.rows.value.filter((row) => row.text === '师傅好')).toMatchObject([{ seq: 3, sending: false }]);
  });

  it('marks what was refused, and sends it again when asked', async () => {
    room.say('快');
    const own = sent[0] as { t: 'say'; id: string };
    room.heard({ t: 'error', code: 'rate_limited', id: own.id, retry_ms: 100 });
    await clock.pass(250);
    expect(room.rows.value[2]).toMatchObject({ failed: 'rate_limited', sending: false });
    room.again(own.id);
    expect(sent[1]).toEqual(sent[0]);
    room.forget(own.id);
    expect(texts()).toEqual(['第 1 句', '第 2 句']);
  });

  it('knows words that got no echo, or no line, as not sent', async () => {
    room.say('一');
    await clock.pass(10_250);
    expect(room.rows.value[2]).toMatchObject({ failed: 'timeout' });
    online = false;
    room.say('二');
    await clock.pass(250);
    expect(room.rows.value[3]).toMatchObject({ failed: 'offline' });
  });

  it('keeps hands in the order they were raised', () => {
    room.heard({ t: 'hand', person: 2, name: '乙', up: true, at_ms: 20 });
    room.heard({ t: 'hand', person: 1, name: '甲', up: true, at_ms: 10 });
    room.heard({ t: 'hand', person: 2, name: '乙', up: true, at_ms: 20 });
    expect(room.hands.value.map((hand) => hand.name)).toEqual(['甲', '乙']);
    room.heard({ t: 'hand', person: 1, name: '甲', up: false, at_ms: 30 });
    expect(room.hands.value.map((hand) => hand.name)).toEqual(['乙']);
    room.heard({ t: 'hands', count: 300 });
    expect(room.hands.value.map((hand) => hand.name)).toEqual(['乙']);
    room.heard({ t: 'hands', count: 301, hands: [{ person: 3, name: '丙', at_ms: 5 }] });
    expect([room.now.handCount, ...room.hands.value.map((hand) => hand.name)]).toEqual([301, '丙']);
    room.heard({ t: 'hand', up: true, mine: true });
    expect(room.now.handUp).toBe(true);
  });
});
