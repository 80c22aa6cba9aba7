// Who may watch: each right asks for its own, what is taken back stops within a segment, and a link shows a class elsewhere.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { browser, DESKTOP, page, PHONE } from './lib/browser.mjs';
import { command, house, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';
import { tooWide, violations, visitor } from './lib/views.mjs';

const SMALL = { size: '320x180', fps: 15 };

let home, chromium, master, staff, chen, zhou, lecture, course, encoder;

before(async () => {
  [home, chromium] = await Promise.all([house(), browser()]);
  [master, staff, chen, zhou] = await Promise.all([
    home.person('zhao', 'master', '赵铁柱'), home.person('wang', 'staff', '王建国'),
    home.person('chen', 'learner', '陈静'), home.person('zhou', 'learner', '周强')]);
  const rule = { coverage_permille: 900, minutes: 0 };
  const fill = async (course_id) => (lecture = await home.classOf(master, '平角焊', { course_id }));
  course = await home.courseOf(master, staff, { title: '焊工', summary: '', rule }, fill);
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, SMALL);
  await home.untilState(lecture.id, 'on_air');
});
after(async () => {
  await chromium?.close();
  for (const server of sites) server.close();
  await encoder?.kill();
  await home?.stop();
});

const call = (method, path, who, status, body) => home.api(method, `/api/v1${path}`, { token: who?.token, status, ...(body ? { body } : {}) });
const allow = (who, institution) => call('PATCH', `/classes/${lecture.id}`, master, 200, { viewing: { who, ...(institution ? { institution } : {}) } });
const pass = (who, status) => call('POST', `/titles/${lecture.title_id}/pass`, who, status);
const needOf = async (who) => (await call('GET', `/classes/${lecture.id}`, who, 200)).viewing.need;
const seat = async (who) => new Learner(home, lecture.title_id, who).takePass();
const status = async (learner) => (await learner.media('src/index.m3u8')).status;

/** The learner's media and socket are gone. */
async function isOut(learner, why) {
  assert.equal(await status(learner), 403, why);
  if (learner.socket) await until(`${why}: the socket is closed`, () => learner.closed === 4403);
}

test('each right asks for its own, and says what to do', async () => {
  assert.equal(await needOf(null), null);
  await allow('signed_in');
  assert.equal((await needOf(null)).to, 'sign_in');
  assert.equal((await pass(null, 403)).code, 'viewing_sign_in');
  await pass(chen, 200);
  await allow('enrolled');
  assert.deepEqual(await needOf(chen), { to: 'enrol', course: { id: course.id, title: '焊工' }, institution: null });
  assert.equal((await pass(chen, 403)).code, 'viewing_enrol');
  await call('POST', `/courses/${course.id}/enrol`, chen, 200);
  await pass(chen, 200);
  await call('PUT', '/institutions/HB-07', staff, 200, { name: '湖北焊接学校' });
  await call('PUT', '/institutions/HB-08', master, 403, { name: '别的学校' });
  await allow('institution', 'HB-07');
  assert.equal((await needOf(chen)).institution.name, '湖北焊接学校');
  assert.equal((await pass(chen, 403)).code, 'viewing_institution');
  await call('PATCH', `/people/${chen.person.id}`, staff, 200, { institution: 'HB-07', reason: '名单' });
  await pass(chen, 200);
  await pass(master, 200);
  await pass(staff, 200);
});

test('only its master and staff choose, and only what there is', async () => {
  const edit = (who, code, viewing) => call('PATCH', `/classes/${lecture.id}`, who, code, { viewing });
  await edit(chen, 403, { who: 'public' });
  await edit(await home.person('liu', 'master'), 403, { who: 'public' });
  await edit(staff, 400, { who: 'everybody' });
  await edit(staff, 404, { who: 'institution', institution: 'NOWHERE' });
  await edit(staff, 200, { who: 'signed_in' });
  const alone = { title: '单独', viewing: { who: 'enrolled' } };
  assert.equal((await call('POST', '/classes', master, 400, alone)).code, 'course_needed');
});

test('a narrower right, a withdrawn enrolment, a lost institution, a block and a sign-out stop media at once', async () => {
  await allow('public');
  const guest = await seat(null);
  await guest.join();
  await until('the playlist', async () => (await status(guest)) === 200);
  await allow('enrolled');
  await isOut(guest, 'the right was narrowed');

  let is = await seat(chen);
  await is.join();
  assert.equal(await status(is), 200);
  await call('PUT', `/courses/${course.id}/pupils/${chen.person.id}`, master, 204, { withdrawn: true, reason: '转班' });
  await isOut(is, 'the enrolment was withdrawn');
  assert.equal((await call('POST', `/courses/${course.id}/enrol`, chen, 403)).code, 'enrolment_withdrawn');
  const { pupils } = await call('GET', `/courses/${course.id}/pupils`, master, 200);
  assert.deepEqual(pupils.map((one) => [one.person.name, one.withdrawn]), [['陈静', true]]);
  await call('PUT', `/courses/${course.id}/pupils/${chen.person.id}`, master, 204, { withdrawn: false, reason: '误操作' });
  await call('POST', `/courses/${course.id}/enrol`, chen, 200);

  await allow('institution', 'HB-07');
  is = await seat(chen);
  assert.equal(await status(is), 200);
  await call('PATCH', `/people/${chen.person.id}`, staff, 200, { institution: '', reason: '离校' });
  await isOut(is, 'the institution was lost');

  await allow('signed_in');
  is = await seat(zhou);
  await call('PATCH', `/people/${zhou.person.id}`, staff, 200, { blocked: true, reason: '转借账号' });
  await isOut(is, 'the person was blocked');
  await pass(zhou, 403);
  const again = await call('POST', '/session', null, 403, { login: 'zhou', password: 'zhou-password' });
  assert.equal(again.code, 'person_blocked');

  is = await seat(chen);
  await is.join();
  await call('DELETE', '/session', chen, 204);
  await isOut(is, 'the session was signed out');
});

test('a password set on the command line ends what its person has open in a running server', async () => {
  await allow('signed_in');
  const sun = await home.person('sun', 'learner', '孙丽');
  const is = await seat(sun);
  await is.join();
  assert.equal(await status(is), 200);
  await command(['person', 'password', '--data', home.data, '--login', 'sun', '--password-stdin'], 'another-password\n');
  await until('its media stop', async () => (await status(is)) === 403);
  await isOut(is, 'the password is another');
  assert.equal((await call('GET', '/me', sun, 200)).person, null);
  await pass(sun, 403);
  await pass(await call('POST', '/session', null, 200, { login: 'sun', password: 'another-password' }), 200);
});

test('what was taken back stays so over a restart, and who waits for a part gets none', async () => {
  await allow('public');
  const is = await seat(null);
  const now = await (await is.media('src/index.m3u8')).text();
  const hint = now.match(/#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(\d+)\./);
  const waiting = is.media(`src/index.m3u8?_HLS_msn=${Number(hint[1]) + 1}`);
  await allow('signed_in');
  assert.equal((await waiting).status, 403);
  await home.kill();
  await encoder.kill();
  await home.restart();
  assert.equal(await status(is), 403);
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, SMALL);
  await home.untilState(lecture.id, 'on_air');
});

test('a foreign page gets no media, whatever pass it found', async () => {
  await allow('public');
  const is = await seat(null);
  const foreign = [{ origin: 'https://thief.example' }, { origin: 'null' }, { referer: 'https://thief.example/page' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'video' }];
  for (const headers of foreign) assert.equal((await is.media('main.m3u8', headers)).status, 403, JSON.stringify(headers));
  const own = [{}, { origin: home.url }, { referer: `${home.url}/c/${lecture.id}` }, { 'sec-fetch-site': 'same-origin' }];
  for (const headers of own) assert.equal((await is.media('main.m3u8', headers)).status, 200, JSON.stringify(headers));
});

test('a link shows the class to a page elsewhere until it is taken back, and to no other page', async () => {
  await allow('enrolled');
  await call('POST', `/classes/${lecture.id}/embeds`, staff, 400, { hours: 24, site: 'https://school.example/path' });
  const link = await call('POST', `/classes/${lecture.id}/embeds`, master, 201, { hours: 24, site: 'https://school.example' });
  const framed = await fetch(link.url);
  assert.equal(framed.status, 200);
  assert.match(framed.headers.get('content-security-policy'), /frame-ancestors https:\/\/school\.example;/);
  const changed = await fetch(link.url.replace('school', 'thief'));
  assert.equal(changed.status, 403);
  assert.match(changed.headers.get('content-security-policy'), /frame-ancestors 'none'/);
  for (const path of ['/', '/embed.html', `/c/${lecture.id}`])
    assert.match((await fetch(home.url + path)).headers.get('content-security-policy'), /frame-ancestors 'none'/, path);

  const words = Object.fromEntries(new URL(link.url).searchParams);
  const shown = new Learner(home, lecture.title_id, null);
  const ask = (code, more) => call('POST', `/classes/${lecture.id}/embed-pass`, null, code, { ...words, ...more });
  assert.equal((await ask(403, { until: String(Number(words.until) + 1) })).code, 'embed_invalid');
  shown.pass = (await ask(200)).pass;
  await until('the playlist', async () => (await status(shown)) === 200);
  shown.join().catch(() => undefined);
  await until('there is no room for an embedded player', () => shown.closed === 4403);
  await call('DELETE', `/embeds/${link.id}`, master, 204);
  assert.equal(await status(shown), 403);
  assert.equal((await ask(403)).code, 'embed_revoked');
  assert.equal((await call('DELETE', `/embeds/${link.id}`, master, 409)).code, 'embed_revoked');
  const { embeds } = await call('GET', `/classes/${lecture.id}/embeds`, staff, 200);
  assert.equal(embeds.length, 1);
  assert.ok(embeds[0].revoked_ms > 0);
});

/** A page of another site with the link in a frame; its address. */
const frame = { url: '' };
const sites = [];
async function site() {
  const server = createServer((_request, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(`<!doctype html><title>x</title><iframe src="${frame.url.replaceAll('&', '&amp;')}" width="640" height="360" allow="autoplay"></iframe>`);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  sites.push(server);
  return `http://127.0.0.1:${server.address().port}`;
}

/** The picture moves in this page or frame. */
const plays = (it) =>
  until('the picture plays', () => it.evaluate(() => (document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0) > 20), 30_000);
const shot = (it, name) => process.env.SHOTS && it.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
const wear = { theme: 'light', size: 'normal', language: 'zh' };

test('in the page: who may not watch is told what to do, does it, and watches until it is taken back', async () => {
  await allow('enrolled');
  const li = await home.person('li.mei', 'learner', '李梅');
  const phone = await visitor(chromium, home, { session: li, wear, ...PHONE });
  const it = await page(phone);
  await it.goto(`/c/${lecture.id}`);
  await it.getByText('报名《焊工》后才能观看').waitFor();
  assert.deepEqual(await tooWide(it), []);
  assert.deepEqual(await violations(it), []);
  await shot(it, 'wall-enrol');
  await it.getByRole('button', { name: '报名并进入' }).click();
  await plays(it);
  await call('PUT', `/courses/${course.id}/pupils/${li.person.id}`, master, 204, { withdrawn: true, reason: '转班' });
  await it.getByText('报名《焊工》后才能观看').waitFor();
  await it.getByRole('button', { name: '报名并进入' }).click();
  await it.getByText('您已被移出这门课程').waitFor();
  await allow('institution', 'HB-07');
  await it.reload();
  await it.getByText('只对「湖北焊接学校」的学员开放').waitFor();
  await it.getByText('请把您的账号 li.mei 告诉').waitFor();
  await shot(it, 'wall-institution');
  await allow('signed_in');
  await phone.clearCookies();
  await it.reload();
  await it.getByText('登录后才能观看').waitFor();
  await shot(it, 'wall-sign-in');
  await phone.close();
});

test('in the page: a master chooses who may watch and makes a link, staff keep people, and a foreign page shows the class', async () => {
  const [school, thief] = [await site(), await site()];
  const desk = await visitor(chromium, home, { session: master, wear, ...DESKTOP });
  const it = await page(desk);
  await it.goto(`/teach/${lecture.id}`);
  await it.getByRole('button', { name: '修改安排' }).click();
  await it.getByLabel('谁可以看').selectOption({ label: '指定单位的人' });
  await it.getByLabel('哪个单位').selectOption({ label: '湖北焊接学校' });
  await shot(it, 'arrange-sheet');
  await it.getByRole('button', { name: '保存' }).click();
  await it.locator('.arrange').getByText('「湖北焊接学校」的人').waitFor();
  await it.getByRole('button', { name: '生成嵌入链接' }).click();
  await it.getByLabel('只允许这个网站').fill(`${school}/x`);
  await it.getByRole('dialog').getByRole('button', { name: '生成嵌入链接' }).click();
  await it.getByText('请填写 https:// 加网址').waitFor();
  await it.getByLabel('只允许这个网站').fill(school);
  await it.getByRole('dialog').getByRole('button', { name: '生成嵌入链接' }).click();
  await it.locator('.embeds li').waitFor();
  assert.deepEqual(await violations(it), []);
  await it.locator('.embeds').scrollIntoViewIfNeeded();
  await shot(it, 'embeds');

  const { embeds } = await call('GET', `/classes/${lecture.id}/embeds`, master, 200);
  frame.url = embeds[0].url;
  const elsewhere = await chromium.newContext({ ...DESKTOP });
  const shown = await page(elsewhere);
  await shown.goto(school);
  await plays(shown.frames()[1]);
  await shot(shown, 'embed');
  const stolen = await elsewhere.newPage();
  const refused = stolen.waitForEvent('console', (message) => /frame-ancestors/.test(message.text()));
  await stolen.goto(thief);
  await refused;
  await it.getByRole('button', { name: /^收回/ }).click();
  await it.locator('.embeds li').waitFor({ state: 'detached' });
  await shown.frames()[1].getByText('这个嵌入链接已被收回').waitFor({ timeout: 15_000 });
  await elsewhere.close();
  await desk.close();

  const office = await visitor(chromium, home, { session: staff, wear, ...PHONE });
  const roll = await page(office);
  await roll.goto('/people');
  await roll.getByLabel('查找').fill('chen');
  await roll.getByText('周强').waitFor({ state: 'detached' });
  await roll.getByRole('button', { name: '修改 陈静' }).click();
  await roll.getByLabel('所属单位').selectOption({ label: '湖北焊接学校' });
  await roll.getByLabel('原因').fill('新学员');
  await shot(roll, 'person');
  await roll.getByRole('button', { name: '保存' }).click();
  await roll.locator('.roll').getByText('湖北焊接学校').waitFor();
  assert.deepEqual(await tooWide(roll), []);
  assert.deepEqual(await violations(roll), []);
  await shot(roll, 'people');
  await office.close();
});
