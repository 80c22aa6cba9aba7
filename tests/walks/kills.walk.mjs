// An encoder that dies again and again: one class, one recording, and a learner's player that goes on after each death.
// KILLS=50 for the long way; five by default.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { browser, page as newPage, PHONE } from './lib/browser.mjs';
import { house, until } from './lib/house.mjs';
import { publish } from './lib/publisher.mjs';

const KILLS = Number(process.env.KILLS ?? 5);
const GOP_S = 1;
const STORE = 60; // pictures: two seconds
const START_S = 2; // an ffmpeg's and a worker's start on a busy machine

let home, master, lecture, encoder, chromium, phone;
const reconnects = []; // seconds from each death to the next encoder's key being taken

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master, '信号不好的一天');
  encoder = send();
  await home.untilState(lecture.id, 'on_air');
  chromium = await browser();
  phone = await newPage(await chromium.newContext(PHONE));
});
after(async () => {
  await chromium?.close();
  await encoder.kill();
  await home.stop();
});

const send = () => publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180', gop: GOP_S });
const show = () => home.api('GET', `/api/v1/classes/${lecture.id}`, { token: master.token, status: 200 });

const media = () =>
  phone.evaluate(() => {
    const video = document.querySelector('video');
    return video && { time: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames, error: video.error?.message ?? null, source: video.src };
  });

async function journal() {
  const text = await readFile(path.join(home.data, 'titles', lecture.title_id, 'journal'), 'utf8');
  return text.split('\n').slice(0, -1).map((line) => line.split(' '));
}

/** Title time that the copied picture has reached, in seconds. */
async function reached() {
  const last = (await journal()).findLast(([word, name]) => word === 'part' && name === 'src');
  return (Number(last[6]) + Number(last[7])) / 90000;
}

async function dieAndComeBack() {
  const had = await reached();
  const died = Date.now();
  await encoder.kill();
  await until('the class knows', async () => (await show()).publisher === '');
  encoder = send();
  await until('the key is taken', async () => (await show()).publisher !== '');
  reconnects.push((Date.now() - died) / 1000);
  await until('the recording goes on', async () => (await reached()) > had + 0.5, 30_000);
  await home.untilState(lecture.id, 'on_air');
}

/** The player shows what came after the death: more pictures than it can have had in store. */
async function playsOn() {
  const was = await media();
  await until('the picture goes on', async () => {
    const is = await media();
    assert.equal(is.error, null);
    return is.frames > was.frames + STORE && is.time > was.time;
  }, 30_000);
}

test('a learner watches', async () => {
  await phone.goto(`${home.url}/c/${lecture.id}`);
  await until('the first frame', async () => ((await media())?.frames ?? 0) > 0, 30_000);
});

test(`the encoder is killed ${KILLS} times in a row, and each time the learner's picture goes on by itself`, { timeout: KILLS * 60_000 }, async () => {
  const { source } = await media();
  for (let i = 0; i < KILLS; i++) {
    await dieAndComeBack();
    await playsOn();
  }
  assert.equal((await media()).source, source, 'the player was never built anew');
  assert.deepEqual(phone.faults, []);
});

test('it was one class with one recording, and no gap is wider than the reconnection and a GOP', async (t) => {
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  assert.equal((await show()).title_id, lecture.title_id);
  const lines = await journal();
  const parts = lines.filter(([word, name]) => word === 'part' && name === 'src').map((fields) => fields.map(Number));
  const holes = parts.slice(1).map((part, i) => (part[6] - parts[i][6] - parts[i][7]) / 90000);
  const widest = Math.max(...holes);
  t.diagnostic(`${lines.filter(([word]) => word === 'discontinuity').length} discontinuities, widest gap ${widest.toFixed(2)} s, slowest reconnection ${Math.max(...reconnects).toFixed(2)} s`);
  assert.ok(lines.filter(([word]) => word === 'discontinuity').length >= KILLS);
  assert.ok(widest <= Math.max(...reconnects) + GOP_S + START_S, `${widest} s`);
  assert.equal(lines.filter(([word]) => word === 'end').length, 1);
  assert.ok(!home.log.some((line) => /its worker is gone/.test(line)), 'no worker died');
});
