// The nginx of config/nginx in front, as it is shipped: TLS and HTTP/2 to the learners, and everything still works through it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import WebSocket from 'ws';
import { browser, page, DESKTOP } from './lib/browser.mjs';
import { freePort, house, run, top, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

let folder, home, master, lecture, encoder, nginx, port, line, learner;

/** The shipped file with this walk's ports and certificate; everything else stays. */
async function frontConfig() {
  const shipped = await readFile(path.join(top, 'config/nginx/jiangtang.conf'), 'utf8');
  const mine = shipped
    .replace('server 127.0.0.1:8080;', `server 127.0.0.1:${home.port};`)
    .replace('listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`)
    .replace(/^ *listen \[::\]:443 ssl http2;\n/m, '')
    .replace('server_name HOST;', 'server_name localhost;')
    .replaceAll('/etc/ssl/jiangtang/', `${folder}/`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  return `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log; events { worker_connections 1024; }
http { access_log off; ${temporary}\n${mine}\n}`;
}

async function startFront() {
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'chain.pem')]);
  await writeFile(path.join(folder, 'nginx.conf'), await frontConfig());
  nginx = spawn('nginx', ['-e', `${folder}/error.log`, '-c', path.join(folder, 'nginx.conf')], { stdio: 'ignore' });
  nginx.gone = new Promise((done) => nginx.once('exit', done));
}

/** GET over HTTP/2: { status, headers, bytes }. */
function get(pathname, headers = {}) {
  return new Promise((done, fail) => {
    const stream = line.request({ ':path': pathname, ...headers });
    const pieces = [];
    let head;
    stream.on('response', (is) => (head = is));
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('end', () => done({ status: head[':status'], headers: head, bytes: Buffer.concat(pieces) }));
    stream.on('error', fail);
    stream.setTimeout(30_000, () => stream.destroy(new Error(`no answer: ${pathname}`)));
  });
}

const media = (name) => get(`/media/${lecture.title_id}/${name}`, { cookie: `jt_pass=${learner.pass}` });

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-edge-'));
  port = await freePort();
  await writeFile(path.join(folder, 'conf'), `[server]\npublic_url=https://localhost:${port}\n`);
  home = await house('--config', path.join(folder, 'conf'));
  await startFront();
  const answers = () => run('curl', ['-sk', '-o', '/dev/null', '-w', '%{http_version}', `https://localhost:${port}/healthz`]).catch(() => '');
  await until('nginx speaks HTTP/2', async () => (await answers()) === '2');
  line = http2.connect(`https://localhost:${port}`, { rejectUnauthorized: false });
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master);
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360', gop: 1 });
  await home.untilState(lecture.id, 'on_air');
  learner = await new Learner(home, lecture.title_id, null).takePass();
  await until('a rendition is there', async () => (await media('src/index.m3u8')).status === 200);
});
after(async () => {
  line?.destroy();
  await encoder?.kill();
  nginx?.kill('SIGTERM');
  await nginx?.gone;
  await home.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a request for the part to come waits at the server and is answered with it', async () => {
  const now = String((await media('src/index.m3u8')).bytes);
  const msn = Number(now.match(/MEDIA-SEQUENCE:(\d+)/)[1]) + (now.match(/#EXTINF/g) ?? []).length;
  const then = await media(`src/index.m3u8?_HLS_msn=${msn + 1}&_HLS_part=0`);
  assert.equal(then.status, 200);
  assert.match(String(then.bytes), new RegExp(`${msn + 1}\\.0\\.m4s`));
});

test('ten requests wait on one connection beside each other', async () => {
  const now = String((await media('src/index.m3u8')).bytes);
  const msn = Number(now.match(/MEDIA-SEQUENCE:(\d+)/)[1]) + (now.match(/#EXTINF/g) ?? []).length;
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => media(`src/index.m3u8?_HLS_msn=${msn + 1}&_HLS_part=${i % 3}`)));
  assert.deepEqual([...new Set(answers.map((is) => is.status))], [200]);
});

test('what comes through is what the server gives, with its headers', async () => {
  const [segment] = await learner.segments('src', { epoch: lecture.epoch_ms });
  const direct = await learner.media(`src/${segment.uri}`);
  const through = await media(`src/${segment.uri}`);
  const sum = (bytes) => createHash('sha256').update(Buffer.from(bytes)).digest('hex');
  assert.equal(sum(through.bytes), sum(await direct.arrayBuffer()));
  assert.equal(through.headers['cache-control'], direct.headers.get('cache-control'));
  assert.match(through.headers['strict-transport-security'], /max-age/);
  const page = await get('/');
  assert.ok(page.headers['content-security-policy'].includes(`; connect-src 'self' wss://localhost:${port}; `), page.headers['content-security-policy']);
});

test('a slice of a segment is a slice here too', async () => {
  const [segment] = await learner.segments('src', { epoch: lecture.epoch_ms });
  const slice = await get(`/media/${lecture.title_id}/src/${segment.uri}`, { cookie: `jt_pass=${learner.pass}`, range: 'bytes=100-199' });
  assert.equal(slice.status, 206);
  assert.equal(slice.bytes.length, 100);
});

test('the room talks over wss, and knows the address behind the proxy', async () => {
  const socket = new WebSocket(`wss://localhost:${port}/ws`, 'jiangtang.v1', { rejectUnauthorized: false, origin: `https://localhost:${port}` });
  const heard = [];
  socket.on('message', (bytes) => heard.push(JSON.parse(bytes)));
  await new Promise((done, fail) => socket.once('open', done).once('error', fail));
  socket.send(JSON.stringify({ t: 'join', title: lecture.title_id, pass: learner.pass }));
  await until('a welcome', () => heard.some((message) => message.t === 'welcome'));
  socket.terminate();
});

test('a foreign page may not use the cookie, the own one may', async () => {
  const post = (origin) =>
    run('curl', ['-sk', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'POST', '-H', `Origin: ${origin}`, '-H', 'Content-Type: application/json',
      '-d', JSON.stringify({ login: 'zhao', password: 'zhao-password' }), `https://localhost:${port}/api/v1/session`]);
  assert.equal(await post('https://elsewhere.example'), '403');
  assert.equal(await post(`https://localhost:${port}`), '200');
});

test('Chromium plays the class over HTTP/2', { timeout: 120_000 }, async () => {
  const chromium = await browser(['--ignore-certificate-errors']);
  try {
    const context = await chromium.newContext({ ...DESKTOP, ignoreHTTPSErrors: true });
    const it = await page(context);
    await it.goto(`https://localhost:${port}/c/${lecture.id}`);
    const place = () => it.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
    await until('it plays', async () => (await place()) > 0, 60_000);
    const from = await place();
    await until('it goes on', async () => (await place()) > from + 3, 60_000);
    const spoken = await it.evaluate(() => [...new Set(performance.getEntriesByType('resource').filter((is) => /\/media\//.test(is.name)).map((is) => is.nextHopProtocol))]);
    assert.deepEqual(spoken.filter(Boolean), ['h2']);
    assert.deepEqual(it.faults, []);
  } finally {
    await chromium.close();
  }
});

test('SIGTERM to the server under it is told in a way a player waits for', async () => {
  await encoder.kill();
  home.killed = true;
  home.process.kill('SIGTERM');
  await home.exit;
  assert.equal((await get('/healthz')).status, 502);
  await home.restart();
  await until('it is back', async () => (await get('/healthz')).status === 200);
});
