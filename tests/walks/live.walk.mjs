// ffmpeg publishes 720p30, Chromium plays it with the page's own player: what a learner on a phone gets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import HLS from 'hls-parser';
import { browser, page as newPage, PHONE } from './lib/browser.mjs';
import { house, until, wait } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

let home, master, lecture, encoder, chromium, phone, context;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master, '平角焊实操');
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`);
  await home.untilState(lecture.id, 'on_air');
  chromium = await browser();
  context = await chromium.newContext(PHONE);
  phone = await newPage(context);
});
after(async () => {
  await chromium?.close();
  await encoder.kill();
  await home.stop();
});

/** What the media element says. */
const media = () =>
  phone.evaluate(() => {
    const video = document.querySelector('video');
    const quality = video.getVideoPlaybackQuality();
    return {
      time: video.currentTime,
      frames: quality.totalVideoFrames,
      height: video.videoHeight,
      audio: video.webkitAudioDecodedByteCount,
      video: video.webkitVideoDecodedByteCount,
      paused: video.paused,
      waits: window.waits ?? 0,
    };
  });

/** Counts the stalls from now on. */
const countWaits = () =>
  phone.evaluate(() => {
    window.waits = 0;
    document.querySelector('video').addEventListener('waiting', () => window.waits++);
  });

async function playsOn(what, frames = 60) {
  const from = await media();
  await until(what, async () => (await media()).frames >= from.frames + frames && (await media()).time > from.time + 1, 30_000);
}

test('a newcomer opens the class and sees it play, picture and sound', async (t) => {
  const start = Date.now();
  await phone.goto(`${home.url}/c/${lecture.id}`);
  await until('the first frame', async () => (await phone.$('video')) && (await media()).frames > 0, 30_000);
  t.diagnostic(`first frame ${Date.now() - start} ms after opening`);
  await countWaits();
  await playsOn('the picture goes on');
  const is = await media();
  assert.ok(is.video > 0 && is.audio > 0, JSON.stringify(is));
  assert.equal(is.paused, false);
});

test('the page shows how far behind it is, and comes within three seconds', async (t) => {
  const shown = async () => parseFloat((await phone.$eval('.latency', (it) => it.textContent).catch(() => '')).match(/\d+(\.\d+)?/)?.[0] ?? 'NaN');
  await until('a latency of at most three seconds', async () => (await shown()) <= 3, 30_000);
  t.diagnostic(`latency shown: ${await shown()} s`);
});

test('each quality can be chosen and plays without a stall', async (t) => {
  const heights = [];
  for (const [quality, height] of [['省流', 180], ['流畅', 360], ['标准', 480], ['清晰', 720]]) {
    await countWaits();
    await phone.locator('video').dispatchEvent('pointermove'); // the controls come back
    await phone.locator('button[aria-label^="画质"]').click();
    await phone.locator('.pick button', { has: phone.locator('b', { hasText: quality }) }).click();
    await until(`${quality} is on the screen`, async () => (await media()).height === height, 30_000);
    await playsOn(`${quality} plays on`);
    heights.push(height);
    t.diagnostic(`${quality}: ${(await media()).waits} stalls`);
    assert.equal((await media()).waits, 0, `${quality} stalled`);
  }
  assert.deepEqual(heights, [180, 360, 480, 720]);
});

test('nothing went wrong in the page', () => {
  assert.deepEqual(phone.faults, []);
});

test('the playlists say what the low-latency standard asks for', async () => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const main = HLS.parse(await (await is.media('main.m3u8')).text());
  assert.equal(main.isMasterPlaylist, true);
  assert.ok(main.variants.length >= 4, `${main.variants.length} variants`);
  assert.ok(main.variants.every((variant) => variant.codecs && variant.bandwidth > 0));
  const text = await (await is.media('480p/index.m3u8')).text();
  const list = HLS.parse(text);
  const whole = list.segments.filter((segment) => segment.uri); // the last one may be parts only, as yet
  assert.ok(whole.length > 0 && whole.every((segment) => Math.round(segment.duration) <= list.targetDuration), text);
  assert.match(text, /#EXT-X-SERVER-CONTROL:.*CAN-BLOCK-RELOAD=YES/);
  assert.match(text, /#EXT-X-PART-INF:PART-TARGET=0\.333/);
  assert.match(text, /#EXT-X-PRELOAD-HINT:TYPE=PART/);
});

test('a reload that asks for the next part is answered when it is there', async () => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const now = await (await is.media('480p/index.m3u8')).text();
  const hint = now.match(/#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s/);
  const blocked = await is.media(`480p/index.m3u8?_HLS_msn=${hint[1]}&_HLS_part=${hint[2]}`);
  assert.equal(blocked.status, 200);
  assert.match(await blocked.text(), new RegExp(`URI="${hint[1]}\\.${hint[2]}\\.m4s`));
  const foolish = await is.media(`480p/index.m3u8?_HLS_msn=${Number(hint[1]) + 50}`);
  assert.equal(foolish.status, 400);
});

test('media may be asked for in ranges and kept by the browser', async () => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const [segment] = await is.segments('480p', { epoch: 0 });
  const whole = await is.media(`480p/${segment.uri}`);
  const bytes = Buffer.from(await whole.arrayBuffer());
  assert.match(whole.headers.get('cache-control'), /immutable/);
  const slice = await is.media(`480p/${segment.uri}`, { range: 'bytes=100-199' });
  assert.equal(slice.status, 206);
  assert.equal(slice.headers.get('content-range'), `bytes 100-199/${bytes.length}`);
  assert.deepEqual(Buffer.from(await slice.arrayBuffer()), bytes.subarray(100, 200));
  assert.equal((await is.media(`480p/${segment.uri}`, { range: 'bytes=99999999-' })).status, 416);
});

test('when the class ends the page goes over to the replay by itself', async () => {
  await wait(500);
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  await until('the replay has an end', async () => {
    const duration = await phone.evaluate(() => document.querySelector('video')?.duration ?? 0);
    return Number.isFinite(duration) && duration > 10;
  }, 30_000);
  assert.deepEqual(phone.faults, []);
});
