/**
 * One camera's way to the server over WebRTC (WHIP, RFC 9725) that comes back by itself.
 *
 * Every attempt is a new offer with the class's key: the server takes no ICE restarts, and lets the newer session take
 * over from the older when its first picture arrives. When a session has ended without us, it asks whether somebody
 * else publishes now, and does not fight for the place. It knows no components, and of the page only fetch.
 */
import { realClock, type Clock } from '../core/clock';
import { iceServers } from './ice_servers';

export type SenderState = 'off' | 'connecting' | 'sending' | 'resuming' | 'taken' | 'refused';
/** Why it is not sending: no way to the server, none for the media, it is full, it does not take the class now; or for good. */
export type SenderWhy = '' | 'network' | 'media' | 'busy' | 'refuses' | 'key' | 'over' | 'codec';

export interface SenderParts {
  url: string;
  key(): string;
  /** Does anybody publish this class now? */
  occupied(): Promise<boolean>;
  onState(state: SenderState, why: SenderWhy): void;
  clock?: Clock;
}

export interface Tracks {
  video: MediaStreamTrack;
  /** Null: no sound, for now. */
  audio: MediaStreamTrack | null;
}

const ASK_MS = 10_000; // for one answer over HTTP
const CONNECT_MS = 12_000; // from the answer to the first packet through
const DOUBT_MS = 2500; // a short hole in the network mends itself
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 10_000;
const FRAMES_MAX = 30;
const SOUND_BPS = 64_000;

/** No further attempt would be answered otherwise. */
const FOR_GOOD: Readonly<Record<number, SenderWhy>> = { 400: 'codec', 401: 'key', 404: 'over', 406: 'codec', 415: 'codec', 422: 'codec' };
const NOT_NOW = 409; // a class that has failed takes nobody for a minute

export class Sender {
  state: SenderState = 'off';
  private why: SenderWhy = '';
  private peer: RTCPeerConnection | null = null;
  private session: { url: string; etag: string } | null = null;
  private tracks: Tracks | null = null;
  private turn = 0; // of attempts: what an older one still hears is nobody's
  private tries = 0;
  private begun = false;
  private owned = false; // the server has said that our session is the publisher
  private timer = 0;
  private readonly clock: Clock;

  /** `bitrate`: most bits of picture a second. */
  constructor(
    private readonly parts: SenderParts,
    private bitrate: number,
  ) {
    this.clock = parts.clock ?? realClock;
  }

  start(tracks: Tracks): void {
    this.tracks = tracks;
    this.tries = 0;
    void this.attempt();
  }

  /** Another picture or sound on the same way. */
  async replace(kind: keyof Tracks, track: MediaStreamTrack | null): Promise<void> {
    if (!this.tracks || (kind === 'video' && !track)) return;
    this.tracks = { ...this.tracks, [kind]: track };
    await this.wayOf(kind)?.replaceTrack(track);
  }

  /** From the next picture on, and for every later offer. */
  async setBitrate(bitrate: number): Promise<void> {
    this.bitrate = bitrate;
    const way = this.wayOf('video');
    const how = way?.getParameters();
    for (const encoding of how?.encodings ?? []) encoding.maxBitrate = bitrate;
    if (how) await way?.setParameters(how).catch(() => undefined); // not negotiated yet: the next offer says it
  }

  /** The network is back, or the person does not want to wait. Who was taken over or refused stays so. */
  networkBack(): void {
    if (this.state === 'resuming' || this.state === 'connecting') this.again();
    else if (this.state === 'sending' && this.peer?.connectionState !== 'connected') void this.lost();
  }

  /** Only a person may want this: another device may be sending now. */
  takeBack(): void {
    if (this.state === 'taken' || this.state === 'refused') void this.attempt();
  }

  /** Who publishes, as the server tells: "" for nobody; `session` where it is a browser. */
  heard(publisher: string, session: string): void {
    if (this.state !== 'sending' || !publisher) return;
    const ours = !!session && !!this.session?.url.endsWith(`/${session}`);
    if (this.owned && !ours) void this.lost();
    else this.owned = ours;
  }

  stop(): void {
    const { session } = this;
    this.turn++;
    this.drop();
    this.session = null;
    this.begun = false;
    this.move('off');
    if (session) void this.ask('DELETE', session.url, { keepalive: true }).catch(() => undefined);
  }

  private wayOf(kind: keyof Tracks): RTCRtpSender | undefined {
    return this.peer?.getTransceivers().find((one) => one.receiver.track.kind === kind)?.sender;
  }

  private move(state: SenderState, why: SenderWhy = ''): void {
    if (this.state === state && this.why === why) return;
    this.state = state;
    this.why = why;
    this.parts.onState(state, why);
  }

  private drop(): void {
    this.clock.cancel(this.timer);
    const { peer } = this;
    this.peer = null;
    this.owned = false;
    if (!peer) return;
    peer.onconnectionstatechange = null;
    peer.close();
  }

  private async attempt(): Promise<void> {
    const turn = ++this.turn;
    this.drop();
    this.move(this.begun ? 'resuming' : 'connecting', this.why);
    try {
      await this.negotiate(turn);
    } catch {
      if (turn === this.turn) this.retry('network');
    }
  }

  private async negotiate(turn: number): Promise<void> {
    const servers = iceServers((await this.ask('OPTIONS', this.parts.url)).headers.get('Link'));
    if (turn !== this.turn) return;
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: servers });
    this.peer = peer;
    if (!this.fill(peer)) return this.refuse('codec');
    await peer.setLocalDescription();
    const answer = await this.ask('POST', this.parts.url, { type: 'application/sdp', body: peer.localDescription?.sdp ?? '' });
    const session = { url: answer.headers.get('Location') ?? '', etag: answer.headers.get('ETag') ?? '' };
    const sdp = await answer.text();
    if (turn !== this.turn) return void (answer.status === 201 && this.ask('DELETE', session.url).catch(() => undefined));
    if (answer.status !== 201) return this.turnedAway(answer.status);
    this.session = session;
    peer.onconnectionstatechange = () => this.moved(peer);
    this.timer = this.clock.after(CONNECT_MS, () => this.retry('media'));
    await peer.setRemoteDescription({ type: 'answer', sdp });
  }

  /** What is sent, and how. False: this browser has no H.264. */
  private fill(peer: RTCPeerConnection): boolean {
    const { tracks } = this;
    const codecs = RTCRtpSender.getCapabilities?.('video')?.codecs ?? [];
    const ours = codecs.filter((one) => /^video\/(h264|rtx)$/i.test(one.mimeType));
    if (!tracks || !ours.some((one) => /h264/i.test(one.mimeType))) return false;
    const streams = [new MediaStream()];
    const picture = peer.addTransceiver(tracks.video, {
      direction: 'sendonly',
      streams,
      sendEncodings: [{ maxBitrate: this.bitrate, maxFramerate: FRAMES_MAX }],
    });
    picture.setCodecPreferences?.(ours);
    peer.addTransceiver(tracks.audio ?? 'audio', { direction: 'sendonly', streams, sendEncodings: [{ maxBitrate: SOUND_BPS }] });
    const how = picture.sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string };
    how.degradationPreference = 'maintain-resolution'; // a smaller picture is a break in every learner's player
    void picture.sender.setParameters(how).catch(() => undefined); // where it is not known, the browser decides
    return true;
  }

  private moved(peer: RTCPeerConnection): void {
    if (peer !== this.peer) return;
    this.clock.cancel(this.timer);
    if (peer.connectionState === 'connected') {
      this.tries = 0;
      this.begun = true;
      this.move('sending');
    } else if (peer.connectionState === 'failed' || peer.connectionState === 'closed') {
      void this.lost();
    } else {
      const doubted = peer.connectionState === 'disconnected';
      this.timer = this.clock.after(doubted ? DOUBT_MS : CONNECT_MS, () => (doubted ? void this.lost() : this.retry('media')));
    }
  }

  /** The way is gone. Was it the network, or somebody else? */
  private async lost(): Promise<void> {
    const turn = ++this.turn;
    this.drop();
    this.move(this.begun ? 'resuming' : 'connecting', 'network');
    try {
      const status = await this.sessionStatus();
      const taken = status === 404 && (await this.parts.occupied());
      if (turn !== this.turn) return;
      if (taken) this.giveUp();
      else void this.attempt();
    } catch {
      if (turn === this.turn) this.retry('network');
    }
  }

  private giveUp(): void {
    this.session = null; // taken back, the place is not asked for again
    this.move('taken');
  }

  /** Nothing is said with it: 204 means that the server still knows our session. */
  private async sessionStatus(): Promise<number> {
    const { session } = this;
    if (!session) return 0;
    const body = 'a=end-of-candidates\r\n';
    const answer = await this.ask('PATCH', session.url, { type: 'application/trickle-ice-sdpfrag', body, etag: session.etag });
    return answer.status;
  }

  private turnedAway(status: number): void {
    const why = FOR_GOOD[status];
    if (why) this.refuse(why);
    else this.retry(status === NOT_NOW ? 'refuses' : 'busy');
  }

  private refuse(why: SenderWhy): void {
    this.turn++;
    this.drop();
    this.move('refused', why);
  }

  private retry(why: SenderWhy): void {
    this.turn++;
    this.drop();
    this.move(this.begun ? 'resuming' : 'connecting', why);
    const pause = Math.min(RETRY_FIRST_MS * 2 ** this.tries++, RETRY_MAX_MS);
    this.timer = this.clock.after(pause, () => this.again());
  }

  /** Without a word from the server somebody else may have taken the place meanwhile: that is asked first. */
  private again(): void {
    if (this.begun && this.why === 'network') void this.lost();
    else void this.attempt();
  }

  private async ask(
    method: string,
    url: string,
    with_: { type?: string; body?: string; etag?: string; keepalive?: boolean } = {},
  ): Promise<Response> {
    const abort = new AbortController();
    const timer = this.clock.after(ASK_MS, () => abort.abort());
    const headers: Record<string, string> = { Authorization: `Bearer ${this.parts.key()}` };
    if (with_.type) headers['Content-Type'] = with_.type;
    if (with_.etag) headers['If-Match'] = with_.etag;
    try {
      return await fetch(url, { method, headers, body: with_.body, keepalive: with_.keepalive, signal: abort.signal });
    } finally {
      this.clock.cancel(timer);
    }
  }
}
