// Processor time per request beside nginx: the same bytes, the same requests, in turns on the same core, and the median of
// the pairs' ratios. A live playlist, a part, a segment; then the playlist while many others hold idle connections.
import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { house, until, wait } from '../walks/lib/house.mjs';
import { Learner } from '../walks/lib/learner.mjs';
import { cpuSeconds, median, row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const PAIRS = SHORT ? 5 : 15, SECONDS = 1;
const IDLE = 10_000;
const SEGMENTS = 6, PARTS = 6; // their playlist is about 2 KB
const PART = 150_000, SEGMENT = 1_500_000, PART_TICKS = 30_000;

/** A live title on disk, as a worker leaves it between two parts: the first part of each segment is 150 KB. */
async function makeTitle(folder) {
  await mkdir(path.join(folder, 'src'), { recursive: true });
  const lines = [`jiangtang 1 ${PART_TICKS} 180000 6 1700000000000`, 'rendition src av avc1.64001f,mp4a.40.2 1280 720 30000 6000000', 'init src 0 800'];
  await writeFile(path.join(folder, 'src/init-0.mp4'), Buffer.alloc(800, 1));
  const others = (SEGMENT - PART) / (PARTS - 1);
  for (let msn = 0; msn < SEGMENTS; msn++) {
    const start = msn * PARTS * PART_TICKS;
    await writeFile(path.join(folder, `src/${msn}.m4s`), Buffer.alloc(SEGMENT, 97 + msn));
    for (let i = 0, at = 0; i < PARTS; i++) {
      const bytes = i === 0 ? PART : others;
      lines.push(`part src ${msn} ${i} ${at} ${bytes} ${start + i * PART_TICKS} ${PART_TICKS} ${i === 0 ? 1 : 0}`);
      at += bytes;
    }
    lines.push(`segment src ${msn} ${start} ${PARTS * PART_TICKS} ${SEGMENT}`);
  }
  await writeFile(path.join(folder, 'journal'), lines.join('\n') + '\n');
}

/** A server whose one class has this title; restarted so that it finds it. */
async function houseWithTitle() {
  const home = await house();
  const master = await home.person('zhao', 'master');
  const lecture = await home.classOf(master);
  home.keep = true;
  await home.stop();
  home.keep = false;
  const folder = path.join(home.data, 'titles', lecture.title_id);
  await rm(folder, { recursive: true, force: true });
  await makeTitle(folder);
  await home.start();
  spawnSync('taskset', ['-acp', '0', String(home.process.pid)]);
  const session = await home.person('limei', 'learner');
  const learner = await new Learner(home, lecture.title_id, session).takePass();
  return { home, folder, learner, session };
}

async function startNginx(root, port, folder) {
  const config = `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 16384; use epoll; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_timeout 65; keepalive_requests 1000000000; open_file_cache max=100;
  types { application/vnd.apple.mpegurl m3u8; video/mp4 m4s mp4; } client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  server { listen 127.0.0.1:${port}; root ${root}; } }`;
  await writeFile(path.join(folder, 'nginx.conf'), config);
  const child = spawn('taskset', ['-c', '0', 'nginx', '-e', `${folder}/error.log`, '-c', path.join(folder, 'nginx.conf')], { stdio: 'ignore' });
  const answers = () => fetch(`http://127.0.0.1:${port}/part.m4s`).then((is) => is.ok, () => false);
  await until('nginx answers', answers);
  return child;
}

/** What Chromium sends from the page of a signed-in learner; with `gzip` as it is, without for the same bytes on the wire. */
function headersOf({ learner, session }, gzip) {
  const fields = {
    'User-Agent': 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
    Accept: '*/*', 'Accept-Language': 'zh-CN,zh;q=0.9',
    'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty',
    Referer: `${learner.house.url}/c/1`,
    Cookie: `jt_session=${session.token}; jt_pass=${learner.pass}`,
    ...(gzip ? { 'Accept-Encoding': 'gzip, deflate' } : {}),
  };
  return Object.entries(fields).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
}

/** Microseconds of the server's processor per request. A turn in which the machine was too busy to ask anything is taken again. */
function measure(pid, url, headers) {
  for (let tries = 0; tries < 3; tries++) {
    const before = cpuSeconds(pid);
    const out = spawnSync('taskset', ['-c', '1', 'wrk', '-t1', '-c16', `-d${SECONDS}s`, ...headers, url], { encoding: 'utf8' }).stdout;
    const used = cpuSeconds(pid) - before;
    const requests = Number(out.match(/(\d+) requests in/)?.[1]);
    if (/Non-2xx|Socket errors/.test(out)) throw new Error(`wrk: ${out}`);
    if (requests > 50) return (used / requests) * 1e6;
  }
  throw new Error(`no answers from ${url}`);
}

function inTurns(one, other) {
  const pairs = [];
  for (let i = 0; i < PAIRS; i++) pairs.push(i % 2 ? [other(), one()].reverse() : [one(), other()]);
  return pairs;
}

function compare(what, wanted, ours, theirs) {
  const pairs = inTurns(ours, theirs);
  const [mine, nginx] = [0, 1].map((side) => median(pairs.map((pair) => pair[side])).toFixed(1));
  row(what, `${mine} µs CPU`, `nginx ${nginx} µs`, median(pairs.map(([a, b]) => a / b)), wanted);
}

/** Opens so many connections, each with one answered request behind it; gives how to drop them. */
async function holdIdle(port, count) {
  const sockets = [];
  let answered = 0;
  for (let i = 0; i < count; i++) {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (i % 8)}` }); // an address has 28,000 ports
    socket.once('data', () => answered++);
    socket.on('error', () => {});
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    sockets.push(socket);
    if (i % 200 === 199) await wait(10);
  }
  await until(`${count} idle connections`, () => answered === count);
  return () => sockets.forEach((socket) => socket.resetAndDestroy());
}

/** A second server with the same titles and key, so that turns with and without the crowd can follow each other closely. */
async function twin(home) {
  const other = await house();
  await other.kill();
  await cp(home.data, other.data, { recursive: true, force: true });
  await other.start();
  spawnSync('taskset', ['-acp', '0', String(other.process.pid)]);
  return other;
}

async function compareIdle(home, path) {
  const crowded = await twin(home);
  const drop = await holdIdle(crowded.port, IDLE);
  const at = ({ port, process }) => measure(process.pid, `http://127.0.0.1:${port}${path}`, headers);
  const pairs = inTurns(() => at(crowded), () => at(home));
  drop();
  await crowded.stop();
  const [many, none] = [0, 1].map((side) => median(pairs.map((pair) => pair[side])).toFixed(1));
  const ratio = median(pairs.map(([a, b]) => a / b));
  row(`the playlist beside ${IDLE.toLocaleString('en')} idle connections`, `${many} µs CPU`, `with none ${none} µs`, ratio, 1.3);
}

const stage = await houseWithTitle();
const { home, learner, folder } = stage;
const scratch = await mkdtemp(path.join(tmpdir(), 'jiangtang-bench-'));
const root = path.join(scratch, 'root');
await mkdir(root);
const base = `http://127.0.0.1:${home.port}/media/${learner.titleId}/src`;
const headers = headersOf(stage, false), asBrowser = headersOf(stage, true);

// fetch() may not set cookies: what is served is asked for by the same client that will measure.
const bodyOf = (url, fields) => spawnSync('curl', ['-sf', ...fields, url], { maxBuffer: 1 << 24 }).stdout;
const playlist = bodyOf(`${base}/index.m3u8`, headers), small = bodyOf(`${base}/index.m3u8`, asBrowser);
const part = bodyOf(`${base}/0.0.m4s`, headers), segment = bodyOf(`${base}/1.m4s`, headers);
if (part.length !== PART || segment.length !== SEGMENT || !playlist.includes('PRELOAD-HINT')) throw new Error('the title is not served');
await writeFile(path.join(root, 'list.m3u8'), playlist);
await writeFile(path.join(root, 'small.m3u8'), small);
await writeFile(path.join(root, 'part.m4s'), part);
await symlink(path.join(folder, 'src/1.m4s'), path.join(root, 'segment.m4s'));
const nginx = await startNginx(root, home.rtmpPort + 1, scratch);

try {
  const ours = (file, fields = headers) => () => measure(home.process.pid, `${base}/${file}`, fields);
  const theirs = (file, fields = headers) => () => measure(nginx.pid, `http://127.0.0.1:${home.rtmpPort + 1}/${file}`, fields);
  compare(`live playlist, ${playlist.length} B`, 1.0, ours('index.m3u8'), theirs('list.m3u8'));
  compare(`the same as a browser asks, gzip, ${small.length} B`, undefined, ours('index.m3u8', asBrowser), theirs('small.m3u8', asBrowser));
  compare('part, 150 KB', 1.1, ours('0.0.m4s'), theirs('part.m4s'));
  compare('segment, 1.5 MB', 0.9, ours('1.m4s'), theirs('segment.m4s'));
  await compareIdle(home, `/media/${learner.titleId}/src/index.m3u8`);
} finally {
  nginx.kill();
  await home.stop();
  await rm(scratch, { recursive: true, force: true });
}
