// Classes to come: in everybody's calendar, waited for with a countdown and early talk, and their people told in time.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { validateResponse } from './openapi.mjs';
import { browser, DESKTOP, page, PHONE } from './lib/browser.mjs';
import { house, until, wait } from './lib/house.mjs';
import { chineseHere, tooWide, violations, visitor, WEARS } from './lib/views.mjs';

const MINUTE = 60_000;
const LEAD_MINUTES = 30;
const LONG = '氩弧焊立焊单面焊双面成形, 第一课; 从起弧到收弧的完整操作要领与常见缺陷';

let home, chromium, folder, master, staff, chen, li, zhou, course, lecture, talk;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-hook-'));
  const hook = path.join(folder, 'hook.sh');
  const config = path.join(folder, 'jiangtang.conf');
  await writeFile(hook, `#!/bin/sh\nt=$(mktemp '${folder}/part.XXXXXX')\ncat >"$t"\nmv "$t" "${folder}/call.\${t##*.}"\n`, { mode: 0o700 });
  await writeFile(config, `[live]\nreminder_minutes=${LEAD_MINUTES}\nreminder_hook=${hook}\n`);
  [home, chromium] = await Promise.all([house('--config', config), browser()]);
  [master, staff, chen, li, zhou] = await Promise.all([
    home.person('zhao', 'master', '赵铁柱'), home.person('wang', 'staff', '王建国'), home.person('chen', 'learner', '陈静'),
    home.person('li.mei', 'learner', '李梅'), home.person('zhou', 'learner', '周强')]);
  const rule = { coverage_permille: 900, minutes: 0 };
  const fill = async (course_id) => (lecture = await plan('平角焊', 2 * 60, { course_id }));
  course = await home.courseOf(master, staff, { title: '焊工', summary: '', rule }, fill);
  await call('POST', `/courses/${course.id}/enrol`, chen, 200);
});
after(async () => {
  await chromium?.close();
  await home?.stop();
  await rm(folder, { recursive: true, force: true });
});

const call = (method, where, who, status, body) => home.api(method, `/api/v1${where}`, { token: who?.token, status, ...(body ? { body } : {}) });
const plan = (title, minutes, more = {}) => home.classOf(master, title, { planned_ms: Date.now() + minutes * MINUTE, ...more });
const move = (is, minutes) => call('PATCH', `/classes/${is.id}`, master, 200, { planned_ms: Date.now() + minutes * MINUTE });
const remind = (is, who, status = 204) => call('PUT', `/classes/${is.id}/reminder`, who, status);

/** A calendar's events as its lines, after what every calendar must keep to: CRLF, 75 octets, whole characters. */
async function events(url) {
  const response = await fetch(url);
  assert.equal(response.headers.get('content-type'), 'text/calendar; charset=utf-8');
  const text = await validateResponse('GET', url, response);
  assert.match(text, /^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\n[^]*END:VCALENDAR\r\n$/);
  for (const line of text.split('\r\n')) {
    assert.ok(Buffer.byteLength(line) <= 75 && !/[\r\n\uFFFD]/.test(line), line);
  }
  const whole = text.replaceAll('\r\n ', '');
  return whole.split('BEGIN:VEVENT\r\n').slice(1).map((event) => {
    const own = event.split('BEGIN:VALARM')[0];
    const is = Object.fromEntries(own.split('\r\n').filter(Boolean).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
    return { ...is, alarm: event.match(/TRIGGER:(\S+)/)?.[1] };
  });
}
const ofClass = async (is) => (await events(`${home.url}/api/v1/classes/${is.id}/calendar.ics`))[0];
const utc = (ms) => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(/[-:]|\.000/g, '');
const unescaped = (text) => text.replaceAll('\\n', '\n').replace(/\\([,;\\])/g, '$1');

test('a planned class is a file for any calendar, and what changes is a later revision of the same event', async () => {
  const is = await plan(LONG, 3 * 60, { planned_minutes: 90 });
  let event = await ofClass(is);
  assert.equal(unescaped(event.SUMMARY), LONG);
  assert.equal(event.URL, `${home.url}/c/${is.id}`);
  assert.equal(unescaped(event.DESCRIPTION), `赵铁柱\n${home.url}/c/${is.id}`);
  assert.equal(event.DTSTART, utc(is.planned_ms));
  assert.equal(event.DTEND, utc(is.planned_ms + 90 * MINUTE));
  assert.equal(event.STATUS, 'CONFIRMED');
  assert.equal(event.alarm, `-PT${LEAD_MINUTES}M`);
  const { UID: uid, SEQUENCE: first } = event;
  const moved = await move(is, 5 * 60);
  event = await ofClass(is);
  assert.equal(event.UID, uid);
  assert.equal(event.DTSTART, utc(moved.planned_ms));
  assert.ok(Number(event.SEQUENCE) > Number(first));
  const before = Number(event.SEQUENCE);
  await call('POST', `/classes/${is.id}/close`, master, 200, {});
  await home.untilState(is.id, 'closed');
  event = await until('it is cancelled', async () => {
    const now = await ofClass(is);
    return now.STATUS === 'CANCELLED' && now;
  });
  assert.equal(event.UID, uid);
  assert.equal(event.alarm, undefined);
  assert.ok(Number(event.SEQUENCE) > before);
  const atOnce = await home.classOf(master, '现在就开');
  assert.equal((await call('GET', `/classes/${atOnce.id}/calendar.ics`, null, 404)).code, 'not_planned');
  await call('POST', `/classes/${atOnce.id}/close`, master, 200, {});
});

test('a reminder is set and taken back by whoever is signed in, for what is still to come', async () => {
  const is = await plan('仰焊', 4 * 60);
  const seen = async (who) => (await call('GET', `/classes/${is.id}`, who, 200)).reminded;
  assert.equal((await remind(is, null, 401)).code, 'sign_in');
  await remind(is, li);
  await remind(is, li);
  assert.deepEqual([await seen(li), await seen(chen), await seen(null)], [true, false, false]);
  await call('DELETE', `/classes/${is.id}/reminder`, li, 204);
  await call('DELETE', `/classes/${is.id}/reminder`, li, 204);
  assert.equal(await seen(li), false);
  await call('PUT', '/classes/aaaaaaaaaaaa/reminder', li, 404);
  await call('POST', `/classes/${is.id}/close`, master, 200, {});
  await home.untilState(is.id, 'closed');
  assert.equal((await remind(is, li, 409)).code, 'already_begun');
});

test('a calendar at a secret address has a person’s own classes, until there is a new address', async () => {
  const { url } = await call('GET', '/calendar', li, 200);
  assert.equal((await call('GET', '/calendar', li, 200)).url, url);
  const titles = async (at) => (await events(at)).filter((event) => event.STATUS === 'CONFIRMED').map((event) => event.SUMMARY).sort();
  assert.deepEqual(await titles(url), []);
  await remind(lecture, li);
  assert.deepEqual(await titles(url), ['平角焊']);
  assert.deepEqual(await titles((await call('GET', '/calendar', chen, 200)).url), ['平角焊']);
  assert.deepEqual(await titles((await call('GET', '/calendar', master, 200)).url), ['平角焊']);
  assert.deepEqual(await titles((await call('GET', '/calendar', zhou, 200)).url), []);
  const renewed = (await call('POST', '/calendar', li, 200)).url;
  assert.notEqual(renewed, url);
  assert.equal((await fetch(url)).status, 404);
  assert.deepEqual(await titles(renewed), ['平角焊']);
  const forged = renewed.replace(/\/calendar\/\d+/, `/calendar/${chen.person.id}`);
  for (const wrong of [forged, renewed.replace('.ics', ''), `${home.url}/calendar/x.ics`]) assert.equal((await fetch(wrong)).status, 404, wrong);
  const { url: shut } = await call('GET', '/calendar', zhou, 200);
  await call('PATCH', `/people/${zhou.person.id}`, staff, 200, { blocked: true, reason: '转借账号' });
  assert.equal((await fetch(shut)).status, 404);
});

/** What the hook was given so far, by title. */
async function told(title) {
  const names = (await readdir(folder)).filter((name) => name.startsWith('call.'));
  const all = await Promise.all(names.map(async (name) => JSON.parse(await readFile(path.join(folder, name), 'utf8'))));
  return all.filter((one) => one.title === title);
}

test('the hook is told of a class once, of the right people, also over a restart, and again when it was moved', async () => {
  talk = await plan('立焊答疑', LEAD_MINUTES + 60, { course_id: course.id });
  await remind(talk, li);
  await wait(500);
  assert.deepEqual(await told('立焊答疑'), []);
  const near = await move(talk, LEAD_MINUTES - 10);
  const [first] = await until('the hook is told', async () => (await told('立焊答疑')).length > 0 && told('立焊答疑'));
  assert.deepEqual({ ...first, people: first.people.map(({ id, login, name }) => [id, login, name]).sort() }, {
    class: talk.id, title: '立焊答疑', planned_ms: near.planned_ms, url: `${home.url}/c/${talk.id}`, more: false,
    people: [[chen.person.id, 'chen', '陈静'], [li.person.id, 'li.mei', '李梅']].sort(),
  });
  await home.kill();
  await home.restart();
  await wait(6000); // longer than from one look to the next
  assert.equal((await told('立焊答疑')).length, 1);
  const later = await move(talk, LEAD_MINUTES - 5);
  await until('the hook is told anew', async () => (await told('立焊答疑')).length === 2);
  assert.ok((await told('立焊答疑')).some((one) => one.planned_ms === later.planned_ms));
  assert.ok(Number((await ofClass(talk)).SEQUENCE) >= 2);
});

const shot = (it, name) => process.env.SHOTS && it.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
/** The countdown in seconds. */
const left = (it) =>
  it.locator('.countdown .boxes b').allTextContents().then((parts) => parts.map(Number).reduceRight((sum, n, i, all) => sum + n * [1, 60, 3600, 86_400][all.length - 1 - i], 0));

test('who waits sees the time run down by the server’s clock, may talk already, and can be reminded', async () => {
  const phone = await visitor(chromium, home, { session: li, wear: WEARS.light, ...PHONE });
  await phone.addInitScript(() => {
    const real = Date.now;
    Date.now = () => real() + 3_600_000; // a phone that is an hour ahead
  });
  const it = await page(phone);
  const is = await plan('打底焊', 26 * 60);
  await it.goto(`/c/${is.id}`);
  await it.getByText('距离开课还有').waitFor();
  await it.locator('.soon').getByText(/《立焊答疑》2\d 分钟后开课/).waitFor();
  await it.locator('.soon').getByRole('button', { name: '知道了' }).click();
  const rest = () => (is.planned_ms - Date.now()) / 1000;
  await until('the countdown is the server’s', async () => Math.abs((await left(it)) - rest()) < 3);
  const early = await left(it);
  await until('it ticks', async () => (await left(it)) < early);
  assert.equal(await it.locator('.countdown .boxes b').count(), 4, 'days, hours, minutes, seconds');
  await shot(it, 'waiting-phone');
  await it.getByRole('button', { name: '开课前提醒我' }).click();
  await it.getByRole('button', { name: '已设提醒，点按取消' }).waitFor();
  assert.equal((await call('GET', `/classes/${is.id}`, li, 200)).reminded, true);
  await it.reload();
  await it.getByRole('button', { name: '已设提醒，点按取消' }).click();
  await it.getByRole('button', { name: '开课前提醒我' }).waitFor();
  assert.equal((await call('GET', `/classes/${is.id}`, li, 200)).reminded, false);
  const file = await it.getByRole('link', { name: '加到日历' }).getAttribute('href');
  assert.equal((await events(home.url + file))[0].SUMMARY, '打底焊');
  await it.getByPlaceholder('说点什么，一起学…').fill('我先到了');
  await it.getByRole('button', { name: '发送' }).click();
  await it.getByRole('log').getByText('我先到了').waitFor();
  assert.deepEqual([await tooWide(it), await violations(it), it.faults], [[], [], []]);
  await phone.close();
});

test('a guest on a desktop, in English, sees the same and is asked to sign in', async () => {
  const desk = await visitor(chromium, home, { wear: WEARS.English, ...DESKTOP });
  const it = await page(desk);
  await it.goto(`/c/${lecture.id}`);
  await it.getByText('Begins in').waitFor();
  await it.getByRole('link', { name: 'Sign in to be reminded' }).waitFor();
  await it.getByRole('link', { name: 'Add to calendar' }).waitFor();
  await shot(it, 'waiting-desktop');
  assert.deepEqual(await chineseHere(it, ['平角焊', '赵铁柱', '焊工', '匠堂']), []);
  assert.deepEqual([await tooWide(it), await violations(it), it.faults], [[], [], []]);
  await desk.close();
});

test('when the time has come and nobody is there yet, the page says so', async () => {
  const phone = await visitor(chromium, home, { session: staff, wear: WEARS.large, ...PHONE, viewport: { width: 360, height: 640 } });
  const it = await page(phone);
  const is = await plan('就要开始', 26 * 60);
  await it.goto(`/c/${is.id}`);
  await until('a day and two hours', async () => (await left(it)) > 86_400);
  await shot(it, 'waiting-phone-large');
  const bottom = (what) => it.locator(what).evaluate((one) => one.getBoundingClientRect().bottom);
  assert.ok((await bottom('.shade .in')) <= (await bottom('.stage')), 'the words stay in the picture');
  await move(is, 0.1);
  await until('the new time is seen without a reload', async () => (await it.locator('.countdown .boxes b').count()) < 4);
  await it.getByText('到点了，师傅马上就来').waitFor({ timeout: 30_000 });
  await shot(it, 'due-phone-large');
  assert.deepEqual([await tooWide(it), it.faults], [[], []]);
  await phone.close();
});

test('a class of one’s own that is about to begin is said wherever one is, once', async () => {
  const phone = await visitor(chromium, home, { session: chen, wear: WEARS.light, ...PHONE });
  const it = await page(phone);
  await it.goto('/');
  const soon = it.locator('.soon');
  await soon.getByText(/《立焊答疑》2\d 分钟后开课/).waitFor();
  await shot(it, 'soon-phone');
  assert.deepEqual([await tooWide(it), await violations(it)], [[], []]);
  await soon.getByRole('button', { name: '知道了' }).click();
  await soon.getByText('立焊答疑').waitFor({ state: 'detached' });
  await it.reload();
  await it.getByRole('heading', { name: '正在直播' }).waitFor();
  await wait(1500);
  assert.equal(await soon.getByText('立焊答疑').count(), 0);
  await phone.close();

  const own = await visitor(chromium, home, { session: li, wear: WEARS.English, ...DESKTOP });
  const other = await page(own);
  await other.goto('/learning');
  await other.locator('.soon').getByText(/“立焊答疑” begins in 2\d min/).waitFor();
  await shot(other, 'soon-desktop');
  await other.locator('.soon').getByRole('link', { name: 'Enter' }).click();
  await other.waitForURL(`**/c/${talk.id}`);
  await other.locator('.soon').getByText('立焊答疑').waitFor({ state: 'detached' });
  assert.deepEqual(other.faults, []);
  await own.close();
});

test('my learning has the address of my calendar, and exchanges it', async () => {
  const phone = await visitor(chromium, home, { session: chen, wear: WEARS.dark, ...PHONE, permissions: ['clipboard-read', 'clipboard-write'] });
  const it = await page(phone);
  const { url } = await call('GET', '/calendar', chen, 200);
  await it.goto('/learning');
  await it.getByRole('heading', { name: '订阅我的课表' }).waitFor();
  assert.equal(await it.getByText(url).count(), 0, 'it is hidden at first');
  assert.deepEqual([await tooWide(it), await violations(it)], [[], []]);
  await it.getByRole('button', { name: '复制 订阅我的课表' }).click();
  await until('it is copied', async () => (await it.evaluate(() => navigator.clipboard.readText())) === url);
  await it.locator('.calendar-box').scrollIntoViewIfNeeded();
  await shot(it, 'calendar-box');
  await it.getByRole('button', { name: '换新地址' }).click();
  await until('the old address is void', async () => (await fetch(url)).status === 404);
  await it.getByRole('button', { name: '复制 订阅我的课表' }).click();
  const fresh = (await call('GET', '/calendar', chen, 200)).url;
  await until('the new one is copied', async () => (await it.evaluate(() => navigator.clipboard.readText())) === fresh);
  assert.deepEqual(it.faults, []);
  await phone.close();
});
