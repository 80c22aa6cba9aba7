// A class is rewound while it goes on, survives its publisher's drop under a slate, and becomes its own recording.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, page as newPage, DESKTOP, PHONE } from './lib/browser.mjs';
import { house, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';
import { violations, visitor } from './lib/views.mjs';

const WINDOW_MS = 40_000; // of index.m3u8: what came before it is rewound to
let home, master, lecture, encoder, chromium, phone;

/** For whoever wants to look: SHOTS=folder. */
const shot = async (it, name) => process.env.SHOTS && it.screenshot({ path: `${process.env.SHOTS}/${name}.png` });

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master, '平角焊实操');
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360', seconds: 50, readrate: 5 });
  chromium = await browser();
  await encoder.exit; // fifty seconds of class in ten
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360' });
  await home.untilState(lecture.id, 'on_air');
  phone = await newPage(await visitor(chromium, home, { ...PHONE, wear: { size_asked: 'yes' } }));
});
after(async () => {
  await chromium?.close();
  await encoder.kill();
  await home.stop();
});

const media = () => phone.evaluate(() => {
  const video = document.querySelector('video');
  return { frames: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0, paused: video?.paused, time: video?.currentTime };
});
/** Where the seek bar says the playhead is, and where the end is: milliseconds of title time. */
const bar = () => phone.evaluate(() => {
  const input = document.querySelector('.seam input');
  return { at: Number(input?.value ?? NaN), end: Number(input?.max ?? NaN) };
});
const seek = (ms) => phone.locator('.seam input').evaluate((input, at) => {
  input.value = String(at);
  input.dispatchEvent(new Event('input', { bubbles: true }));
  input.dispatchEvent(new Event('change', { bubbles: true }));
}, ms);

async function playsOn(what) {
  const { frames } = await media();
  await until(what, async () => (await media()).frames > frames + 20 || (await media()).frames < frames, 20_000);
  const then = (await media()).frames;
  await until(`${what}, and goes on`, async () => (await media()).frames > then + 10, 20_000);
}

test('a late comer sees the live end, and how much there was before', async () => {
  await phone.goto(`/c/${lecture.id}`);
  await until('the picture', async () => (await media()).frames > 10, 30_000);
  await until('the bar tells the whole class', async () => (await bar()).end > WINDOW_MS);
  const { at, end } = await bar();
  assert.ok(end - at < 10_000, `at ${at} of ${end}`);
});

test('the class is rewound to its start while it goes on', async (t) => {
  const from = Date.now();
  await seek(0);
  await until('the start plays', async () => (await bar()).at > 500 && (await bar()).at < 8000 && (await media()).frames > 10, 20_000);
  t.diagnostic(`rewound in ${Date.now() - from} ms`);
  await phone.locator('.go-live').waitFor({ state: 'attached' });
  await shot(phone, 'rewound');
  const { end } = await bar();
  await until('the class goes on meanwhile', async () => (await bar()).end > end + 1000);
});

/** One tap, and what is on air now plays. */
async function goLive() {
  await phone.locator('video').dispatchEvent('pointermove');
  await phone.locator('.go-live').click();
  await until('the live end plays', async () => {
    const { at, end } = await bar();
    return end > WINDOW_MS && end - at < 8000 && (await media()).frames > 10;
  });
  await phone.locator('.go-live').waitFor({ state: 'detached' });
}

test('one tap leads back to the live end', goLive);

test('the master marks a chapter with one tap, and learners see and use it', async () => {
  const desk = await newPage(await visitor(chromium, home, { ...DESKTOP, session: master, wear: { size_asked: 'yes' } }));
  await desk.goto(`/teach/${lecture.id}`);
  await desk.getByRole('tab', { name: '章节' }).click();
  await desk.getByPlaceholder('这一段讲什么').fill('运条手法');
  await desk.getByRole('button', { name: '标记章节' }).click();
  await desk.locator('.chapters li').waitFor();
  await home.api('POST', `/api/v1/titles/${lecture.title_id}/chapters`, { token: master.token, body: { title: '引弧', at_ms: 20_000 }, status: 201 });
  await desk.getByRole('button', { name: /修改 运条手法/ }).click();
  await desk.getByPlaceholder('这一段讲什么').fill('运条');
  await desk.getByRole('button', { name: '保存' }).click();
  await until('two chapters', async () => (await desk.locator('.chapters li b').allInnerTexts()).join() === '引弧,运条');
  await shot(desk, 'desk');
  await phone.getByRole('tab', { name: '章节' }).click();
  await until('they are told', async () => (await phone.locator('.chapters li b').allInnerTexts()).join() === '引弧,运条');
  assert.equal(await phone.locator('.seam s').count(), 2);
  await phone.getByRole('button', { name: /引弧/ }).click();
  await until('the chapter plays', async () => (await bar()).at >= 20_000 && (await bar()).at < 28_000 && (await media()).frames > 10);
  await shot(phone, 'chapters');
  await desk.context().close();
});

test('chapters are set by those who teach and lead, and by nobody else', async () => {
  const set = (who, status, more = {}) => home.api('POST', `/api/v1/titles/${lecture.title_id}/chapters`, { token: who?.token, body: { title: '收弧', at_ms: 1, ...more }, status });
  const [other, staff] = [await home.person('qian', 'master'), await home.person('wang', 'staff')];
  await set(null, 401);
  await set(other, 403);
  await set(staff, 400, { at_ms: 3_600_000_000 });
  await set(staff, 400, { title: '' });
  const { chapters } = await set(staff, 201);
  const left = await home.api('DELETE', `/api/v1/titles/${lecture.title_id}/chapters/${chapters[0].id}`, { token: staff.token, status: 200 });
  assert.deepEqual(left.chapters.map((it) => it.title), ['引弧', '运条']);
  await home.api('DELETE', `/api/v1/titles/${lecture.title_id}/chapters/${chapters[0].id}`, { token: staff.token, status: 404 });
});

test('pointing at the bar shows what is there, and chapters by name', async () => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const json = async (name) => (await is.media(name)).json();
  const { sheets } = await until('a storyboard', async () => (await json('board.json')).sheets[0]?.tiles_ms.length >= 5 && json('board.json'));
  assert.ok(sheets[0].tiles_ms.every((at, i) => i === 0 || at - sheets[0].tiles_ms[i - 1] >= 5000), JSON.stringify(sheets));
  const sheet = await is.media('board-0.jpg');
  assert.deepEqual([sheet.status, sheet.headers.get('content-type'), sheet.headers.get('vary')], [200, 'image/jpeg', 'Cookie']);
  assert.match(await (await is.media('board.vtt')).text(), /^WEBVTT\n\n00:00:00\.\d+ --> 00:00:05\.\d+\nboard-0\.jpg#xywh=0,0,160,90\n/);
  assert.equal((await is.media('board-99.jpg')).status, 404);
  assert.equal((await fetch(`${home.url}/media/${lecture.title_id}/board-0.jpg`)).status, 401);
  await phone.locator('video').dispatchEvent('pointermove');
  const seam = await phone.locator('.seam').boundingBox();
  await phone.mouse.move(seam.x + seam.width * 0.4, seam.y + seam.height / 2);
  await phone.locator('.bubble .still').waitFor();
  const pointed = () =>
    phone.evaluate(() => ({ text: document.querySelector('.bubble')?.innerText ?? '', end: Number(document.querySelector('.seam input').max) }));
  await until('the bubble tells where it points', async () => {
    const { text, end } = await pointed(), [, minutes, seconds] = text.match(/引弧\s*(\d+):(\d\d)/) ?? [];
    return Math.abs(60 * minutes + Number(seconds) - (0.4 * end) / 1000) < 2;
  }, 20_000, async () => JSON.stringify(await pointed()));
  await shot(phone, 'preview');
  const desk = await newPage(await visitor(chromium, home, { ...DESKTOP, wear: { size_asked: 'yes' } }));
  await desk.goto('/');
  await desk.locator('.cover image').first().waitFor({ state: 'attached' });
  const { poster } = await home.api('GET', `/api/v1/classes/${lecture.id}`, { status: 200 });
  assert.equal((await fetch(home.url + poster)).headers.get('content-type'), 'image/jpeg');
  await shot(desk, 'home');
  await desk.context().close();
});

test('a publisher that is gone leaves a slate, and the way back stays open', async (t) => {
  await goLive();
  await encoder.kill();
  const from = Date.now();
  await phone.locator('.slate .kept').waitFor();
  t.diagnostic(`slate after ${Date.now() - from} ms`);
  assert.match(await phone.locator('.slate').innerText(), /讲师网络中断，课堂保留，自动恢复[\s\S]*课堂还保留 9:\d\d/);
  assert.ok((await home.api('GET', `/api/v1/classes/${lecture.id}`, { status: 200 })).kept_until_ms > Date.now());
  await shot(phone, 'slate');
  await phone.getByText('回看前面的内容').click();
  await until('the start plays', async () => (await bar()).at > 500 && (await bar()).at < 8000 && (await media()).frames > 10);
  assert.equal(await phone.locator('.slate').count(), 0);
  await phone.locator('video').dispatchEvent('pointermove');
  await phone.locator('.go-live').click();
  await phone.locator('.slate').waitFor();
});

test('the same key back, and play goes on by itself', async (t) => {
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360' });
  const from = Date.now();
  await phone.locator('.slate').waitFor({ state: 'detached', timeout: 20_000 });
  await playsOn('the picture');
  t.diagnostic(`on again ${Date.now() - from} ms after the encoder was started`);
  assert.equal((await media()).paused, false);
});

/** What the player holds, and what it asked for last. */
const held = () =>
  phone.evaluate(() => {
    const { currentTime, duration, ended, paused, readyState, playbackRate, buffered } = document.querySelector('video');
    const ranges = Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]);
    const asked = performance.getEntriesByType('resource').slice(-12).map((one) => [Math.round(one.startTime), one.responseStatus, one.name.split('/').slice(-2).join('/')]);
    return { now: Math.round(performance.now()), currentTime, duration, ended, paused, readyState, playbackRate, ranges, asked };
  });

test('when the class ends the recording is there, and the page has become the replay', async (t) => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  await encoder.kill();
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  const from = Date.now();
  await until('the recording', async () => /#EXT-X-ENDLIST/.test(await (await is.media('180p/index.m3u8')).text()));
  t.diagnostic(`playable ${Date.now() - from} ms after the end`);
  await until('the page says so', () => phone.locator('.shade .btn').isVisible(), 20_000, async () => JSON.stringify(await held()));
  await shot(phone, 'ended');
  await phone.locator('.shade .btn').click();
  await until('the start plays', async () => (await bar()).at > 500 && (await bar()).at < 8000 && (await media()).frames > 10);
  assert.equal(await phone.locator('.title-row .tag').innerText(), '回放');
  await shot(phone, 'replay');
});

test('a recording that was removed is told in words on every page that had it, and to programs as gone', async () => {
  const staff = await home.person('hefang', 'staff', '何编辑');
  const rule = { coverage_permille: 900, minutes: 0 };
  const course = await home.api('POST', '/api/v1/courses', { token: staff.token, body: { title: '焊工初级', summary: '', rule }, status: 201 });
  const lesson = await home.api('POST', `/api/v1/courses/${course.id}/lessons`, { token: staff.token, body: { title: '第一课', title_id: lecture.title_id }, status: 201 });
  const remove = (status) => home.api('DELETE', `/api/v1/classes/${lecture.id}/recording`, { token: staff.token, status });
  assert.match((await remove(409)).detail, /焊工初级.*第一课/);
  const chapters = [{ title: '一', lessons: [{ title: '资料', kind: 'link', url: 'https://example.com/' }] }];
  await home.api('PUT', `/api/v1/courses/${course.id}/draft`, { token: staff.token, body: { edit: 0, draft: { title: '焊工初级', rule, chapters } }, status: 200 });
  await home.api('POST', `/api/v1/courses/${course.id}/publish`, { token: staff.token, body: {}, status: 200 });
  await home.api('GET', `/api/v1/lessons/${lesson.id}`, { status: 404 });
  const is = await new Learner(home, lecture.title_id, null).takePass();
  await remove(204);
  assert.equal((await home.api('POST', `/api/v1/titles/${lecture.title_id}/pass`, { status: 410 })).code, 'removed');
  const media = await is.media('main.m3u8');
  assert.deepEqual([media.status, (await media.json()).code], [410, 'removed']);
  await home.kill();
  await home.restart();
  assert.equal((await is.media('main.m3u8')).status, 410);
  const told = await home.api('GET', `/api/v1/classes/${lecture.id}`, { status: 200 });
  assert.equal(told.removed.by, 'person');
  assert.deepEqual((await home.api('GET', `/api/v1/lessons/${lesson.id}`, { status: 200 })).removed, told.removed);
  for (const path of [`/c/${lecture.id}`, `/lessons/${lesson.id}`]) {
    await phone.goto(path);
    await phone.getByText(/^录像已于 .+ 由老师或教务删除$/).waitFor();
    await phone.getByText('您学过的时长和已发的证书都还在，不受影响').waitFor();
    assert.equal(await phone.locator('video, .weldline').count(), 0, path);
    assert.deepEqual(await violations(phone), [], path);
    await shot(phone, `removed-${path.split('/')[1]}`);
  }
});

test('nothing went wrong in the page', () => {
  const waits = /503|410|ERR_CONNECTION_REFUSED/; // an interrupted class has nothing new in time; what was removed is gone; the server was started anew
  assert.deepEqual(phone.faults.filter((fault) => !waits.test(fault)), []);
});
