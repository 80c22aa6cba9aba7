// Glass to glass: a clock burnt into the picture before the encoder, read back from the frames Chromium shows. Every hop is on this
// machine: ffmpeg > RTMP > worker > parts > the page's own player; with the low-latency setting; and nginx-rtmp's HLS with hls.js.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { browser, DESKTOP } from '../walks/lib/browser.mjs';
import { freePort, house, top, until, wait } from '../walks/lib/house.mjs';
import { row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const SETTLE_MS = SHORT ? 12_000 : 30_000, SAMPLE_MS = SHORT ? 10_000 : 60_000;
const WIDTH = 640, HEIGHT = 360, FPS = 30, BITS = 31, CELL = Math.floor(WIDTH / BITS), BAND = 40;

/* ---- the clock in the picture: the low bits of the milliseconds as black and white cells, and below them their opposites ---- */

function drawClock(picture, ms) {
  for (let bit = 0; bit < BITS; bit++) {
    const white = (ms / 2 ** bit) & 1;
    for (let y = 0; y < 2 * BAND; y++) picture.fill(white === (y < BAND ? 1 : 0) ? 235 : 16, y * WIDTH + bit * CELL, y * WIDTH + (bit + 1) * CELL);
  }
}

/** An encoder without look-ahead whose pictures are drawn at the moment they are given to it. */
function publish(url) {
  const args = ['-v', 'error', '-probesize', '32', '-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${WIDTH}x${HEIGHT}`, '-r', String(FPS), '-i', 'pipe:0'];
  args.push('-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-vf', 'scale=1280:720:flags=neighbor,format=yuv420p', '-c:v', 'libx264');
  args.push('-preset', 'superfast', '-tune', 'zerolatency', '-b:v', '2500k', '-maxrate', '2500k', '-bufsize', '2500k', '-g', String(2 * FPS), '-sc_threshold', '0');
  args.push('-c:a', 'aac', '-b:a', '96k', '-ac', '2', '-flush_packets', '1', '-f', 'flv', url);
  const encoder = spawn('ffmpeg', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  const texture = Buffer.from(Array.from({ length: WIDTH * HEIGHT }, (_, i) => 60 + ((i * 2654435761) >>> 26)));
  const started = performance.now();
  let shown = 0;
  const timer = setInterval(() => {
    for (; shown < ((performance.now() - started) * FPS) / 1000; shown++) {
      const picture = Buffer.from(texture);
      texture.copy(picture, 0, shown % WIDTH);
      drawClock(picture, Date.now() % 2 ** BITS);
      encoder.stdin.write(picture);
    }
  }, 2);
  encoder.stdin.on('error', () => clearInterval(timer));
  return () => {
    clearInterval(timer);
    encoder.kill('SIGKILL');
  };
}

/* ---- read back; runs in the page ---- */

async function readClock({ ms, bits, cell, width, height, band }) {
  const video = document.querySelector('video'), canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const late = [];
  let unread = 0, stalls = 0;
  canvas.width = width;
  canvas.height = 2 * band;
  video.addEventListener('waiting', () => stalls++);
  const read = () => {
    pen.drawImage(video, 0, 0, video.videoWidth, (video.videoHeight * 2 * band) / height, 0, 0, width, 2 * band);
    const { data } = pen.getImageData(0, 0, width, 2 * band);
    const at = (bit, y) => data[4 * (y * width + bit * cell + (cell >> 1))] > 128;
    let value = 0;
    for (let bit = 0; bit < bits; bit++) {
      const white = at(bit, band >> 1);
      if (white === at(bit, band + (band >> 1))) return null;
      if (white) value += 2 ** bit;
    }
    return value;
  };
  const end = performance.now() + ms;
  let next = 0;
  await new Promise((done) => {
    const look = (now, { expectedDisplayTime }) => {
      if (now >= next) {
        const value = read();
        if (value === null) unread++;
        else late.push(((performance.timeOrigin + expectedDisplayTime - value) % 2 ** bits + 2 ** bits) % 2 ** bits);
        next = now + 90;
      }
      if (now < end) video.requestVideoFrameCallback(look);
      else done();
    };
    video.requestVideoFrameCallback(look);
    setTimeout(done, ms + 10_000); // no frame comes any more
  });
  return { late, unread, stalls };
}

async function watch(chromium, open) {
  const context = await chromium.newContext(DESKTOP);
  const page = await context.newPage();
  await open(page);
  await until('the picture moves', () => page.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 1), 60_000);
  await wait(SETTLE_MS);
  const read = await page.evaluate(readClock, { ms: SAMPLE_MS, bits: BITS, cell: CELL, width: WIDTH, height: HEIGHT, band: BAND });
  await context.close();
  if (read.late.length < SAMPLE_MS / 500) throw new Error(`only ${read.late.length} pictures were read, ${read.unread} could not be`);
  read.late.sort((a, b) => a - b);
  const at = (percent) => read.late[Math.floor(((read.late.length - 1) * percent) / 100)] / 1000;
  return { p50: at(50), p95: at(95), stalls: read.stalls };
}

/* ---- the three ways ---- */

async function ours(chromium, folder, latency) {
  const config = path.join(folder, 'conf');
  await writeFile(config, `[live]\nlatency=${latency}\n`);
  const home = await house('--config', config);
  const master = await home.person('master', 'master');
  const lecture = await home.classOf(master);
  const stop = publish(`${home.rtmp}/${lecture.publish.key}`);
  try {
    await home.untilState(lecture.id, 'on_air');
    return await watch(chromium, (page) => page.goto(`${home.url}/c/${lecture.id}`));
  } finally {
    stop();
    await home.stop();
  }
}

async function nginx(folder, httpPort, rtmpPort) {
  await mkdir(path.join(folder, 'hls'), { recursive: true });
  const config = `load_module /usr/lib/nginx/modules/ngx_rtmp_module.so; daemon off; master_process off; worker_processes 1; user root;
pid ${folder}/nginx.pid; error_log ${folder}/error.log; events { worker_connections 1024; }
rtmp { server { listen 127.0.0.1:${rtmpPort}; application live { live on; hls on; hls_path ${folder}/hls; hls_fragment 2s; hls_playlist_length 20s; } } }
http { access_log off; types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; } client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  server { listen 127.0.0.1:${httpPort}; root ${folder}/hls; } }`;
  await writeFile(path.join(folder, 'nginx.conf'), config);
  return spawn('nginx', ['-e', `${folder}/error.log`, '-c', path.join(folder, 'nginx.conf')], { stdio: 'ignore' });
}

async function theirs(chromium, folder) {
  const port = await freePort(), rtmpPort = await freePort();
  const child = await nginx(folder, port, rtmpPort);
  const origin = `http://127.0.0.1:${port}`;
  await until('nginx answers', () => fetch(origin).then(() => true, () => false));
  const stop = publish(`rtmp://127.0.0.1:${rtmpPort}/live/class`);
  try {
    return await watchTheirs(chromium, origin);
  } finally {
    stop();
    child.kill();
  }
}

async function watchTheirs(chromium, origin) {
  await until('nginx has a playlist', () => fetch(`${origin}/class.m3u8`).then((is) => is.ok, () => false), 30_000);
  const player = await readFile(path.join(top, 'web/node_modules/hls.js/dist/hls.min.js'), 'utf8');
  const html = `<!doctype html><video muted autoplay></video><script>${player}</script><script>
    const hls = new Hls({ maxLiveSyncPlaybackRate: 1.5 }); hls.loadSource('/class.m3u8'); hls.attachMedia(document.querySelector('video'));</script>`;
  return watch(chromium, async (page) => {
    await page.route(`${origin}/watch`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
    await page.goto(`${origin}/watch`);
  });
}

const says = ({ p50, p95, stalls }) => `p50 ${p50.toFixed(2)} s, p95 ${p95.toFixed(2)} s${stalls ? `, ${stalls} stalls` : ''}`;
const folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-glass-'));
const chromium = await browser();
const wants = [['standard', { p50: 2.0, p95: 3.0 }], ['low', { p50: 1.3 }]];
const peer = await theirs(chromium, folder);
for (const [latency, wanted] of wants) {
  const is = await ours(chromium, folder, latency);
  const met = Object.entries(wanted).map(([what, most]) => `${what} ≤ ${most} s, ${is[what] <= most ? 'met' : '**missed**'}`);
  row(`glass to glass, latency=${latency}`, says(is), `nginx-rtmp's HLS ${says(peer)}`, is.p50 / peer.p50, met.join('; '));
}
await chromium.close();
await rm(folder, { recursive: true, force: true });
