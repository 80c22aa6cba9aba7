import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Sender, type SenderState } from '../src/media/sender';
import { FakeClock } from './clock';

const MOST = 2_000_000;

/** As much of a connection as the sender uses; `connect` is what the network does. */
class Peer {
  static all: Peer[] = [];
  connectionState = 'new';
  localDescription = { sdp: 'v=0' };
  onconnectionstatechange: (() => void) | null = null;
  readonly ways: { receiver: { track: { kind: string } }; sender: Way; setCodecPreferences(): void }[] = [];
  constructor() {
    Peer.all.push(this);
  }
  addTransceiver(track: { kind: string } | string, { sendEncodings }: { sendEncodings: Encoding[] }) {
    const kind = typeof track === 'string' ? track : track.kind;
    const way = { receiver: { track: { kind } }, sender: new Way(sendEncodings), setCodecPreferences: () => undefined };
    this.ways.push(way);
    return way;
  }
  getTransceivers = () => this.ways;
  setLocalDescription = async () => undefined;
  setRemoteDescription = async () => undefined;
  close = () => this.turn('closed');
  turn(state: string) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
  get most() {
    return this.ways.find((way) => way.receiver.track.kind === 'video')?.sender.how.encodings[0]?.maxBitrate;
  }
}

type Encoding = { maxBitrate: number };
class Way {
  how: { encodings: Encoding[] };
  constructor(encodings: Encoding[]) {
    this.how = { encodings };
  }
  getParameters = () => structuredClone(this.how);
  setParameters = async (how: { encodings: Encoding[] }) => void (this.how = how);
  replaceTrack = async () => undefined;
}

let clock: FakeClock;
let moves: string[];
let sender: Sender;
/** What the server answers, and who publishes there. Null: it cannot be reached. */
let offer: number | null;
let patch: number | null;
let occupied: boolean;
const last = () => Peer.all[Peer.all.length - 1]!;
const tracks = { video: { kind: 'video' }, audio: { kind: 'audio' } } as unknown as Parameters<Sender['start']>[0];

beforeEach(() => {
  [Peer.all, moves, offer, patch, occupied] = [[], [], 201, 204, false];
  clock = new FakeClock();
  vi.stubGlobal('RTCPeerConnection', Peer);
  vi.stubGlobal('RTCRtpSender', { getCapabilities: () => ({ codecs: [{ mimeType: 'video/H264' }] }) });
  vi.stubGlobal('MediaStream', class {});
  vi.stubGlobal('fetch', async (_url: string, { method }: { method: string }) => {
    const status = method === 'POST' ? offer : method === 'PATCH' ? patch : offer === null ? null : 204;
    if (status === null) throw new TypeError('no way');
    return new Response(status === 204 ? null : 'v=0', { status, headers: { Location: '/whip/c/s', ETag: '"e"' } });
  });
  const onState = (state: SenderState, why: string) => moves.push(why ? `${state} ${why}` : state);
  sender = new Sender({ url: '/whip/c', key: () => 'key', occupied: async () => occupied, onState, clock }, MOST);
});
afterEach(() => vi.unstubAllGlobals());

async function sending(): Promise<void> {
  sender.start(tracks);
  await clock.pass(0);
  last().turn('connected');
  expect(sender.state).toBe('sending');
}

/** The server says that our session is over, and whether another device publishes. */
async function lost(other: boolean): Promise<void> {
  [patch, occupied] = [404, other];
  last().turn('failed');
  await clock.pass(0);
}

describe('a camera\'s way to the server', () => {
  it('taken over, it does not come back with the network, but when the person says so', async () => {
    await sending();
    await lost(true);
    expect(sender.state).toBe('taken');
    const before = Peer.all.length;
    sender.networkBack();
    await clock.pass(60_000);
    expect([sender.state, Peer.all.length]).toEqual(['taken', before]);
    sender.takeBack();
    await clock.pass(0);
    last().turn('connected');
    expect([sender.state, Peer.all.length]).toEqual(['sending', before + 1]);
  });

  it('refused for good, it does not come back with the network either', async () => {
    offer = 401;
    sender.start(tracks);
    await clock.pass(0);
    sender.networkBack();
    await clock.pass(60_000);
    expect([moves, Peer.all.length]).toEqual([['connecting', 'refused key'], 1]);
  });

  it('with the network back it goes on at once', async () => {
    await sending();
    [offer, patch] = [null, null];
    last().turn('failed');
    await clock.pass(30_000);
    expect(sender.state).toBe('resuming');
    const before = Peer.all.length;
    [offer, patch] = [201, 404];
    sender.networkBack();
    await clock.pass(0);
    expect(Peer.all.length).toBe(before + 1);
    last().turn('connected');
    expect(sender.state).toBe('sending');
  });

  it('whose place was taken while it had no network leaves it to the other', async () => {
    await sending();
    [offer, patch] = [null, null];
    last().turn('failed');
    await clock.pass(30_000);
    [offer, patch, occupied] = [201, 404, true];
    await clock.pass(15_000);
    expect(sender.state).toBe('taken');
  });

  it('taken back, it is not asked for again, however the network is', async () => {
    await sending();
    await lost(true);
    offer = null;
    sender.takeBack();
    await clock.pass(5000);
    offer = 201;
    await clock.pass(10_000);
    last().turn('connected');
    expect(sender.state).toBe('sending');
  });

  it('waits for a class that takes nobody for a while', async () => {
    offer = 409;
    sender.start(tracks);
    await clock.pass(60_000);
    expect(moves).toEqual(['connecting', 'connecting refuses']);
    offer = 201;
    await clock.pass(10_000);
    last().turn('connected');
    expect(sender.state).toBe('sending');
  });

  it('a bitrate chosen while it sends holds at once, and for every later offer', async () => {
    await sending();
    expect(last().most).toBe(MOST);
    await sender.setBitrate(900_000);
    expect(last().most).toBe(900_000);
    await lost(false);
    expect([Peer.all.length, last().most]).toEqual([2, 900_000]);
  });
});
