// CPU per request against nginx on the same files, in turns, one core each: a playlist, a part, a segment; and with idle connections.
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { house, wait } from '../walks/lib/house.mjs';
import { Learner } from '../walks/lib/learner.mjs';
import { cpuSeconds, median, table } from './lib.mjs';

const PAIRS = Number(process.env.BENCH_PAIRS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const IDLE = 10_000;
const PART = 150_000, SEGMENT = 1_500_000, SERVED = 10;

/** A recorded title on disk: segment 0 is one part of 150 KB, the next ones 1.5 MB. */
async function makeTitle(folder) {
  await mkdir(path.join(folder, 'src'), { recursive: true });
  const lines = ['jiangtang 1 30000 180000 6 1700000000000', 'rendition src av avc1.64001f,mp4a.40.2 1280 720 30000 6000000', 'init src 0 800'];
  await writeFile(path.join(folder, 'src/init-0.mp4'), Buffer.alloc(800, 1));
  for (let msn = 0; msn < SERVED; msn++) {
    const bytes = msn === 0 ? PART : SEGMENT;
    await writeFile(path.join(folder, `src/${msn}.m4s`), Buffer.alloc(bytes, 97 + msn));
    lines.push(`part src ${msn} 0 0 ${bytes} ${msn * 180000} 180000 1`, `segment src ${msn} ${msn * 180000} 180000 ${bytes}`);
  }
  lines.push(`end ${SERVED * 180000}`);
  await writeFile(path.join(folder, 'journal'), lines.join('\n') + '\n');
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
  await wait(500);
  return child;
}

/** Microseconds of server CPU per request. */
function measure(pid, url) {
  const before = cpuSeconds(pid);
  const out = spawnSync('taskset', ['-c', '1', 'wrk', '-t1', '-c16', `-d${SECONDS}s`, url], { encoding: 'utf8' }).stdout;
  const requests = Number(out.match(/(\d+) requests in/)?.[1]);
  if (!requests || /Non-2xx/.test(out)) throw new Error(`wrk: ${out}`);
  return ((cpuSeconds(pid) - before) / requests) * 1e6;
}

async function holdIdle(port, count) {
  const sockets = [];
  for (let i = 0; i < count; i++) {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    sockets.push(socket);
    if (i % 200 === 199) await wait(20);
  }
  await wait(1500);
  return () => sockets.forEach((socket) => socket.destroy());
}

const home = await house();
home.keep = true;
const master = await home.person('zhao', 'master');
const lecture = await home.classOf(master);
await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token });
await home.stop();
const title = path.join(home.data, 'titles', lecture.title_id);
await rm(title, { recursive: true, force: true });
await makeTitle(title);
await home.start();
spawnSync('taskset', ['-acp', '0', String(home.process.pid)]);
const learner = await new Learner(home, lecture.title_id, null).takePass();
const scratch = await mkdtemp(path.join(tmpdir(), 'jiangtang-bench-'));
const nginxPort = home.port + 1 > 65000 ? home.port - 7 : home.port + 7;
await writeFile(path.join(title, 'src/index.m3u8'), await (await learner.media('src/index.m3u8')).text());
const playlistBytes = (await (await learner.media('src/index.m3u8')).text()).length;
const nginx = await startNginx(title, nginxPort, scratch);

const files = [[`playlist, ${playlistBytes} B`, 'src/index.m3u8'], ['part, 150 KB', 'src/0.m4s'], ['segment, 1.5 MB', 'src/1.m4s']];
const ours = (file) => `${home.url.replace('localhost', '127.0.0.1')}/media/${lecture.title_id}/${file}?pass=${learner.pass}`;
const rows = [];
for (const [name, file] of files) {
  const pairs = [];
  for (let i = 0; i < PAIRS; i++) pairs.push([measure(home.process.pid, ours(file)), measure(nginx.pid, `http://127.0.0.1:${nginxPort}/${file}`)]);
  rows.push([name, median(pairs.map((p) => p[0])).toFixed(1), median(pairs.map((p) => p[1])).toFixed(1), median(pairs.map((p) => p[0] / p[1])).toFixed(2)]);
}
table(['CPU per request', 'ours, µs', 'nginx, µs', 'ratio'], rows);

const none = [], many = [];
for (let i = 0; i < PAIRS; i++) {
  none.push(measure(home.process.pid, ours('src/index.m3u8')));
  const drop = await holdIdle(home.port, IDLE);
  many.push(measure(home.process.pid, ours('src/index.m3u8')));
  drop();
  await wait(1000);
}
table(['playlist with idle connections', 'none, µs', `${IDLE}, µs`, 'ratio'], [['ours', median(none).toFixed(1), median(many).toFixed(1), median(many.map((m, i) => m / none[i])).toFixed(2)]]);

nginx.kill();
home.keep = false;
await home.stop();
await rm(scratch, { recursive: true, force: true });
