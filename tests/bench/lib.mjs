// What the benches share: processor seconds of a process, medians, rows of the one table that tests/bench/run prints.
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

/** One row: what, ours, what it is compared with, their ratio, the ratio wanted. The last two may be missing. */
export function row(what, ours, beside = '', ratio, wanted) {
  const verdict = ratio === undefined || wanted === undefined ? '' : ratio <= wanted ? `≤ ${wanted}, met` : `≤ ${wanted}, **missed**`;
  console.log(`| ${[what, ours, beside, ratio === undefined ? '' : ratio.toFixed(2), verdict].join(' | ')} |`);
}
