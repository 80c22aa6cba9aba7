// A part whose picture arrives damaged: the player has to load its element anew, and whoever watched goes on without a touch.
import { after, before, test } from 'node:test';
import { browser, page as newPage, PHONE } from './lib/browser.mjs';
import { house, until } from './lib/house.mjs';
import { publish } from './lib/publisher.mjs';
import { visitor } from './lib/views.mjs';

let home, lecture, encoder, chromium;

before(async () => {
  home = await house();
  const master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master);
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180' });
  await home.untilState(lecture.id, 'on_air');
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  await encoder.kill();
  await home.stop();
});

/** The same part, of the same length, with nothing in its media but noise. */
function damaged(part) {
  const out = Buffer.from(part), at = out.indexOf('mdat') + 4;
  for (let i = at; i < out.length; i++) out[i] = (i * 197 + 91) & 255;
  return out;
}

test('behind a damaged part the picture goes on by itself', { timeout: 120_000 }, async (t) => {
  const context = await visitor(chromium, home, PHONE);
  const page = await newPage(context);
  let broken = 0, breaks = false;
  await page.route(/\.m4s/, async (route) => {
    if (!breaks) return route.fallback();
    breaks = false;
    const answer = await route.fetch(), body = await answer.body();
    broken++;
    return route.fulfill({ response: answer, body: damaged(body) });
  });
  await page.goto(`/c/${lecture.id}`);
  await page.locator('video').waitFor({ state: 'attached' });
  const media = () =>
    page.evaluate(() => {
      const video = document.querySelector('video');
      return { time: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames, paused: video.paused, renewed: window.renewed ?? 0 };
    });
  await until('the picture plays', async () => (await media()).frames > 20, 60_000);
  await page.evaluate(() => document.querySelector('video').addEventListener('emptied', () => (window.renewed = (window.renewed ?? 0) + 1)));
  breaks = true;
  await until('the element is loaded anew', async () => (await media()).renewed > 0, 60_000, async () => JSON.stringify({ broken, ...(await media()) }));
  const from = await media();
  await until('it goes on', async () => {
    const is = await media();
    return !is.paused && is.frames > 40 && is.time > from.time + 3;
  }, 60_000, async () => JSON.stringify({ from, now: await media() }));
  t.diagnostic(JSON.stringify({ from, now: await media() }));
  await context.close();
});
