// A reader who does not read is cut off and never waited for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import net from 'node:net';
import { house, until, wait } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';

let home, master, lecture;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master);
});
after(() => home.stop());

test('one who stops reading is cut while everybody else hears everything', async () => {
  const slow = await new Learner(home, lecture.title_id, null).takePass();
  await slow.join();
  slow.socket._socket.pause();
  const people = [];
  for (let i = 0; i < 20; i++) people.push(await home.person(`reader${i}`, 'learner'));
  const talkers = [];
  for (const session of people) {
    const is = await new Learner(home, lecture.title_id, session).takePass();
    await is.join();
    talkers.push(is);
  }
  const quick = await new Learner(home, lecture.title_id, null).takePass();
  await quick.join();
  let sent = 0;
  const text = '焊'.repeat(200);
  const end = Date.now() + 60_000;
  const gone = async () => (await (await fetch(`${home.url}/metrics`)).text()).match(/room_members(?:\{[^}]*\})? (\d+)/)?.[1];
  const all = talkers.length + 2;
  while (Date.now() < end && Number(await gone()) === all) {
    talkers.forEach((is) => is.send({ t: 'say', text }));
    sent += talkers.length;
    await wait(100);
  }
  assert.equal(Number(await gone()), all - 1, `after ${sent} messages the slow one is still there`);
  const said = quick.heard.filter((m) => m.t === 'said').map((m) => m.seq);
  assert.deepEqual(said, said.map((_, i) => said[0] + i), 'the quick one missed none');
  [...talkers, quick, slow].forEach((is) => is.leave());
});

test('one who asks for the page and reads nothing does not hold up others', async () => {
  const sockets = [];
  for (let i = 0; i < 50; i++) {
    const socket = net.connect(home.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50));
    sockets.push(socket);
  }
  const answer = await fetch(`${home.url}/healthz`);
  assert.equal(answer.status, 200);
  sockets.forEach((socket) => socket.destroy());
  await until('still healthy', async () => (await fetch(`${home.url}/readyz`)).status === 200);
});
