// Players other people wrote on a class on air: Shaka Player and video.js in Chromium, hls-parser on every playlist.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import path from 'node:path';
import HLS from 'hls-parser';
import { browser, DESKTOP, page as newPage } from './lib/browser.mjs';
import { house, top, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

const MODULES = path.join(top, 'tests/node_modules');
let home, lecture, encoder, chromium;

before(async () => {
  home = await house();
  lecture = await home.classOf(await home.person('zhao', 'master', '赵铁柱'));
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360' });
  await home.untilState(lecture.id, 'on_air');
  const is = await new Learner(home, lecture.title_id, null).takePass();
  // Shaka looks into the newest segment for its codecs, and fails when that one has only parts as yet.
  await until('there are whole segments', async () => /^3\.m4s/m.test(await (await is.media('src/index.m3u8')).text()));
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  await encoder.kill();
  await home.stop();
});

/** Each is run in the page, with its library there; what it calls an error ends in window.errors. */
const players = {
  async shaka({ url }) {
    window.shaka.polyfill.installAll();
    const player = new window.shaka.Player();
    player.addEventListener('error', ({ detail }) => window.errors.push(`${detail.category}.${detail.code}`));
    await player.attach(document.querySelector('video'));
    player.configure({ streaming: { lowLatencyMode: true } });
    await player.load(url);
    window.isLive = () => player.isLive();
  },
  async videojs({ url }) {
    const player = window.videojs(document.querySelector('video'), { liveui: true });
    player.on('error', () => window.errors.push(player.error()?.message));
    player.src({ src: url, type: 'application/vnd.apple.mpegurl' });
    window.isLive = () => player.duration() === Infinity;
  },
};

async function plays(name, library, t) {
  const context = await chromium.newContext(DESKTOP);
  const page = await newPage(context);
  const html = '<!doctype html><title>player</title><video muted autoplay></video>';
  await page.route(`${home.url}/player-of-the-test`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto(`${home.url}/player-of-the-test`);
  await page.addScriptTag({ path: path.join(MODULES, library) });
  await page.evaluate((id) => ((window.errors = []), fetch(`/api/v1/titles/${id}/pass`, { method: 'POST' })), lecture.title_id);
  await page.evaluate(players[name], { url: `/media/${lecture.title_id}/main.m3u8` });
  const media = () =>
    page.evaluate(() => {
      const video = document.querySelector('video'), { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
      return { time: video.currentTime, frames, audio: video.webkitAudioDecodedByteCount, errors: window.errors, live: window.isLive() };
    });
  await until(`${name} shows pictures`, async () => (await media()).frames > 0, 30_000);
  const from = await media();
  await until(`${name} plays on`, async () => (await media()).time > from.time + 4 && (await media()).frames > from.frames + 60, 40_000);
  const is = await media();
  t.diagnostic(`${name}: ${JSON.stringify(is)}`);
  assert.deepEqual(is.errors, []);
  assert.ok(is.live && is.audio > 0, JSON.stringify(is));
  assert.deepEqual(page.faults, []);
  await context.close();
}

test('Shaka Player plays a class on air', { timeout: 90_000 }, (t) => plays('shaka', 'shaka-player/dist/shaka-player.compiled.js', t));
test('video.js plays a class on air', { timeout: 90_000 }, (t) => plays('videojs', 'video.js/dist/video.min.js', t));

test('hls-parser understands every playlist, the delta update too', async () => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const main = HLS.parse(await (await is.media('main.m3u8')).text());
  for (const { uri } of main.variants) {
    const file = uri.split('?')[0];
    const list = HLS.parse(await (await is.media(file)).text());
    assert.ok(list.partTargetDuration > 0.33 && list.lowLatencyCompatibility.canBlockReload, file);
    assert.ok(list.segments.at(-1).parts.length > 0, file);
    const delta = HLS.parse(await (await is.media(`${file}?_HLS_skip=YES`)).text());
    assert.equal(delta.mediaSequenceBase, list.mediaSequenceBase);
  }
});
