// A learner without a browser: takes a pass, fetches media as a player does, talks on the socket, sends beats.
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { until, wait } from './house.mjs';

export class Learner {
  constructor(house, titleId, session) {
    Object.assign(this, { house, titleId, token: session?.token, seq: 0, heard: [], closed: null });
  }

  async takePass() {
    const { pass } = await this.house.api('POST', `/api/v1/titles/${this.titleId}/pass`, { token: this.token, status: 200 });
    this.pass = pass;
    return this;
  }

  /** GET below /media/<title>/ with the pass. */
  async media(name, headers = {}) {
    const joint = name.includes('?') ? '&' : '?';
    return fetch(`${this.house.url}/media/${this.titleId}/${name}${joint}pass=${this.pass}`, { headers });
  }

  /** The whole segments of a rendition: [{ uri, from, to }] in title milliseconds; names without the pass. */
  async segments(rendition, { epoch }) {
    const text = await (await this.media(`${rendition}/dvr.m3u8`)).text();
    const segments = [];
    let at = null, duration = 0;
    for (const line of text.split('\n')) {
      if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) at = Date.parse(line.slice(25)) - epoch;
      else if (line.startsWith('#EXTINF:')) duration = parseFloat(line.slice(8)) * 1000;
      else if (line && !line.startsWith('#')) {
        segments.push({ uri: line.split('?')[0], from: Math.round(at), to: Math.round(at + duration) });
        at += duration;
      }
    }
    return segments;
  }

  /** Downloads whole segments, so that they count as delivered. */
  async fetchSegments(rendition, segments) {
    for (const segment of segments) {
      const answer = await this.media(`${rendition}/${segment.uri}`);
      assert.equal(answer.status, 200, segment.uri);
      await answer.arrayBuffer();
    }
  }

  async join() {
    this.socket = new WebSocket(this.house.url.replace('http', 'ws') + '/ws', 'jiangtang.v1', { perMessageDeflate: false });
    this.socket.on('message', (bytes) => this.heard.push(JSON.parse(bytes)));
    this.socket.on('close', (code) => (this.closed = code));
    this.socket.on('error', () => {});
    await new Promise((done, fail) => {
      this.socket.once('open', done);
      this.socket.once('error', fail);
    });
    this.send({ t: 'join', title: this.titleId, pass: this.pass });
    return this.hear('welcome');
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  /** The next message of this kind that fits; taken out of what was heard. */
  async hear(kind, fits = () => true, deadlineMs = 10_000) {
    return until(`a message "${kind}" (heard: ${this.heard.map((m) => m.t).slice(-8)}, closed ${this.closed})`, () => {
      const i = this.heard.findIndex((message) => message.t === kind && fits(message));
      return i >= 0 && this.heard.splice(i, 1)[0];
    }, deadlineMs);
  }

  async watch() {
    this.send({ t: 'watch' });
    this.lease = await this.hear('lease');
    this.seq = 0;
    this.nonce = this.lease.nonce;
    return this.lease;
  }

  /** One beat for [from, to) of title time; the ack. */
  async beat(from, to, more = {}) {
    const beat = { t: 'beat', session: this.lease.session, seq: ++this.seq, nonce: this.nonce, from_ms: from, to_ms: to };
    this.send({ ...beat, rate: 1, visible: true, playing: true, ...more });
    const ack = await this.hear('ack', (message) => message.seq === this.seq);
    this.nonce = ack.nonce;
    return ack;
  }

  /** Watches [from, to) honestly: in real time, a beat each interval. The last ack. */
  async watchHonestly(from, to, { rate = 1, interval = this.lease.interval_ms } = {}) {
    let ack;
    for (let at = from; at < to; ) {
      const step = Math.min(interval * rate, to - at);
      await wait(step / rate);
      ack = await this.beat(at, at + step, { rate });
      at += step;
    }
    return ack;
  }

  leave() {
    this.socket?.terminate();
  }
}
