// Fan-out of chat: so many listeners in one room, ten messages a second; the server's processor time per delivery, how late the
// copies are, and whether everybody heard everything.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build, house, wait } from '../walks/lib/house.mjs';
import { Learner } from '../walks/lib/learner.mjs';
import { cpuSeconds, row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const SIZES = [1_000, 10_000];
const MESSAGES = SHORT ? 30 : 150, PER_SECOND = 10, PATIENCE_S = MESSAGES / PER_SECOND + 20;
const TALKERS = 24; // each may speak once in two seconds

async function talkersIn(home, title) {
  const talkers = [];
  for (let i = 0; i < TALKERS; i++) {
    const talker = await new Learner(home, title, await home.person(`talker${i}`, 'learner')).takePass();
    await talker.join();
    talkers.push(talker);
  }
  return talkers;
}

/** The listeners' process: { joined, over }, each a promise of what it prints then. */
function listen(home, count, title, pass) {
  const child = spawn(path.join(build, 'wsload'), [home.port, count, MESSAGES, PATIENCE_S, title, pass].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const lines = [promised(), promised()];
  child.stdout.on('data', (bytes) => {
    said += bytes;
    said.split('\n').slice(0, -1).forEach((line, i) => lines[i].resolve(JSON.parse(line)));
  });
  child.once('exit', () => lines.forEach((line) => line.reject(new Error('wsload ended too early'))));
  return { joined: lines[0].promise, over: lines[1].promise };
}

function promised() {
  const is = {};
  is.promise = new Promise((resolve, reject) => Object.assign(is, { resolve, reject }));
  is.promise.catch(() => {}); // it may fail before anybody waits for it
  return is;
}

async function speak(talkers) {
  const began = performance.now();
  for (let i = 0; i < MESSAGES; i++) {
    const talker = talkers[i % TALKERS];
    talker.heard.length = 0;
    talker.send({ t: 'say', text: `T${process.hrtime.bigint()}${' '.repeat(100)}.` });
    await wait(Math.max(0, began + ((i + 1) * 1000) / PER_SECOND - performance.now()));
  }
}

async function measure(count) {
  const home = await house();
  const master = await home.person('zhao', 'master');
  const { title_id: title } = await home.classOf(master);
  const { pass } = await new Learner(home, title, null).takePass();
  const talkers = await talkersIn(home, title);
  const crowd = listen(home, count, title, pass);
  const { joined } = await crowd.joined;
  const before = cpuSeconds(home.process.pid);
  await speak(talkers);
  const { deliveries, cut, p50_ms, p99_ms } = await crowd.over;
  const cpu = cpuSeconds(home.process.pid) - before;
  talkers.forEach((talker) => talker.leave());
  await home.stop();
  const lost = count * MESSAGES - deliveries;
  const each = `${((cpu / (deliveries + TALKERS * MESSAGES)) * 1e6).toFixed(1)} µs CPU a delivery`;
  row(`chat to ${joined.toLocaleString('en')} listeners, ${PER_SECOND} messages a second`, `${each}; late by p50 ${p50_ms} ms, p99 ${p99_ms} ms`,
    `${lost.toLocaleString('en')} of ${(count * MESSAGES).toLocaleString('en')} lost, ${cut} cut`);
}

for (const count of SIZES) await measure(count);
