// ffmpeg publishes 720p30 as MPEG-TS over SRT: on a good line, on a lossy one, cut, taken over, unwelcome, under garbage.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, before, test } from 'node:test';
import { readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { house, run, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

let home, master;
const encoders = [];

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
});
after(async () => {
  for (const encoder of encoders) await encoder.kill();
  await home.stop();
});

/** An encoder that is ended with the walk. */
function send(url, options = {}) {
  const encoder = publish(url.replace('//localhost', '//127.0.0.1'), { format: 'mpegts', ...options });
  encoders.push(encoder);
  return encoder;
}

/** The same address with another stream id: ffmpeg takes one with '#' only beside the address. */
const spelled = (lecture, streamid) => [lecture.publish.srt.split('?')[0], { more: ['-srt_streamid', streamid] }];

const through = (url, port) => url.replace(/:\d+\?/, `:${port}?`);

/** The records of a class's journal: [word, ...fields]. */
async function journal(at, lecture) {
  const text = await readFile(path.join(at.data, 'titles', lecture.title_id, 'journal'), 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1).map((line) => line.split(' '));
}
const parts = async (lecture, rendition = 'src', at = home) =>
  (await journal(at, lecture)).filter(([word, name]) => word === 'part' && name === rendition);
const count = async (lecture, kind, at = home) => (await journal(at, lecture)).filter(([word]) => word === kind).length;
const grows = async (lecture, by, at = home) => {
  const than = (await parts(lecture, 'src', at)).length + by;
  await until('the journal grows', async () => (await parts(lecture, 'src', at)).length >= than, 40_000);
};

async function metrics(name) {
  const text = await (await fetch(`${home.url}/metrics`)).text();
  return Number(text.match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1]);
}

const show = (lecture) => home.api('GET', `/api/v1/classes/${lecture.id}`, { token: master.token, status: 200 });

/** Parts follow one another without a hole, each of whole frames, and nothing was begun anew. */
async function assertUnbroken(lecture) {
  const lines = await journal(home, lecture);
  const broken = lines.findIndex(([word]) => word === 'discontinuity' || word === 'gap');
  assert.equal(broken, -1, lines.slice(Math.max(0, broken - 12), broken + 8).map((fields) => fields.join(' ')).join('\n'));
  const all = await parts(lecture);
  for (let i = 1; i < all.length; i++) {
    const [, , , , , , start, duration] = all[i].map(Number);
    const before = all[i - 1].map(Number);
    assert.equal(start, before[6] + before[7], `a hole before ${all[i].join(' ')}`);
    assert.equal(duration % 3000, 0, `not whole frames: ${all[i].join(' ')}`);
    assert.ok(duration <= 30000, all[i].join(' '));
  }
}

let lecture, encoder;

test('a class goes on air over SRT, in all renditions, and its playlists grow', async () => {
  lecture = await home.classOf(master, '平角焊实操');
  assert.match(lecture.publish.srt, new RegExp(`^srt://localhost:${home.srtPort}\\?streamid=publish:${lecture.publish.key}$`));
  encoder = send(lecture.publish.srt);
  await home.untilState(lecture.id, 'on_air');
  await grows(lecture, 12);
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const main = await (await is.media('main.m3u8')).text();
  for (const rendition of ['src', '480p', '180p', 'audio']) assert.match(main, new RegExp(`${rendition}/index.m3u8`));
  assert.match(main, /RESOLUTION=1280x720/);
  const count = (text) => (text.match(/\.m4s/g) ?? []).length;
  const now = count(await (await is.media('src/dvr.m3u8')).text());
  await until('the playlist grows', async () => count(await (await is.media('src/dvr.m3u8')).text()) > now + 3);
  await assertUnbroken(lecture);
  assert.match((await show(lecture)).publisher, /^srt 127\.0\.0\.1/);
});

test('how the way is stands in the metrics', async () => {
  assert.equal(await metrics('jiangtang_srt_connections'), 1);
  await until('a bitrate', async () => (await metrics('jiangtang_srt_bitrate_bps')) > 300_000);
  assert.ok((await metrics('jiangtang_srt_packets_total')) > 100);
});

test('garbage on the UDP port harms nobody', async () => {
  const socket = createSocket('udp4');
  for (let i = 0; i < 2000; i++) {
    const bytes = randomBytes(1 + Math.floor(Math.random() * 1400));
    if (i % 3 === 0 && bytes.length > 4) bytes.writeUInt32BE(0x80000000, 0); // a handshake, it says
    await new Promise((done) => socket.send(bytes, home.srtPort, '127.0.0.1', done));
  }
  socket.close();
  await grows(lecture, 9);
  assert.equal(await home.state(lecture.id), 'on_air');
  await assertUnbroken(lecture);
});

test('a wrong key is refused in the handshake, and the class does not notice', async () => {
  const wrong = send(lecture.publish.srt.replace(lecture.publish.key, 'a'.repeat(32)));
  assert.notEqual((await wrong.exit).code, 0);
  assert.ok(home.log.some((line) => /srt: 127\.0\.0\.1 was refused: unknown key/.test(line)), home.log.slice(-5).join('\n'));
  const viewer = send(...spelled(lecture, `#!::r=${lecture.publish.key},m=request`));
  assert.notEqual((await viewer.exit).code, 0);
  assert.ok(home.log.some((line) => /was refused: it wants to receive/.test(line)));
  assert.ok(!home.log.some((line) => line.includes(lecture.publish.key)), 'no key in the log');
  await grows(lecture, 3);
  await assertUnbroken(lecture);
});

test('cut in the middle, the same key goes on in the same class behind a discontinuity', async () => {
  await encoder.kill();
  await home.untilState(lecture.id, 'interrupted');
  const had = (await parts(lecture)).length;
  encoder = send(...spelled(lecture, `#!::m=publish,r=${lecture.publish.key}`));
  await home.untilState(lecture.id, 'on_air');
  await grows(lecture, 12);
  assert.ok((await parts(lecture)).length > had);
  assert.equal(await count(lecture, 'discontinuity'), 1);
  assert.equal((await show(lecture)).title_id, lecture.title_id);
});

test('a second encoder with the same key takes over, over SRT or RTMP', async () => {
  const second = send(lecture.publish.srt);
  assert.notEqual((await encoder.exit).code, null, 'the older one was cut off');
  await until('the second is shown', async () => (await show(lecture)).publisher.startsWith('srt'));
  await grows(lecture, 12);
  assert.equal(await home.state(lecture.id), 'on_air');
  const third = send(`${home.rtmp}/${lecture.publish.key}`, { format: 'flv' });
  assert.notEqual((await second.exit).code, null);
  await until('RTMP is shown', async () => (await show(lecture)).publisher.startsWith('rtmp'));
  await grows(lecture, 12);
  encoder = send(lecture.publish.srt);
  await third.exit;
  await until('SRT is shown', async () => (await show(lecture)).publisher.startsWith('srt'));
  await grows(lecture, 12);
});

test('a new key hangs up on the old one and lets the new one in', async () => {
  const { publish: fresh } = await home.api('POST', `/api/v1/classes/${lecture.id}/key`, { token: master.token, body: {}, status: 200 });
  await encoder.exit;
  const old = send(lecture.publish.srt);
  assert.notEqual((await old.exit).code, 0);
  encoder = send(fresh.srt);
  await home.untilState(lecture.id, 'on_air');
  await grows(lecture, 3);
});

test('what was recorded plays as one title', async () => {
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  await encoder.exit;
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const url = `${home.url}/media/${lecture.title_id}/src/index.m3u8?pass=${is.pass}`;
  const probe = await run('ffprobe', ['-v', 'error', '-headers', `Cookie: jt_pass=${is.pass}\r\n`, '-show_entries', 'stream=codec_name,height', '-of', 'csv=p=0', url]);
  assert.match(probe, /h264,720/);
  assert.match(probe, /aac/);
});

/** A UDP line that takes its time, and loses packets of those that go up. `late`: how late it was at worst itself. */
async function line({ loss, delayMs, to }) {
  const front = createSocket('udp4');
  const backs = new Map();
  const is = { passed: 0, lost: 0, lateMs: 0 };
  let seed = 7; // the same losses each time
  let closed = false;
  const unlucky = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31 < loss;
  const carry = (socket, bytes, port) => {
    const due = performance.now() + delayMs;
    setTimeout(() => {
      is.lateMs = Math.max(is.lateMs, performance.now() - due);
      if (!closed) socket.send(bytes, port, '127.0.0.1');
    }, delayMs);
  };
  const backOf = (port) => {
    const back = createSocket('udp4');
    back.on('message', (answer) => carry(front, answer, port));
    backs.set(port, back);
    return back;
  };
  front.on('message', (bytes, { port }) => {
    if (unlucky()) return void is.lost++;
    is.passed++;
    carry(backs.get(port) ?? backOf(port), bytes, to);
  });
  await new Promise((done) => front.bind(0, '127.0.0.1', done));
  return Object.assign(is, {
    port: front.address().port,
    close: () => {
      closed = true;
      front.close();
      for (const back of backs.values()) back.close();
    },
  });
}

/** A class of 25 s over such a line. What it cost, and whether the line was what it should be. */
async function classOver(t, lossy) {
  const again = await home.classOf(master, '第二讲');
  const before = { lost: await metrics('jiangtang_srt_packets_lost_total'), dropped: await metrics('jiangtang_srt_packets_dropped_total') };
  const far = send(through(again.publish.srt, lossy.port), { size: '640x360' });
  await home.untilState(again.id, 'on_air');
  let rtt = 0;
  const enough = (await parts(again)).length + 75;
  await until('25 s of the class', async () => {
    rtt = Math.max(rtt, await metrics('jiangtang_srt_rtt_ms_worst'));
    return (await parts(again)).length >= enough;
  }, 60_000);
  await far.kill();
  await home.untilState(again.id, 'interrupted');
  await home.api('POST', `/api/v1/classes/${again.id}/close`, { token: master.token, status: 200 });
  await home.untilState(again.id, 'closed'); // its worker has said what it missed
  const lost = (await metrics('jiangtang_srt_packets_lost_total')) - before.lost;
  const dropped = (await metrics('jiangtang_srt_packets_dropped_total')) - before.dropped;
  const { passed, lost: gone, lateMs } = lossy;
  t.diagnostic(JSON.stringify({ passed, gone, lateMs: Math.round(lateMs), rtt: Math.round(rtt), lost, dropped }));
  assert.ok(lost > 50, `${lost} packets were missed at first`);
  return { lecture: again, dropped, asPromised: rtt < 80 && lateMs < 20 };
}

// Chance may lose the same packet four times, and a busy machine may be a worse line than it says: three tries.
test('5 % of the packets lost at 60 ms round trip: the class is whole at the default latency', async (t) => {
  let fair = 0;
  for (let attempt = 0; attempt < 3; attempt++) {
    const lossy = await line({ loss: 0.05, delayMs: 30, to: home.srtPort });
    t.after(lossy.close);
    const known = home.log.length;
    const is = await classOver(t, lossy);
    fair += is.asPromised;
    if (is.dropped) continue;
    await assertUnbroken(is.lecture);
    assert.ok(!home.log.slice(known).some((entry) => /packets were missing/.test(entry)));
    return;
  }
  assert.equal(fair, 0, 'no class was whole, and the line was as it should be');
  t.skip('this machine is too busy to be a line of 60 ms');
});

test('H.265 is answered with a sentence that says what to change', async () => {
  const odd = await home.classOf(master, '第三讲');
  const more = ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-preset', 'ultrafast', '-tune', 'zerolatency'];
  const newer = send(odd.publish.srt, { size: '320x180', audio: false, more });
  await until('the sentence', async () => /H\.265.*H\.264/.test((await show(odd)).trouble), 30_000);
  assert.equal(await home.state(odd.id), 'waiting');
  await newer.kill();
});

test('with encryption on, the passphrase in the address opens the door and nothing else does', async () => {
  const config = path.join(home.data, 'closed.conf');
  await writeFile(config, '[srt]\nencryption=on\n');
  const shut = await house('--config', config);
  try {
    const wang = await shut.person('wang', 'master', '王师傅');
    const secret = await shut.classOf(wang);
    assert.ok(secret.publish.srt.endsWith(`&passphrase=${secret.publish.srt_passphrase}`));
    const plain = send(secret.publish.srt.replace(/&passphrase=.*/, ''));
    assert.notEqual((await plain.exit).code, 0);
    const wrong = send(secret.publish.srt.replace(/passphrase=.*/, `passphrase=${'0'.repeat(32)}`));
    assert.notEqual((await wrong.exit).code, 0);
    assert.equal(await shut.state(secret.id), 'waiting');
    const right = send(secret.publish.srt);
    await shut.untilState(secret.id, 'on_air');
    await grows(secret, 6, shut);
    await right.kill();
    await shut.kill(); // the same passphrase after a new start: it is made from a secret that stays
    await shut.restart();
    const same = await shut.api('GET', `/api/v1/classes/${secret.id}`, { token: wang.token, status: 200 });
    assert.equal(same.publish.srt_passphrase, secret.publish.srt_passphrase);
    const back = send(same.publish.srt);
    await shut.untilState(secret.id, 'on_air');
    await back.kill();
  } finally {
    await shut.stop();
  }
});
