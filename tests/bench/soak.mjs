// Hours of three classes with learners in them: do memory and descriptors stay flat? tests/bench/soak.mjs [minutes, 60] [--short: 2].
// One class's encoder dies and comes back every minute, learners come and go, talk and beat. What is compared is the median of the
// last third with that of the middle third; the first third is the warming up.
import { readFileSync, readdirSync } from 'node:fs';
import { house, wait } from '../walks/lib/house.mjs';
import { Learner } from '../walks/lib/learner.mjs';
import { publish } from '../walks/lib/publisher.mjs';
import { median, row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const MINUTES = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? (SHORT ? 2 : 60));
const CLASSES = 3, LEARNERS = 5, SAMPLE_MS = 5000, STAY_MS = 40_000, ENCODER_MS = 60_000;
const MORE_MEMORY = 1.05, MORE_FILES = 3; // what counts as flat: 5 % and a few descriptors in a third of the time

const megabytes = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
const files = (pid) => readdirSync(`/proc/${pid}/fd`).length;

const home = await house();
let over = false, parts = 0;

/** A learner's player and page: parts as they come, a word and a beat now and then, and gone after a while. */
async function attend(lecture, session) {
  while (!over) {
    const learner = await new Learner(home, lecture.title_id, session).takePass();
    await learner.join();
    await learner.watch();
    const until_ms = Date.now() + STAY_MS;
    for (let at = 0; Date.now() < until_ms && !over; at++) {
      const list = await learner.media('src/index.m3u8');
      const text = list.ok ? await list.text() : '';
      const part = text.match(/#EXT-X-PART:.*URI="([^"?]+\.m4s)/g)?.at(-1)?.match(/"([^"?]+)/)?.[1];
      const answer = part && (await learner.media(`src/${part}`));
      if (answer?.ok && (await answer.arrayBuffer()).byteLength > 0) parts++;
      if (at % 10 === 0) learner.send({ t: 'say', text: `第 ${at} 句`, id: String(at) });
      await wait(1000);
    }
    learner.leave();
  }
}

async function teach(lecture, dies) {
  while (!over) {
    const encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360' });
    const until_ms = Date.now() + (dies ? ENCODER_MS : 1e12);
    while (Date.now() < until_ms && !over) await wait(500);
    await encoder.kill();
  }
}

const samples = [];
try {
  const master = await home.person('master', 'master');
  const lectures = [];
  for (let i = 0; i < CLASSES; i++) lectures.push(await home.classOf(master, `第 ${i + 1} 班`));
  const going = lectures.map((lecture, i) => teach(lecture, i === 0));
  for (const lecture of lectures) await home.untilState(lecture.id, 'on_air');
  for (let i = 0; i < LEARNERS; i++) going.push(attend(lectures[i % CLASSES], await home.person(`learner${i}`, 'learner')));
  const end = Date.now() + MINUTES * 60_000;
  while (Date.now() < end) {
    await wait(SAMPLE_MS);
    const workers = await home.workers();
    samples.push({ server: megabytes(home.process.pid), files: files(home.process.pid), worker: Math.max(0, ...workers.map(megabytes)) });
  }
  over = true;
  await Promise.allSettled(going);
} finally {
  over = true;
  await home.stop();
}

const third = (name, n) => median(samples.slice((n * samples.length) / 3, ((n + 1) * samples.length) / 3).map((sample) => sample[name]));
const flat = (name, most) => {
  const [before, now] = [third(name, 1), third(name, 2)];
  return { before, now, ok: most(before, now) };
};
const server = flat('server', (a, b) => b <= a * MORE_MEMORY), worker = flat('worker', (a, b) => b <= a * MORE_MEMORY), open = flat('files', (a, b) => b <= a + MORE_FILES);
const told = (is) => (is.ok ? 'flat, met' : '**grows**');
row(`${MINUTES} min of ${CLASSES} classes: the server's memory`, `${server.now.toFixed(1)} MB`, `a third earlier ${server.before.toFixed(1)} MB`, server.now / server.before, told(server));
row('its descriptors', String(open.now), `a third earlier ${open.before}`, open.now / open.before, told(open));
row('the largest worker', `${worker.now.toFixed(1)} MB`, `a third earlier ${worker.before.toFixed(1)} MB`, worker.now / worker.before, told(worker));
const watched = parts > MINUTES * 60; // a part a second among them all is little
row('parts the learners read', String(parts), `${LEARNERS} learners`, parts / (MINUTES * 60 * LEARNERS), watched ? 'they watched' : '**they saw nothing**');
if (!(server.ok && worker.ok && open.ok && watched)) process.exitCode = 1;
