// A live class of 720p30 in a worker: processor, memory, and how late the parts are; beside it the ffmpeg command line that copies
// and encodes the same with the same settings.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../walks/lib/house.mjs';
import { ffmpeg, makeFilm, median, row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const SECONDS = SHORT ? 12 : 40, RUNS = SHORT ? 1 : 2;

/** media/worker/recipe.c in ffmpeg's words: each rung scaled from the one above, one thread a codec, two sounds for three renditions. */
function peer(film, folder) {
  const x264 = (kbps) => ['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-threads', '1', '-profile:v', 'high', '-b:v', `${kbps}k`,
    '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`, '-sc_threshold', '0', '-g', '100000', '-force_key_frames', 'expr:gte(t,n_forced*2)'];
  const aac = (kbps) => ['-c:a', 'aac', '-aac_coder', 'fast', '-b:a', `${kbps}k`];
  const parts = 'movflags=+frag_keyframe+empty_moov';
  const out = (name) => path.join(folder, name);
  const said = ffmpeg('-benchmark', '-threads', '1', '-re', '-i', film,
    '-filter_complex', '[0:v]scale=854:480:flags=bilinear,split[high][on];[on]scale=320:180:flags=bilinear[low]',
    '-map', '0', '-c', 'copy', '-f', 'mp4', '-movflags', parts.slice(9), out('src.mp4'),
    '-map', '[high]', '-map', '0:a', ...x264(800), ...aac(64), '-f', 'mp4', '-movflags', parts.slice(9), out('480p.mp4'),
    '-map', '[low]', '-map', '0:a', ...x264(150), ...aac(48), '-f', 'tee', `[f=mp4:${parts}]${out('180p.mp4')}|[f=mp4:${parts}:select=a]${out('audio.mp4')}`);
  const [, user, system] = said.match(/utime=([\d.]+)s stime=([\d.]+)s/);
  return { cpu_s: Number(user) + Number(system), peak_mb: Number(said.match(/maxrss=(\d+)/)[1]) / 1024 };
}

async function ours(film) {
  const ran = spawnSync(path.join(build, 'worker_live_bench'), [path.join(build, 'jiangtang-worker'), film], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  const is = JSON.parse(ran.stdout);
  await rm(path.dirname(is.title), { recursive: true, force: true });
  return is;
}

const folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-bench-'));
const film = path.join(folder, 'film.flv');
makeFilm(film, SECONDS);
const pairs = [];
for (let i = 0; i < RUNS; i++) {
  await mkdir(path.join(folder, 'peer'), { recursive: true });
  pairs.push([await ours(film), peer(film, path.join(folder, 'peer'))]);
}
await rm(folder, { recursive: true, force: true });

const says = (side) => {
  const of = (field) => median(pairs.map((pair) => pair[side][field]));
  return `${(of('cpu_s') / pairs[0][0].seconds).toFixed(2)} core, ${of('peak_mb').toFixed(0)} MB`;
};
row('worker, 720p30 copied + 480p + 180p + sound', says(0), `ffmpeg ${says(1)}`, median(pairs.map(([a, b]) => a.cpu_s / b.cpu_s)));
for (const { name } of pairs[0][0].renditions) {
  const late = (field) => median(pairs.map(([a]) => a.renditions.find((is) => is.name === name)[field])).toFixed(1);
  row(`its parts' lateness, ${name}`, `p50 ${late('p50_ms')} ms, p99 ${late('p99_ms')} ms`);
}
