// Two encoders of one class: the one with the backup key stands by, follows when the main one is gone or stuck, and gives way again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { house, until } from './lib/house.mjs';
import { publish } from './lib/publisher.mjs';

const GOP_S = 1;
const START_S = 2; // a worker's start on a busy machine: the bound is the feature's, not the machine's

let home, master, lecture, main, backup;
const encoders = [];

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master, '双机位');
});
after(async () => {
  for (const encoder of encoders) await encoder.kill();
  await home.stop();
});

function send(url, options = {}) {
  const encoder = publish(url.replace('//localhost', '//127.0.0.1'), { size: '320x180', gop: GOP_S, ...options });
  encoders.push(encoder);
  return encoder;
}
const sendMain = () => send(`${home.rtmp}/${lecture.publish.key}`);
const show = () => home.api('GET', `/api/v1/classes/${lecture.id}`, { token: master.token, status: 200 });
const untilShown = (what, fits, ms) => until(what, async () => fits(await show()), ms);

async function journal() {
  const text = await readFile(path.join(home.data, 'titles', lecture.title_id, 'journal'), 'utf8');
  return text.split('\n').slice(0, -1).map((line) => line.split(' '));
}
const parts = async () => (await journal()).filter(([word, name]) => word === 'part' && name === 'src').map((fields) => fields.map(Number));
async function grows() {
  const than = (await parts()).length + 3;
  await until('the journal grows', async () => (await parts()).length >= than);
}

/** The widest hole between two parts of the copied picture, in seconds of the title's time. */
async function widestHole() {
  const all = await parts();
  return Math.max(0, ...all.slice(1).map((part, i) => (part[6] - all[i][6] - all[i][7]) / 90000));
}

test('the backup key is another one, and who comes with it stands by', async () => {
  assert.notEqual(lecture.publish.backup.key, lecture.publish.key);
  main = sendMain();
  await home.untilState(lecture.id, 'on_air');
  backup = send(lecture.publish.backup.srt, { format: 'mpegts' });
  await untilShown('the second stands by', (is) => is.standby.startsWith('srt'));
  const is = await show();
  assert.ok(is.publisher.startsWith('rtmp') && !is.on_backup, JSON.stringify(is));
  await grows();
  assert.equal((await journal()).filter(([word]) => word === 'discontinuity').length, 0);
});

test('the main encoder dies: the backup is on air within a GOP, and the class was never interrupted', async (t) => {
  const states = new Set();
  await main.kill();
  await untilShown('the backup is on air', (is) => {
    states.add(is.state);
    return is.on_backup && is.publisher.startsWith('srt');
  });
  await grows();
  states.add(await home.state(lecture.id));
  assert.deepEqual([...states], ['on_air']);
  const hole = await widestHole();
  t.diagnostic(`hole of ${hole.toFixed(2)} s`);
  assert.ok(hole <= GOP_S + START_S, `${hole} s`);
});

test('the main encoder comes back: it stands by until it has been steady for ten seconds', async (t) => {
  const began = Date.now();
  main = sendMain();
  await untilShown('it stands by', (is) => is.on_backup && is.standby.startsWith('rtmp'));
  await untilShown('it is on air again', (is) => !is.on_backup && is.standby.startsWith('srt'), 40_000);
  const took = Date.now() - began;
  t.diagnostic(`on air again after ${took} ms`);
  assert.ok(took >= 10_000, `${took} ms`);
  await grows();
  assert.equal(await home.state(lecture.id), 'on_air');
  assert.ok((await widestHole()) <= GOP_S + START_S);
});

test('the main encoder is stuck: the backup does not wait for its end', async () => {
  main.child.kill('SIGSTOP');
  await untilShown('the backup is on air', (is) => is.on_backup);
  await grows();
  assert.equal(await home.state(lecture.id), 'on_air');
  main.child.kill('SIGCONT');
});

test('without anybody beside it, an encoder that dies interrupts the class as ever', async () => {
  await main.kill();
  await untilShown('nobody stands by', (is) => is.standby === '');
  await backup.kill();
  await home.untilState(lecture.id, 'interrupted');
  await untilShown('nobody is there', (is) => !is.publisher && !is.standby && !is.on_backup);
});
