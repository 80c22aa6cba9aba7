// What cheats earn: nothing, or at most what the clock allows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { house, until, wait } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

let home, master, lecture, segments, whole;
let names = 0;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master);
  const encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180', seconds: 40 });
  await encoder.exit;
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  const { epoch_ms: epoch } = await home.api('GET', `/api/v1/classes/${lecture.id}`, { status: 200 });
  const first = await new Learner(home, lecture.title_id, null).takePass();
  segments = await first.segments('audio', { epoch });
  whole = segments.at(-1).to;
  assert.ok(whole > 35_000, `a lesson of ${whole} ms`);
});
after(() => home.stop());

async function learner() {
  const session = await home.person(`learner${++names}`, 'learner');
  const is = await new Learner(home, lecture.title_id, session).takePass();
  await is.join();
  return Object.assign(is, { session });
}

const progress = (session) =>
  home.api('GET', `/api/v1/learning/${lecture.title_id}`, { token: session.token, status: 200 });

test('perfect beats without fetching the media earn nothing', async () => {
  const cheat = await learner();
  await cheat.watch();
  const ack = await cheat.watchHonestly(0, 15_000);
  assert.equal(ack.credited_ms, 0);
  assert.ok(ack.refused.some((r) => r.reason === 'not_delivered'));
  cheat.leave();
});

test('an honest learner keeps every second', async () => {
  const honest = await learner();
  await honest.fetchSegments('audio', segments);
  await honest.watch();
  const ack = await honest.watchHonestly(0, 20_000);
  assert.ok(ack.credited_ms >= 19_900 && ack.credited_ms <= 20_000, `${ack.credited_ms} ms of 20000`);
  honest.leave();
});

test('sixteen times the speed earns at most the clock', async () => {
  const cheat = await learner();
  await cheat.fetchSegments('audio', segments);
  const start = Date.now();
  await cheat.watch();
  let ack;
  for (let i = 0; i < 2; i++) {
    await wait(2600);
    ack = await cheat.beat(i * 18_000, (i + 1) * 18_000, { rate: 16 });
  }
  const elapsed = Date.now() - start;
  assert.ok(ack.credited_ms <= elapsed + 5000 + elapsed / 100, `${ack.credited_ms} ms in ${elapsed} ms`);
  cheat.leave();
});

test('two tabs earn once, and the older one is told', async () => {
  const one = await learner();
  await one.fetchSegments('audio', segments);
  const two = await new Learner(home, lecture.title_id, one.session).takePass();
  await two.join();
  await one.watch();
  await two.watch();
  assert.equal((await one.hear('lease_lost')).reason, 'other_device');
  one.send({ t: 'beat', session: one.lease.session, seq: 1, nonce: one.nonce, from_ms: 0, to_ms: 5000, rate: 1, visible: true, playing: true });
  const ack = await two.watchHonestly(10_000, 20_000);
  assert.ok(ack.credited_ms <= 10_000);
  const { credited_ms, covered } = await until('flushed', async () => {
    const is = await progress(one.session);
    return is.credited_ms === ack.credited_ms && is;
  });
  assert.ok(credited_ms <= 10_000);
  assert.ok(covered.every(([from]) => from >= 10_000), 'nothing of the older tab');
  one.leave();
  two.leave();
});

test('a replayed beat gets the same answer and adds nothing; a foreign nonce ends the lease', async () => {
  const cheat = await learner();
  await cheat.fetchSegments('audio', segments);
  await cheat.watch();
  const nonce = cheat.nonce;
  await wait(5000);
  const ack = await cheat.beat(0, 5000);
  for (let i = 0; i < 5; i++) {
    cheat.send({ t: 'beat', session: cheat.lease.session, seq: 1, nonce, from_ms: 0, to_ms: 5000, rate: 1, visible: true, playing: true });
    const again = await cheat.hear('ack');
    assert.equal(again.credited_ms, ack.credited_ms);
    assert.equal(again.nonce, ack.nonce);
    await wait(300);
  }
  cheat.send({ t: 'beat', session: cheat.lease.session, seq: 3, nonce: 'f'.repeat(16), from_ms: 5000, to_ms: 10_000, rate: 1, visible: true, playing: true });
  await cheat.hear('lease_lost', (m) => m.reason === 'sequence');
  await until('nothing was added', async () => (await progress(cheat.session)).credited_ms <= ack.credited_ms);
  cheat.leave();
});

test('hidden, paused and already covered stretches earn nothing', async () => {
  const learnerIs = await learner();
  await learnerIs.fetchSegments('audio', segments);
  await learnerIs.watch();
  await wait(5000);
  assert.equal((await learnerIs.beat(0, 5000, { visible: false })).credited_ms, 0);
  await wait(5000);
  assert.equal((await learnerIs.beat(5000, 10_000, { playing: false })).credited_ms, 0);
  await wait(5000);
  const once = await learnerIs.beat(0, 5000);
  assert.ok(once.credited_ms > 4800);
  await wait(5000);
  const twice = await learnerIs.beat(0, 5000);
  assert.equal(twice.credited_ms, once.credited_ms, 'looping a short part adds nothing');
  learnerIs.leave();
});

test('a beat outside the lesson or turned round is refused and changes nothing', async () => {
  const cheat = await learner();
  await cheat.fetchSegments('audio', segments);
  await cheat.watch();
  for (const [from, to] of [[whole + 60_000, whole + 65_000], [5000, 0], [-5000, 0], [0, 1e15]]) {
    cheat.send({ t: 'beat', session: cheat.lease.session, seq: cheat.seq + 1, nonce: cheat.nonce, from_ms: from, to_ms: to, rate: 1, visible: true, playing: true });
    const answer = await until('an answer', () => cheat.heard.findIndex((m) => ['ack', 'error', 'lease_lost'].includes(m.t)) >= 0 && cheat.heard.shift());
    if (answer.t === 'ack') {
      cheat.seq++;
      cheat.nonce = answer.nonce;
    }
    await wait(2600);
  }
  assert.equal((await progress(cheat.session)).credited_ms, 0);
  cheat.leave();
});

test('media without a pass, with a pass for another title, or with a bent one is refused', async () => {
  const other = await home.classOf(master, '别的课');
  const foreign = await new Learner(home, other.title_id, null).takePass();
  const url = `${home.url}/media/${lecture.title_id}/main.m3u8`;
  assert.equal((await fetch(url)).status, 401);
  assert.equal((await fetch(`${url}?pass=${foreign.pass}`)).status, 403);
  const bent = foreign.pass.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'));
  assert.ok([401, 403].includes((await fetch(`${url}?pass=${bent}`)).status));
});
