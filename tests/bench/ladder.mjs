// A whole lesson made of a 1080p recording, against the ffmpeg command line: one decoder, one scaler a rung, x264 with the same preset, quality, ceilings
// and keyframes, the same sounds; ffmpeg with as many threads as it likes. Processor, time, memory; and how near each rung is to the recording.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ffmpeg, median, peakMegabytes, row } from './lib.mjs';
import { lesson, probe, readTitle } from '../walks/lib/worker.mjs';

const SHORT = process.argv.includes('--short');
const SECONDS = SHORT ? 12 : 40, PAIRS = SHORT ? 1 : Number(process.env.PAIRS ?? 5);

/** media/worker/coder.h and plan.c in ffmpeg's words. */
const RUNGS = [['1080p', 1920, 1080, 4500], ['720p', 1280, 720, 2200], ['480p', 854, 480, 1000], ['360p', 640, 360, 500], ['180p', 320, 180, 150]];
const SOUNDS = [128, 64, 48];

function makeRecording(file) {
  // Something that moves, something that stays, and the noise of a cheap camera.
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=30,noise=alls=6:allf=t', '-f', 'lavfi', '-i', 'sine=frequency=440:beep_factor=4:sample_rate=48000', '-t', String(SECONDS), '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-crf', '14', '-c:a', 'aac', '-b:a', '160k', '-ac', '2', file);
}

/** What the kernel counted of a worker, read when it says that all is written. */
function usage(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { cpu_s: (Number(fields[11]) + Number(fields[12])) / 100, peak_mb: peakMegabytes(pid) };
}

async function ours(film, facts, dir) {
  const began = performance.now();
  let used;
  const worker = lesson(film, dir, facts, { may_copy: false, on: (kind) => {
    if (kind === 'done') used = { ...usage(worker.pid), wall_s: (performance.now() - began) / 1000 };
  } });
  const ended = await worker.ended;
  if (!ended.done) throw new Error(ended.failed ?? ended.stderr);
  return used;
}

/** ffmpeg as far behind live classes as the worker puts itself. */
function besideLive(...args) {
  const ran = spawnSync('nice', ['-n', '10', 'ffmpeg', '-hide_banner', '-nostdin', '-y', ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (ran.status !== 0) throw new Error(ran.stderr.slice(-2000));
  return ran.stderr;
}

function peer(film, folder, gain_db) {
  const outs = RUNGS.map((_, i) => `[o${i}]`).join(''), scales = RUNGS.map(([, w, h], i) => `[o${i}]scale=${w}:${h}:flags=bicubic[v${i}]`).join(';');
  const x264 = (kbps) => ['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-crf', '23', '-maxrate', `${kbps}k`, '-bufsize', `${2 * kbps}k`,
    '-sc_threshold', '0', '-g', '100000', '-force_key_frames', 'expr:gte(t,n_forced*4)'];
  // One encoder for each bit rate of sound, as ours has; the rungs that share it get a copy.
  const said = besideLive('-benchmark', '-i', film, '-filter_complex', `[0:v]split=${RUNGS.length}${outs};${scales};[0:a]volume=${gain_db}dB,asplit=3[a128][a64][a48]`,
    ...RUNGS.flatMap(([name, , , kbps], i) => ['-map', `[v${i}]`, ...x264(kbps), '-f', 'mp4', '-movflags', '+frag_keyframe+empty_moov', path.join(folder, `${name}.mp4`)]),
    ...SOUNDS.flatMap((kbps) => ['-map', `[a${kbps}]`, '-c:a', 'aac', '-b:a', `${kbps}k`, '-f', 'mp4', '-movflags', '+frag_keyframe+empty_moov', path.join(folder, `a${kbps}.mp4`)]));
  const [, user, system, wall] = said.match(/utime=([\d.]+)s stime=([\d.]+)s rtime=([\d.]+)s/);
  return { cpu_s: Number(user) + Number(system), wall_s: Number(wall), peak_mb: Number(said.match(/maxrss=(\d+)/)[1]) / 1024 };
}

/** PSNR and SSIM, both in dB, of a rung against the recording at its size. */
function likeness(film, file, width, height) {
  const said = ffmpeg('-i', file, '-i', film, '-lavfi', `[1:v]scale=${width}:${height}:flags=bicubic[r];[0:v]split[a][b];[r]split[c][d];[a][c]psnr;[b][d]ssim`, '-an', '-f', 'null', '-');
  return { psnr: Number(said.match(/average:([\d.]+)/)[1]), ssim: Number(said.match(/All:[\d.]+ \(([\d.]+)\)/)[1]), bytes: statSync(file).size };
}

async function wholeRung(title, name) {
  const rendition = title.renditions.find((is) => is.name === name), file = path.join(title.dir, `${name}.mp4`);
  const parts = await Promise.all(['init-0.mp4', ...rendition.segments.map((is) => `${is.msn}.m4s`)].map((part) => readFile(path.join(title.dir, name, part))));
  await writeFile(file, Buffer.concat(parts));
  return file;
}

const folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-bench-'));
const film = path.join(folder, 'film.mp4'), dir = path.join(folder, 'title'), beside = path.join(folder, 'peer');
makeRecording(film);
const facts = await probe(film);
const pairs = [];
for (let i = 0; i < PAIRS; i++) {
  await rm(dir, { recursive: true, force: true });
  await mkdir(beside, { recursive: true });
  const first = i % 2 ? peer(film, beside, facts.audio.gain_db) : undefined;
  const mine = await ours(film, facts, dir);
  pairs.push([mine, first ?? peer(film, beside, facts.audio.gain_db)]);
}
const of = (side, field) => median(pairs.map((pair) => pair[side][field]));
const ratio = (field) => median(pairs.map(([a, b]) => a[field] / b[field]));
const what = `a lesson of ${SECONDS} s at 1080p in five rungs`;
row(`${what}, processor`, `${of(0, 'cpu_s').toFixed(1)} s`, `ffmpeg ${of(1, 'cpu_s').toFixed(1)} s`, ratio('cpu_s'), 1);
row(`${what}, time`, `${of(0, 'wall_s').toFixed(1)} s`, `ffmpeg ${of(1, 'wall_s').toFixed(1)} s`, ratio('wall_s'), 1);
row(`${what}, memory`, `${of(0, 'peak_mb').toFixed(0)} MB`, `ffmpeg ${of(1, 'peak_mb').toFixed(0)} MB`, ratio('peak_mb'), 1);
const title = await readTitle(dir);
for (const [name, width, height] of RUNGS) {
  const a = likeness(film, await wholeRung(title, name), width, height), b = likeness(film, path.join(beside, `${name}.mp4`), width, height);
  const worse = Math.max(b.psnr - a.psnr, b.ssim - a.ssim);
  row(`its ${name}`, `PSNR ${a.psnr.toFixed(2)} dB, SSIM ${a.ssim.toFixed(2)} dB, ${(a.bytes / 1e6).toFixed(2)} MB`,
    `ffmpeg ${b.psnr.toFixed(2)} dB, ${b.ssim.toFixed(2)} dB, ${(b.bytes / 1e6).toFixed(2)} MB`, a.bytes / b.bytes, worse <= 0.1 ? 'within 0.1 dB, met' : `within 0.1 dB, **${worse.toFixed(2)} worse**`);
}
await rm(folder, { recursive: true, force: true });
