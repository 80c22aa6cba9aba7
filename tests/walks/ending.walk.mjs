// The end of a class reaches whoever watches, whatever the buffer of their player looks like.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, page as newPage, PHONE } from './lib/browser.mjs';
import { house, until } from './lib/house.mjs';
import { publish } from './lib/publisher.mjs';
import { visitor } from './lib/views.mjs';

let home, chromium, master;
const encoders = [];

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  for (const one of encoders) await one.kill();
  await home?.stop();
});

async function onAir(title) {
  const lecture = await home.classOf(master, title);
  encoders.push(publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180', fps: 25, gop: 1 }));
  await home.untilState(lecture.id, 'on_air');
  return lecture;
}

/** A learner's page in the class, whose buffers the test can reach. */
async function watch(lecture) {
  const context = await visitor(chromium, home, PHONE);
  await context.addInitScript(() => {
    const add = MediaSource.prototype.addSourceBuffer;
    globalThis.buffers = [];
    MediaSource.prototype.addSourceBuffer = function addSourceBuffer(...args) {
      const made = add.apply(this, args);
      globalThis.buffers.push(made);
      return made;
    };
  });
  const it = await newPage(context);
  await it.goto(`/c/${lecture.id}`);
  return it;
}

const media = (it) =>
  it.evaluate(() => {
    const video = document.querySelector('video');
    const buffered = Array.from({ length: video?.buffered.length ?? 0 }, (_, i) => [video.buffered.start(i), video.buffered.end(i)]);
    return { time: video?.currentTime ?? 0, ended: video?.ended, ready: video?.readyState, buffered };
  });
const told = async (it) => JSON.stringify(await media(it));
const plays = (it, to) => until(`the learner plays up to ${to} s`, async () => (await media(it)).time > to, 60_000, () => told(it));

async function end(lecture) {
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
}

async function mayReplay(it) {
  const way = it.getByRole('button', { name: '看回放' });
  await until('the page offers the replay', () => way.isVisible(), 60_000, () => told(it));
  await way.click();
  await until('it plays again from its start', async () => {
    const is = await media(it);
    return is.time > 0.5 && is.time < 6 && !is.ended;
  }, 30_000, () => told(it));
  assert.deepEqual(it.faults, []);
}

/** The last pictures before a keyframe are gone: a hole that a player crosses without a word. */
const holeBefore = (it, keyframe) =>
  it.evaluate(async (at) => {
    const buffer = globalThis.buffers.at(-1);
    while (buffer.updating) await new Promise((done) => buffer.addEventListener('updateend', done, { once: true }));
    buffer.remove(at - 0.07, at - 0.02);
    await new Promise((done) => buffer.addEventListener('updateend', done, { once: true }));
  }, keyframe);

test('behind a small hole in what was seen', { timeout: 180_000 }, async () => {
  const lecture = await onAir('下料');
  const it = await watch(lecture);
  await plays(it, 6);
  const text = await it.evaluate(async () => {
    const asked = performance.getEntriesByType('resource').map((one) => one.name).filter((name) => /\/index\.m3u8/.test(name));
    return (await fetch(asked.at(-1).replace(/\?.*/, ''))).text();
  });
  const seen = (await media(it)).time - 2;
  let keyframe = 0;
  for (const [, seconds] of text.matchAll(/#EXTINF:([\d.]+)/g)) if (keyframe + Number(seconds) < seen) keyframe += Number(seconds);
  await holeBefore(it, keyframe);
  const { buffered } = await media(it);
  assert.equal(buffered.length, 2, JSON.stringify({ keyframe, buffered }));
  const hole = buffered[1][0] - buffered[0][1];
  assert.ok(hole > 0.03 && hole < 0.1, JSON.stringify({ keyframe, buffered }));
  await end(lecture);
  await mayReplay(it);
  await it.context().close();
});
