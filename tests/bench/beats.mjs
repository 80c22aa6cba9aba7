// Learning beats through the clerk: a learner each in turn, every beat a job, SQLite on disk at full durability.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from '../walks/lib/house.mjs';
import { median, row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const RUNS = 3, LEARNERS = 10_000, BEATS = SHORT ? 100_000 : 400_000;

async function measure() {
  const folder = await mkdtemp(path.join(build, 'beats-')); // on a disk: a temporary folder may be memory
  const ran = spawnSync(path.join(build, 'ledger_beats_bench'), [folder, LEARNERS, BEATS].map(String), { encoding: 'utf8' });
  await rm(folder, { recursive: true, force: true });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout);
}

const runs = [];
for (let i = 0; i < RUNS; i++) runs.push(await measure());
const of = (field) => median(runs.map((run) => run[field]));
row(`learning beats of ${LEARNERS.toLocaleString('en')} learners through the clerk`, `${of('cpu_us_per_beat').toFixed(1)} µs CPU a beat`, `${of('beats_per_s').toLocaleString('en')} beats/s`);
