// An RTMP encoder whose every tag the test decides: what no real encoder can be talked into sending.
import net from 'node:net';
import tls from 'node:tls';
import { until, wait } from './house.mjs';

export const AUDIO = 8;
export const VIDEO = 9;
const COMMAND = 20;
const CHUNK = 65536;

/** The tags of an FLV file: [{ type, ms, body }]. */
export function tagsOf(flv) {
  const tags = [];
  for (let at = flv.readUInt32BE(5) + 4; at + 11 <= flv.length; ) {
    const size = flv.readUIntBE(at + 1, 3);
    tags.push({ type: flv[at], ms: flv.readUIntBE(at + 4, 3) + flv[at + 7] * 2 ** 24, body: flv.subarray(at + 11, at + 11 + size) });
    at += 11 + size + 4;
  }
  return tags.filter((tag) => tag.type === AUDIO || tag.type === VIDEO);
}

// ---- AMF0 ----

function text(value) {
  const bytes = Buffer.from(value);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

function amf(value) {
  if (value === null) return Buffer.from([5]);
  if (typeof value === 'string') return Buffer.concat([Buffer.from([2]), text(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  const fields = Object.entries(value).map(([name, of]) => Buffer.concat([text(name), amf(of)]));
  return Buffer.concat([Buffer.from([3]), ...fields, Buffer.from([0, 0, 9])]);
}

/** One message on chunk stream 3, in as few chunks as its size allows; type 0 header, so that any timestamp can follow any. */
function message(type, stream, ms, body, chunk) {
  const stamp = ms >>> 0;
  const far = stamp >= 0xffffff;
  const head = Buffer.alloc(12 + (far ? 4 : 0));
  head[0] = 3;
  head.writeUIntBE(far ? 0xffffff : stamp, 1, 3);
  head.writeUIntBE(body.length, 4, 3);
  head[7] = type;
  head.writeUInt32LE(stream, 8);
  if (far) head.writeUInt32BE(stamp, 12);
  const out = [head, body.subarray(0, chunk)];
  for (let at = chunk; at < body.length; at += chunk) {
    out.push(Buffer.from([0xc3]), far ? head.subarray(12, 16) : Buffer.alloc(0), body.subarray(at, at + chunk));
  }
  return Buffer.concat(out);
}

/** One connection that may publish; `said` is what the server answered, `closed` becomes true when it hangs up. */
export class RtmpEncoder {
  constructor(url) {
    const { protocol, hostname, port, pathname } = new URL(url.replace(/^rtmp/, 'http'));
    [, this.app, this.key] = pathname.split('/');
    this.secure = protocol === 'https:';
    Object.assign(this, { hostname, port: Number(port), said: '', heard: 0, closed: false, chunk: 128 });
  }

  async publish() {
    const to = { port: this.port, host: this.hostname, rejectUnauthorized: false };
    this.socket = this.secure ? tls.connect(to) : net.connect(to);
    this.socket.on('error', () => {});
    this.socket.on('close', () => (this.closed = true));
    this.socket.on('data', (bytes) => {
      this.heard += bytes.length;
      if (this.heard > 1 + 2 * 1536) this.said += bytes.toString('utf8');
    });
    this.socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536, 1)]));
    await until('a handshake', () => this.closed || this.heard >= 1 + 2 * 1536);
    this.socket.write(Buffer.alloc(1536, 2));
    const size = Buffer.alloc(4);
    size.writeUInt32BE(CHUNK);
    this.socket.write(message(1, 0, 0, size, this.chunk));
    this.chunk = CHUNK;
    this.command(0, 'connect', 1, { app: this.app, type: 'nonprivate', flashVer: 'walk/1.0', tcUrl: `rtmp://${this.hostname}/${this.app}` });
    this.command(0, 'createStream', 2, null);
    this.command(1, 'publish', 3, null, this.key, 'live');
    await until('an answer to publish', () => this.closed || /NetStream\.Publish\.(Start|BadName)/.test(this.said));
    return this;
  }

  command(stream, ...values) {
    this.socket.write(message(COMMAND, stream, 0, Buffer.concat(values.map(amf)), this.chunk));
  }

  tag({ type, ms, body }) {
    if (!this.closed) this.socket.write(message(type, 1, ms, body, this.chunk));
  }

  /** Sends tags as their `at` (or ms) asks for in real time; ends early when the server hangs up. */
  async play(tags) {
    const began = performance.now() - (tags[0].at ?? tags[0].ms);
    for (const tag of tags) {
      const due = began + (tag.at ?? tag.ms) - performance.now();
      if (due > 5) await wait(due);
      if (this.closed) return false;
      this.tag(tag);
    }
    return true;
  }

  /** Gone without a word. */
  cut() {
    this.socket?.destroy();
  }
}
