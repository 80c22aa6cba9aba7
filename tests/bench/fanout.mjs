// Fan-out of chat: N listeners, 10 messages a second; server CPU per delivery and how late the copies are.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build, house, wait } from '../walks/lib/house.mjs';
import { Learner } from '../walks/lib/learner.mjs';
import { cpuSeconds, table } from './lib.mjs';

const SIZES = (process.env.BENCH_SOCKETS ?? '1000,10000').split(',').map(Number);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const PER_SECOND = 10, TALKERS = 24; // each may speak once in two seconds

async function measure(listeners) {
  const home = await house();
  const master = await home.person('zhao', 'master');
  const lecture = await home.classOf(master);
  const { pass } = await new Learner(home, lecture.title_id, null).takePass();
  const talkers = [];
  for (let i = 0; i < TALKERS; i++) {
    const talker = await new Learner(home, lecture.title_id, await home.person(`t${i}`, 'learner')).takePass();
    await talker.join();
    talkers.push(talker);
  }
  const load = spawn(path.join(build, 'wsload'), [home.port, listeners, SECONDS, lecture.title_id, pass].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  load.stdout.on('data', (bytes) => (said += bytes));
  const over = new Promise((done) => load.once('exit', done));
  while (!said.includes('joined') && load.exitCode === null) await wait(50);
  const before = cpuSeconds(home.process.pid);
  for (let i = 0; i < PER_SECOND * (SECONDS - 1); i++) {
    talkers[i % TALKERS].send({ t: 'say', text: `T${process.hrtime.bigint()}${' '.repeat(100)}.` });
    talkers[i % TALKERS].heard.length = 0;
    await wait(1000 / PER_SECOND);
  }
  const cpu = cpuSeconds(home.process.pid) - before;
  await over;
  talkers.forEach((talker) => talker.leave());
  const [{ joined }, result] = said.trim().split('\n').map((line) => JSON.parse(line));
  await home.stop();
  return [joined, result.deliveries, result.cut, ((cpu / result.deliveries) * 1e6).toFixed(1), result.p50_ms, result.p99_ms];
}

const rows = [];
for (const listeners of SIZES) rows.push(await measure(listeners));
table(['listeners', 'deliveries', 'cut', 'CPU a delivery, µs', 'p50, ms', 'p99, ms'], rows);
