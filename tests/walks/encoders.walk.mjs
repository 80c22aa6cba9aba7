// Encoders that others made, each as a master would use it: with a wrong key, with the right one, taken over, cut in the middle.
// ENCODERS=all: also those that other walks use all the time, and OBS Studio where it is installed (obs-studio, xvfb);
// ENCODERS=OBS: those with that in their name.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { command, freePort, house, run, until } from './lib/house.mjs';
import { obs, screen } from './lib/obs.mjs';
import { publish } from './lib/publisher.mjs';

const LANES = 3;
const ASKED = process.env.ENCODERS ?? '';
const OBS = ASKED && spawnSync('which', ['obs', 'Xvfb']).status === 0;

let home, master, folder, secure, securePort, shown, homes = 0;
const running = [];

const certificate = (name) =>
  run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'chain.pem')]);

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-encoders-'));
  await certificate('first.example');
  securePort = await freePort();
  const config = path.join(folder, 'house.conf');
  await writeFile(config, `[rtmps]\nport=${securePort}\ncertificate=${folder}/chain.pem\nkey=${folder}/key.pem\n[whip]\naddress=127.0.0.1\n[worker]\ncores=32\n`);
  home = await house('--config', config);
  secure = `rtmps://127.0.0.1:${securePort}/live`;
  master = await home.person('zhao', 'master', '赵铁柱');
  if (OBS) shown = await screen();
});
after(async () => {
  for (const encoder of running) await encoder.kill();
  shown?.kill();
  await home.stop();
  await rm(folder, { recursive: true, force: true });
});

// ---- the encoders: each key => { kill, exit, over, said } ----

function start(file, args) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const encoder = { said: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (encoder.said += bytes));
  encoder.exit = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
  encoder.over = false;
  encoder.exit.then(() => (encoder.over = true));
  encoder.kill = async () => {
    child.kill('SIGKILL');
    await encoder.exit;
  };
  return encoder;
}

function ffmpeg(url, format) {
  const encoder = publish(url, { size: '320x180', gop: 1, format });
  encoder.exit.then(() => (encoder.over = true));
  return encoder;
}

const PICTURE = 'videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=300 ! video/x-h264,profile=baseline ! h264parse config-interval=-1';
const SOUND = 'audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse';
const gst = (pipeline) => start('gst-launch-1.0', ['-q', ...pipeline.split(' ')]);
const rtmp2sink = (address) => gst(`flvmux name=m streamable=true ! rtmp2sink location=${address} tls-validation-flags=0 ${PICTURE} ! m. ${SOUND} ! m.`);
const srtAt = (key) => `srt://127.0.0.1:${home.srtPort}?streamid=publish:${key}`;

// Debian 12's simple-whip-client is not among them: it is linked with libsoup 2, its libnice with libsoup 3, and it aborts
// before its first packet. WHIP's encoders are Chromium's (whip.walk).
const ENCODERS = {
  'ffmpeg over RTMP': (key) => ffmpeg(`${home.rtmp}/${key}`, 'flv'),
  'ffmpeg over RTMPS': (key) => ffmpeg(`${secure}/${key}`, 'flv'),
  'ffmpeg over SRT': (key) => ffmpeg(srtAt(key), 'mpegts'),
  "GStreamer's rtmp2sink": (key) => rtmp2sink(`${home.rtmp}/${key}`),
  "GStreamer's rtmp2sink over RTMPS": (key) => rtmp2sink(`${secure}/${key}`),
  "GStreamer's srtsink": (key) =>
    gst(`mpegtsmux name=m alignment=7 ! srtsink uri=srt://127.0.0.1:${home.srtPort}?mode=caller streamid=publish:${key} ${PICTURE} ! m. ${SOUND} ! m.`),
};

const KNOWN = ['ffmpeg over RTMP', 'ffmpeg over SRT', "GStreamer's rtmp2sink over RTMPS"];
if (OBS) ENCODERS['OBS Studio'] = (key) => obs(shown, path.join(folder, `obs-${++homes}`), home.rtmp, key);

const wanted = Object.entries(ENCODERS).filter(([name]) => (ASKED ? ASKED === 'all' || name.includes(ASKED) : !KNOWN.includes(name)));

function begin(make, lecture, key = lecture.publish.key) {
  const encoder = make(key);
  running.push(encoder);
  return encoder;
}

// ---- what is asked of each ----

const show = (lecture) => home.api('GET', `/api/v1/classes/${lecture.id}`, { token: master.token, status: 200 });

async function journal(lecture) {
  const text = await readFile(path.join(home.data, 'titles', lecture.title_id, 'journal'), 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1).map((line) => line.split(' '));
}
const parts = async (lecture) => (await journal(lecture)).filter(([word, name]) => word === 'part' && name === 'src').length;
async function grows(lecture, by = 4) {
  const than = (await parts(lecture)) + by;
  await until('the journal grows', async () => (await parts(lecture)) >= than, 30_000);
}

/** Refused: it gives up or says so, and nothing of it is on air. */
async function wrongKey(make, lecture) {
  const before = home.log.length;
  const encoder = begin(make, lecture, 'a'.repeat(32));
  const refused = () => encoder.over || home.log.slice(before).some((line) => /refused/.test(line));
  await until('the wrong key is refused', refused);
  await encoder.kill();
  assert.equal(await home.state(lecture.id), 'waiting');
}

async function walk(make, name) {
  const lecture = await home.classOf(master, name);
  await wrongKey(make, lecture);
  const first = begin(make, lecture);
  await home.untilState(lecture.id, 'on_air');
  await grows(lecture);
  const { publisher } = await show(lecture);
  const second = begin(make, lecture);
  await until('the first one is let go', async () => first.over || (await show(lecture)).publisher !== publisher || (await journal(lecture)).some(([word]) => word === 'discontinuity'), 30_000);
  await grows(lecture, 6);
  assert.equal(await home.state(lecture.id), 'on_air');
  await first.kill();
  assert.equal(await home.state(lecture.id), 'on_air');
  await second.kill();
  await home.untilState(lecture.id, 'interrupted');
  const third = begin(make, lecture);
  await home.untilState(lecture.id, 'on_air');
  await grows(lecture);
  await third.kill();
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  const breaks = (await journal(lecture)).filter(([word]) => word === 'discontinuity').length;
  assert.ok(breaks >= 2, `${breaks} discontinuities in one title`);
}

test('encoders that others made', { concurrency: LANES }, async (t) => {
  await Promise.all(wanted.map(([name, make]) => t.test(name, () => walk(make, name))));
});

test('the desk shows the encrypted address, and who came over it', async () => {
  const lecture = await home.classOf(master, '加密推流');
  assert.equal(lecture.publish.rtmps, `rtmps://localhost:${securePort}/live`);
  const encoder = begin(ENCODERS['ffmpeg over RTMPS'], lecture);
  await home.untilState(lecture.id, 'on_air');
  assert.match((await show(lecture)).publisher, /^rtmps 127\.0\.0\.1/);
  await encoder.kill();
});

const dialled = (port, bytes) =>
  new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', () => done(true));
    setTimeout(() => (socket.destroy(), done(false)), 5000).unref();
  });

test('what is no TLS is hung up on at the encrypted door', async () => {
  for (const bytes of [randomBytes(4000), Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)]), Buffer.from('GET / HTTP/1.1\r\n\r\n')])
    assert.ok(await dialled(securePort, bytes), bytes.subarray(0, 8).toString('hex'));
});

test('a renewed certificate is taken up without a restart, a broken one is not', async () => {
  const subject = async () => (await run('sh', ['-c', `openssl s_client -connect 127.0.0.1:${securePort} </dev/null 2>/dev/null | openssl x509 -noout -subject`])).trim();
  assert.match(await subject(), /first\.example/);
  await certificate('second.example');
  assert.match(await subject(), /second\.example/);
  await writeFile(path.join(folder, 'chain.pem'), 'no certificate');
  assert.match(await subject(), /second\.example/);
  assert.ok(home.log.some((line) => /the certificate before stays: .*chain\.pem/.test(line)));
});

test('a certificate that cannot be used stops the start with one line that names it', async () => {
  const config = path.join(folder, 'bad.conf');
  await writeFile(config, `[rtmps]\nport=0\ncertificate=${folder}/nothing.pem\nkey=${folder}/key.pem\n`);
  const error = await command(['serve', '--config', config, '--data', path.join(folder, 'data'), '--port', '0', '--rtmp-port', '0', '--srt-port', '0', '--whip-port', '0']).then(() => null, (e) => e);
  assert.match(error.err, /^jiangtang: .*nothing\.pem/m);
});
