// What the benches share: processor seconds of a process, medians, rows of the one table that tests/bench/run prints.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** Processor seconds all threads of a process have used so far (the kernel's own nanoseconds, not its ticks). */
export function cpuSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]));
  return ns.reduce((sum, one) => sum + one, 0) / 1e9;
}

/** Megabytes a process holds in memory, at its highest. */
export const peakMegabytes = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) / 1024;

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs it to its end; what it said. */
export function ffmpeg(...args) {
  const ran = spawnSync('ffmpeg', ['-hide_banner', '-nostdin', '-y', ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (ran.status !== 0) throw new Error(`ffmpeg: ${ran.stderr.slice(-2000)}`);
  return ran.stderr;
}

/** A film as OBS sends it: 2.5 Mb/s, a keyframe every two seconds. Moving and noisy, so that encoders have work. */
export function makeFilm(film, seconds) {
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30,noise=alls=8:allf=t', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-t', String(seconds), '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-b:v', '2500k', '-maxrate', '2500k',
    '-bufsize', '2500k', '-g', '60', '-sc_threshold', '0', '-c:a', 'aac', '-b:a', '96k', '-ac', '2', '-f', 'flv', film);
}

/** One row: what, ours, what it is compared with, their ratio, the ratio wanted. The last two may be missing. */
export function row(what, ours, beside = '', ratio, wanted) {
  const verdict = ratio === undefined || wanted === undefined ? '' : ratio <= wanted ? `≤ ${wanted}, met` : `≤ ${wanted}, **missed**`;
  console.log(`| ${[what, ours, beside, ratio === undefined ? '' : ratio.toFixed(2), verdict].join(' | ')} |`);
}
