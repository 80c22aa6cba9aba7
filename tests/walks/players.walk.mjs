// Players other people wrote: Shaka Player and video.js on a class on air, hls-parser on every playlist, and those two and all
// of hls.js on its recording, with the captions they find in it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import path from 'node:path';
import HLS from 'hls-parser';
import { browser, DESKTOP, page as newPage } from './lib/browser.mjs';
import { parseMedia } from '../hls-rules/playlist.mjs';
import { house, top, until, wait } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

const MODULES = path.join(top, 'tests/node_modules');
const SHAKA = path.join(MODULES, 'shaka-player/dist/shaka-player.compiled.js');
const VIDEOJS = path.join(MODULES, 'video.js/dist/video.min.js');
const HLSJS = path.join(top, 'web/node_modules/hls.js/dist/hls.js'); // the page has its light half, without subtitles
let home, lecture, master, encoder, chromium;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master);
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
    window.languages = () => player.getTextTracks().map((track) => track.language);
    window.speak = async (lang) => {
      await player.selectTextTrack(player.getTextTracks().find((track) => track.language === lang));
      await player.setTextVisibility?.(true);
    };
  },
  async videojs({ url }) {
    const player = window.videojs(document.querySelector('video'), { liveui: true });
    player.on('error', () => window.errors.push(player.error()?.message));
    player.src({ src: url, type: 'application/vnd.apple.mpegurl' });
    window.isLive = () => player.duration() === Infinity;
    const spoken = () => Array.from(player.textTracks() ?? []).filter((track) => track.kind === 'subtitles');
    window.languages = () => spoken().map((track) => track.language);
    window.speak = (lang) => {
      for (const track of spoken()) track.mode = 'disabled';
      spoken().find((track) => track.language === lang).mode = 'showing';
    };
    window.tracks = spoken;
  },
  async hlsjs({ url }) {
    const hls = new window.Hls({ enableWorker: false });
    hls.on(window.Hls.Events.ERROR, (_, { fatal, details }) => fatal && window.errors.push(details));
    hls.loadSource(url);
    hls.attachMedia(document.querySelector('video'));
    window.languages = () => hls.subtitleTracks.map((track) => track.lang);
    window.speak = (lang) => {
      hls.subtitleDisplay = true;
      hls.subtitleTrack = hls.subtitleTracks.findIndex((track) => track.lang === lang);
    };
  },
};

/** A page with this player alone, which has begun to load the class, and what it asked for and got. */
async function opened(name, library) {
  const context = await chromium.newContext(DESKTOP);
  const page = await newPage(context), asked = [];
  page.on('response', (answer) => asked.push(`${answer.status()} ${new URL(answer.url()).pathname.split('/').slice(3).join('/')}`));
  const html = '<!doctype html><title>player</title><video muted autoplay></video>';
  await page.route(`${home.url}/player-of-the-test`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto(`${home.url}/player-of-the-test`);
  await page.addScriptTag({ path: library });
  await page.evaluate((id) => ((window.errors = []), fetch(`/api/v1/titles/${id}/pass`, { method: 'POST' })), lecture.title_id);
  await page.evaluate(players[name], { url: `/media/${lecture.title_id}/main.m3u8` });
  return { page, asked };
}

async function plays(name, library, t) {
  const { page, asked } = await opened(name, library);
  const media = () =>
    page.evaluate(() => {
      const video = document.querySelector('video'), { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
      const { currentTime: time, readyState: ready, webkitAudioDecodedByteCount: audio } = video;
      const buffered = Array.from({ length: video.buffered.length }, (_, i) => [video.buffered.start(i), video.buffered.end(i)]);
      return { time, ready, buffered, frames, audio, errors: window.errors, live: window.isLive() };
    });
  const seen = async () => JSON.stringify({ ...(await media()), asked: asked.slice(-20) });
  await until(`${name} shows pictures`, async () => (await media()).frames > 0, 60_000, seen);
  const from = await media();
  await until(`${name} plays on`, async () => (await media()).time > from.time + 4 && (await media()).frames > from.frames + 60, 40_000, seen);
  const is = await media();
  t.diagnostic(`${name}: ${JSON.stringify(is)}`);
  assert.deepEqual(is.errors, []);
  assert.ok(is.live && is.audio > 0, JSON.stringify(is));
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test('Shaka Player plays a class on air', { timeout: 150_000 }, (t) => plays('shaka', SHAKA, t));
test('video.js plays a class on air', { timeout: 150_000 }, (t) => plays('videojs', VIDEOJS, t));

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

const LATE_S = 0.3; // a browser looks at its cues four times a second
const NEAR_S = 0.01; // and counts time in its own way
const WITHIN_S = 0.25; // put on the very edge of a hole a player may wait for what was before it

/** Where each second of title time stands for a player: the media without the interruption. */
let places;

const clock = (s) => new Date(s * 1000).toISOString().slice(11, 23);
const words = (of) => `WEBVTT\n\n${Array.from({ length: 900 }, (_, s) => `${clock(s)} --> ${clock(s + 1)}\n${of} ${s}\n`).join('\n')}`;

async function caption(lang, label, of) {
  const url = `${home.url}/api/v1/titles/${lecture.title_id}/captions/${lang}?label=${encodeURIComponent(label)}`;
  const headers = { authorization: `Bearer ${master.token}`, 'content-type': 'text/vtt' };
  const answer = await fetch(url, { method: 'PUT', headers, body: words(of) });
  assert.ok(answer.ok, await answer.text());
}

test('the class is interrupted, goes on, ends, and gets captions', { timeout: 90_000 }, async () => {
  await encoder.kill();
  await home.untilState(lecture.id, 'interrupted');
  await wait(2500); // a hole that cannot be overlooked
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360' });
  await home.untilState(lecture.id, 'on_air');
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const list = async () => parseMedia(await (await is.media('src/dvr.m3u8')).text());
  const behind = ({ segments }) => segments.slice(segments.findIndex((it) => it.discontinuity)).filter((it) => it.uri);
  await until('there are ten seconds more', async () => behind(await list()).reduce((sum, it) => sum + it.duration, 0) > 10_000, 60_000);
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  await caption('zh', '中文', '第');
  await caption('en', 'English', 'second');
  const { epoch_ms: epoch } = await home.api('GET', `/api/v1/classes/${lecture.id}`, { token: master.token, status: 200 });
  const { segments, ended } = await list();
  assert.ok(ended && segments.filter((it) => it.discontinuity).length === 1);
  let at = 0;
  places = segments.map((it) => ({ media: (at += it.duration) / 1000 - it.duration / 1000, title: (it.date - epoch) / 1000, long: it.duration / 1000, second: it.discontinuity }));
  const broken = places.findIndex((it) => it.second), { title, long } = places[broken - 1];
  assert.ok(places[broken].title - title - long > 1.5, JSON.stringify(places[broken]));
});

/** Segments of usual length: near the beginning, before the interruption and behind it. */
function around() {
  const broken = places.findIndex((it) => it.second), usual = (it) => it.long > 1.6;
  return [places.slice(1).find(usual), places.slice(0, broken).findLast(usual), places.slice(broken + 1).find(usual)];
}

/** The second of title time at this place of the media; NaN where there is none. */
function second(at) {
  const is = places.findLast((it) => it.media <= at);
  return is ? is.title + at - is.media : NaN;
}

/** Whoever shows captions shows them at the second they name, on both sides of the interruption. */
async function speaks(name, library, t) {
  const { page } = await opened(name, library);
  const look = () => page.evaluate(() => {
    const video = document.querySelector('video'), shown = (window.tracks?.() ?? [...video.textTracks]).filter((one) => one.mode === 'showing');
    const lines = shown.flatMap((one) => Array.from(one.activeCues ?? []).map((cue) => cue.text));
    return { at: video.currentTime, length: video.duration, lines, errors: window.errors };
  });
  const go = (to) => page.evaluate((at) => {
    const video = document.querySelector('video');
    video.currentTime = at;
    void video.play().catch(() => undefined);
  }, to);
  await until(`${name} knows the recording`, async () => (await look()).length > 0 && (await page.evaluate(() => window.languages())).length > 0, 30_000);
  assert.deepEqual((await page.evaluate(() => window.languages())).sort(), ['en', 'zh']);
  for (const [lang, of] of [['zh', '第'], ['en', 'second']]) {
    await page.evaluate((it) => window.speak(it), lang);
    for (const { media: edge } of around()) {
      const media = edge + WITHIN_S;
      let is = await look();
      const right = async () => {
        if (is.at < media - NEAR_S || is.at > media + 3) await go(media);
        is = await look();
        const [, number] = new RegExp(`^${of} (\\d+)$`).exec(is.lines.join()) ?? [];
        return is.at >= media - NEAR_S && number !== undefined && Math.abs(second(is.at) - Number(number) - 0.5) < 0.5 + LATE_S;
      };
      await until(`${name} shows ${lang} at ${media} s`, right, 40_000).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(is)}`);
      });
      t.diagnostic(`${name}: second ${second(is.at).toFixed(3)} of the title: ${JSON.stringify(is)}`);
    }
  }
  assert.deepEqual((await look()).errors, []);
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test('hls.js shows the captions of the recording where they belong', { timeout: 300_000 }, (t) => speaks('hlsjs', HLSJS, t));
test('Shaka Player shows the captions of the recording where they belong', { timeout: 300_000 }, (t) => speaks('shaka', SHAKA, t));
test('video.js shows the captions of the recording where they belong', { timeout: 300_000 }, (t) => speaks('videojs', VIDEOJS, t));
