// A thousand players that wait for the next part of one class (blocking playlist reload): how long after the part is on disk the last
// byte of the playlist that tells of it is at each of them. The reading of this program is in the figure.
import { stat } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { house, until } from '../walks/lib/house.mjs';
import { Learner } from '../walks/lib/learner.mjs';
import { publish } from '../walks/lib/publisher.mjs';
import { cpuSeconds, row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const VIEWERS = 1000, PARTS = SHORT ? 20 : 150, RENDITION = '480p', PATIENCE_MS = 5000;
const HINT = /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s/;

/** One player's connection: ask() is answered with the time of the last byte, and the body when it is not packed. */
class Viewer {
  constructor(port) {
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('data', (bytes) => this.take(bytes));
    this.socket.on('close', () => this.fail?.(new Error('the server closed a waiting connection')));
    this.open = new Promise((done) => this.socket.once('connect', done));
  }

  take(bytes) {
    this.bytes = this.bytes.length ? Buffer.concat([this.bytes, bytes]) : bytes;
    const head = this.bytes.indexOf('\r\n\r\n');
    if (head < 0) return;
    const fields = this.bytes.toString('latin1', 0, head);
    const length = Number(fields.match(/content-length: (\d+)/i)[1]);
    if (this.bytes.length < head + 4 + length) return;
    if (!fields.startsWith('HTTP/1.1 200')) this.fail(new Error(fields));
    else this.done({ at: performance.timeOrigin + performance.now(), body: this.bytes.subarray(head + 4) });
  }

  ask(file, packed) {
    this.bytes = Buffer.alloc(0);
    const request = `GET ${file} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n${packed ? 'Accept-Encoding: gzip\r\n' : ''}\r\n`;
    return new Promise((done, fail) => {
      Object.assign(this, { done, fail });
      this.socket.write(request);
    });
  }
}

const home = await house();
const master = await home.person('master', 'master');
const lecture = await home.classOf(master);
const encoder = publish(`${home.rtmp}/${lecture.publish.key}`);
try {
  await home.untilState(lecture.id, 'on_air');
  const learner = await new Learner(home, lecture.title_id, null).takePass();
  const list = `/media/${lecture.title_id}/${RENDITION}/index.m3u8?pass=${learner.pass}`;
  const folder = path.join(home.data, 'titles', lecture.title_id, RENDITION);
  await until('there are segments', async () => /\n2\.m4s/.test(await (await learner.media(`${RENDITION}/index.m3u8`)).text()));
  const viewers = Array.from({ length: VIEWERS }, () => new Viewer(home.port));
  await Promise.all(viewers.map((one) => one.open));
  const [scout, ...crowd] = viewers;
  let text = String((await scout.ask(list, false)).body);
  const late = [];
  const before = cpuSeconds(home.process.pid);
  for (let i = 0; i < PARTS; i++) {
    const [, msn, part] = text.match(HINT);
    const file = `${list}&_HLS_msn=${msn}&_HLS_part=${part}`;
    const slow = setTimeout(() => viewers.forEach((one) => one.socket.destroy()), PATIENCE_MS);
    const answers = await Promise.all([scout.ask(file, false), ...crowd.map((one) => one.ask(file, true))]);
    clearTimeout(slow);
    const { mtimeMs } = await stat(path.join(folder, `${msn}.m4s`));
    late.push(...answers.map(({ at }) => at - mtimeMs));
    text = String(answers[0].body);
  }
  const cpu = (cpuSeconds(home.process.pid) - before) / late.length;
  viewers.forEach((one) => one.socket.removeAllListeners('close').destroy());
  late.sort((a, b) => a - b);
  const at = (percent) => late[Math.floor(((late.length - 1) * percent) / 100)];
  const says = `p50 ${at(50).toFixed(1)} ms, p99 ${at(99).toFixed(1)} ms behind the part`;
  row(`${VIEWERS} players wait for the next part`, says, `${(cpu * 1e6).toFixed(1)} µs CPU an answer`, undefined, `p99 ≤ 100 ms, ${at(99) <= 100 ? 'met' : '**missed**'}`);
} finally {
  await encoder.kill();
  await home.stop();
}
