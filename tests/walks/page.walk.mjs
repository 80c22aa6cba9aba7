// The page in a real browser: from the setup link to a certificate a stranger can check, and how every view looks.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { browser, DESKTOP, page, PHONE } from './lib/browser.mjs';
import { house, until } from './lib/house.mjs';
import { publish } from './lib/publisher.mjs';
import { chineseHere, LOOKS, tooWide, violations, visit, visitor } from './lib/views.mjs';

const NARROW = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const SMALL = { size: '320x180', fps: 15 };
const CLASS = '焊工（初级）· 平角焊实操';
const COURSE = '焊工（初级）';
const SAID = '师傅，焊条角度是多少？';
const NAME = /匠堂|Jiangtang/;
// What people wrote, their names as the public page masks them, and the issuer's name and seal.
const WRITTEN = [CLASS, COURSE, SAID, '运条手法', '立焊入门', '平角焊从头学', '陈静', '赵铁柱', '何芳', '周强', '匠堂', '匠', '陈*'];
const BOTH = '语言 Language'; // to be found by who reads only one of them
// A browser tells of these answers itself; they were asked for.
const EXPECTED = [/401 .*\/api\/v1\/session$/, /400 .*\/api\/v1\/(people|setup)$/, /404 .*\/nowhere$/, /401 .*\/certificates\//, /404 .*\/courses\/a+$/];

let home, chromium, master, chen, staff, phone, desk, learner, teacher, lecture, waiting, course, short, lesson, encoder, earlier;
const contexts = [];

const context = async (options) => {
  const it = await visitor(chromium, home, options);
  contexts.push(it);
  return it;
};
const faultsOf = (it) => it.faults.filter((fault) => !EXPECTED.some((known) => known.test(fault)));
const learnt = (titleId) => home.api('GET', `/api/v1/learning/${titleId}`, { token: chen.token, status: 200 });
const clock = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;
const frames = (it) => it.evaluate(() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0);

/** The picture moves: this many more frames were shown. */
async function plays(it, more = 20) {
  const before = await frames(it);
  await until('the picture plays', async () => (await frames(it)) >= before + more, 60_000);
}

const fill = async (it, fields) => {
  for (const [label, text] of Object.entries(fields)) await it.getByLabel(label, { exact: true }).fill(text);
};

before(async () => {
  home = await house();
  chromium = await browser();
});
after(async () => {
  earlier?.child.kill();
  encoder?.child.kill();
  await chromium?.close();
  await home?.stop();
});

test('the setup link makes the first administrator', async () => {
  const link = /(\/setup#token=\S+)/.exec(home.said);
  assert.ok(link, home.said);
  desk = await context({ ...DESKTOP, permissions: ['clipboard-read', 'clipboard-write'] });
  const it = await page(desk);
  await it.goto(link[1]);
  await fill(it, { 姓名: '何芳', 账号: 'hefang', 密码: 'arc-110-130-A' });
  await it.getByRole('button', { name: '完成设立' }).click();
  await it.getByRole('heading', { name: '我的直播课' }).waitFor();
  assert.ok(!it.url().includes('token'), it.url());
  const { person } = await (await desk.request.get('/api/v1/me')).json();
  assert.equal(person.role, 'admin');
  await it.goto(link[1]);
  await fill(it, { 姓名: '何芳', 账号: 'hefang2', 密码: 'arc-110-130-A' });
  await it.getByRole('button', { name: '完成设立' }).click();
  await it.getByRole('alert').getByText('这个链接已经用过或已失效').waitFor();
  await it.close();
});

test('a learner signs up, out, and in again; a wrong password is told in words', async () => {
  phone = await context(PHONE);
  learner = await page(phone);
  await learner.goto('/');
  await learner.getByRole('link', { name: '登录' }).click();
  await learner.getByRole('link', { name: '注册' }).click();
  await fill(learner, { 姓名: '陈静', 账号: 'chenjing', 密码: 'short' });
  await learner.getByRole('button', { name: '注册并登录' }).click();
  await learner.getByText('密码至少 8 位').waitFor();
  await fill(learner, { 密码: 'weld-bead-45' });
  await learner.getByRole('button', { name: '注册并登录' }).click();
  await learner.waitForURL('/');
  await learner.getByRole('button', { name: '设置' }).click();
  await learner.getByText('学员 · chenjing').waitFor();
  await learner.getByRole('button', { name: '退出登录' }).click();
  await learner.getByRole('link', { name: '登录' }).click();
  await fill(learner, { 账号: 'chenjing', 密码: 'weld-bead-46' });
  await learner.getByRole('button', { name: '登录' }).click();
  await learner.getByRole('alert').getByText('账号或密码不对').waitFor();
  await fill(learner, { 密码: 'weld-bead-45' });
  await learner.getByRole('button', { name: '登录' }).click();
  await learner.getByRole('link', { name: '登录' }).waitFor({ state: 'detached' });
  chen = await home.api('POST', '/api/v1/session', { body: { login: 'chenjing', password: 'weld-bead-45' }, status: 200 });
});

test('a master opens a class and can copy what the encoder needs', async () => {
  master = await home.person('zhao', 'master', '赵铁柱');
  const rule = { coverage_permille: 900, minutes: 0 };
  const editor = await home.person('wang', 'staff', '王建国');
  const addClass = async (course_id) => (short = await home.classOf(master, '运条手法', { course_id }));
  course = await home.courseOf(master, editor, { title: COURSE, summary: '平角焊从头学', rule }, addClass);
  waiting = await home.classOf(master, '立焊入门', { planned_ms: Date.now() + 26 * 3_600_000 });
  earlier = publish(`${home.rtmp}/${short.publish.key}`, { ...SMALL, seconds: 25 });
  await desk.clearCookies();
  teacher = await page(desk);
  await teacher.goto('/sign-in?to=/teach');
  await fill(teacher, { 账号: 'zhao', 密码: 'zhao-password' });
  await teacher.getByRole('main').getByRole('button', { name: '登录' }).click();
  await teacher.getByRole('button', { name: '开一堂课' }).click();
  await fill(teacher, { 课的名称: CLASS });
  await teacher.getByRole('button', { name: '创建' }).click();
  await teacher.getByRole('heading', { name: CLASS }).waitFor();
  const id = new URL(teacher.url()).pathname.split('/').at(-1);
  lecture = await home.api('GET', `/api/v1/classes/${id}`, { token: master.token, status: 200 });
  await teacher.getByText('RTMP', { exact: true }).click();
  for (const [label, value] of [['服务器地址', lecture.publish.rtmp], ['推流密钥（不要给别人）', lecture.publish.key]]) {
    await teacher.getByRole('button', { name: `复制 ${label}` }).click();
    await until(`${label} is copied`, async () => (await teacher.evaluate(() => navigator.clipboard.readText())) === value);
  }
  await teacher.getByText('备用推流').click();
  await teacher.getByRole('button', { name: '复制 备用密钥（不要给别人）' }).click();
  await until('the backup key is copied', async () => (await teacher.evaluate(() => navigator.clipboard.readText())) === lecture.publish.backup.key);
  assert.ok(!(await teacher.getByText(lecture.publish.key).isVisible()), 'the key is hidden at first');
  await teacher.getByRole('button', { name: '显示 推流密钥' }).click();
  await teacher.getByText(lecture.publish.key).waitFor();
});

test('a waiting learner sees the picture by itself when the encoder publishes with that key', async () => {
  await learner.goto(`/c/${lecture.id}`);
  await learner.getByText('还没有开播，开播后自动播放').waitFor();
  await learner.evaluate(() => (globalThis.sameDocument = true));
  encoder = publish(`${lecture.publish.rtmp}/${lecture.publish.key}`, SMALL);
  await teacher.locator('.desk > header').getByText('直播中').waitFor();
  await plays(learner);
  await plays(teacher);
  await learner.locator('.player').getByText('直播中').waitFor();
});

test('what the learner says is read by the master, and a raised hand is seen and lowered', async () => {
  await learner.getByPlaceholder('说点什么，一起学…').fill(SAID);
  await learner.getByRole('button', { name: '发送' }).click();
  await teacher.getByRole('log').getByText(SAID).waitFor();
  await learner.getByRole('button', { name: '举手' }).click();
  await learner.getByText('已举手', { exact: true }).waitFor();
  await teacher.getByRole('tab', { name: '举手' }).click();
  await teacher.getByRole('button', { name: '放下 陈静' }).click();
  await teacher.getByText('还没有人举手').waitFor();
  await learner.getByText('已举手', { exact: true }).waitFor({ state: 'detached' });
});

test('the bead grows while the class really plays, and the page says what the server has on record', async () => {
  const share = () => learner.evaluate(() => parseFloat(document.querySelector('.learn-line .weld')?.style.width ?? '0'));
  const early = await until('the first seconds are credited', share, 60_000);
  await until('the bead grows', async () => (await share()) > early && (await learnt(lecture.title_id)).credited_ms > 5000, 60_000);
  await learner.locator('video').evaluate((video) => video.pause());
  await learner.getByRole('tab', { name: '学时' }).click();
  const shown = () => learner.locator('.hours dd').first().textContent();
  await until('page and record agree', async () => {
    const { credited_ms: credited } = await learnt(lecture.title_id);
    return (await shown()) === clock(credited);
  });
  const { credited_ms: credited } = await learnt(lecture.title_id);
  const told = credited >= 1000 && credited < 60_000 ? `${Math.floor(credited / 1000)} 秒` : Math.floor(credited / 60_000);
  await learner.getByText(`本课已学 ${told} / 45 分钟`).waitFor();
  await learner.getByRole('tab', { name: '互动' }).click();
});

test('of two tabs the older says calmly that it no longer counts, and can take the lesson back', async () => {
  const second = await page(phone);
  await second.goto(`/c/${lecture.id}`);
  const notice = (it) => it.getByText('另一台设备正在学习，本页暂停计时');
  await notice(learner).waitFor();
  await learner.getByRole('button', { name: '在此继续' }).click();
  await notice(learner).waitFor({ state: 'detached' });
  await notice(second).waitFor();
  assert.deepEqual(faultsOf(second), []);
  await second.close();
  await learner.locator('video').evaluate((video) => video.play());
});

test('a lost network is told at once, and no more when it is back', async () => {
  const train = await context({ ...PHONE, session: chen });
  const it = await page(train);
  await it.goto('/learning');
  await it.getByRole('heading', { name: '我的学习' }).waitFor();
  await it.waitForLoadState('networkidle'); // what the page still asks for would rightly fail
  const notice = it.getByText('网络断开了，恢复后自动继续');
  await train.setOffline(true);
  await notice.waitFor();
  await train.setOffline(false);
  await notice.waitFor({ state: 'detached' });
  assert.deepEqual(faultsOf(it), []);
  await train.close();
});

test('a short lesson watched to its end gives a certificate that opens, prints, and can be checked without JS', async () => {
  await earlier.exit;
  await home.api('POST', `/api/v1/classes/${short.id}/close`, { token: master.token, status: 200 });
  await home.untilState(short.id, 'closed');
  const { lessons } = await home.api('GET', `/api/v1/courses/${course.id}`, { status: 200 });
  lesson = lessons[0];
  const study = await context({ ...DESKTOP, session: chen });
  const it = await page(study);
  await it.goto(`/lessons/${lesson.id}`);
  await plays(it);
  await it.getByRole('heading', { name: '恭喜，证书已发放' }).waitFor({ timeout: 120_000 });
  await it.getByRole('link', { name: '查看证书' }).click();
  await it.getByRole('heading', { name: '培训合格证明' }).waitFor();
  const { certificates } = await home.api('GET', '/api/v1/learning', { token: chen.token, status: 200 });
  await it.getByText(certificates[0].serial).waitFor();
  const [download] = await Promise.all([it.waitForEvent('download'), it.getByRole('link', { name: '下载 PDF 证书' }).click()]);
  assert.equal((await readFile(await download.path())).subarray(0, 5).toString(), '%PDF-');
  const check = await it.getByRole('link', { name: '打开查验页' }).getAttribute('href');
  await it.goto('/learning');
  await it.getByRole('link', { name: certificates[0].serial }).waitFor();
  assert.deepEqual(faultsOf(it), []);
  const stranger = await context({ ...PHONE, javaScriptEnabled: false });
  const plain = await page(stranger);
  await plain.goto(check);
  await plain.getByText(certificates[0].serial).waitFor();
  lesson.certificate = certificates[0];
});

/** Every view there is, with what shows that it stands; by who looks at it. */
function views() {
  const by = (who, all) => all.map((one) => ({ who, ...one }));
  const press = (selector, then) => async (it) => {
    await it.locator(selector).first().click();
    await it.locator(then).first().waitFor();
  };
  return [
    ...by(null, [
      { name: 'home', path: '/', shows: COURSE },
      { name: 'settings', path: '/', shows: COURSE, opens: press('.top .round', '.settings') },
      { name: 'sign-in', path: '/sign-in', shows: NAME },
      { name: 'sign-up', path: '/sign-up', shows: NAME },
      { name: 'setup', path: '/setup', shows: /这里需要一次性链接|one-time link/ },
      { name: 'nowhere', path: '/nowhere', status: 404, shows: /没有找到这个页面|This page does not exist/ },
      { name: 'certificate, as a guest', path: `/certificates/${lesson.certificate.id}`, shows: /请先登录|Please sign in first/ },
      { name: 'no such course', path: `/courses/${'a'.repeat(12)}`, shows: /没有找到这个页面|This page does not exist/ },
      { name: 'class on air, as a guest', path: `/c/${lecture.id}`, shows: SAID, plays: true },
      { name: 'my learning, as a guest', path: '/learning', shows: NAME },
      { name: 'verify', path: `/verify/${lesson.certificate.token}`, shows: lesson.certificate.serial },
    ]),
    ...by(staff, [
      { name: 'class waiting', path: `/c/${waiting.id}`, shows: '立焊入门' },
      { name: 'class on air', path: `/c/${lecture.id}`, shows: SAID, plays: true },
      { name: 'hours', path: `/c/${lecture.id}`, shows: SAID, plays: true, opens: press('.tabs button:last-child', '.hours') },
    ]),
    ...by(chen, [
      { name: 'replay', path: `/c/${short.id}`, shows: '运条手法', plays: true },
      { name: 'course', path: `/courses/${course.id}`, shows: '平角焊从头学' },
      { name: 'lesson', path: `/lessons/${lesson.id}`, shows: '运条手法', plays: true },
      { name: 'desk of somebody else', path: `/teach/${lecture.id}`, shows: /这堂课由别人主讲|Somebody else teaches/ },
      { name: 'my learning', path: '/learning', shows: lesson.certificate.serial },
      { name: 'certificate', path: `/certificates/${lesson.certificate.id}`, shows: lesson.certificate.serial },
    ]),
    ...by(master, [
      { name: 'teach', path: '/teach', shows: CLASS },
      { name: 'new class', path: '/teach', shows: CLASS, opens: press('.teach header .btn:not(.line)', '.made') },
      { name: 'new course', path: '/teach', shows: CLASS, opens: press('.teach header .line', '.made') },
      { name: 'desk', path: `/teach/${lecture.id}`, shows: SAID, plays: true },
      { name: 'end sheet', path: `/teach/${lecture.id}`, shows: SAID, plays: true, opens: press('.desk header .bad', '.choose') },
      { name: 'studio, without a camera', path: `/teach/${lecture.id}/studio`, shows: SAID, opens: (it) => it.locator('.studio-notes .bad').first().waitFor() },
      { name: 'desk, waiting', path: `/teach/${waiting.id}`, shows: '立焊入门' },
      { name: 'desk, closed', path: `/teach/${short.id}`, shows: '运条手法' },
    ]),
  ];
}

/** Looks at every view worn like this, each person in a browser of his own; the findings by view, empty ones left out. */
async function everywhere(options, look) {
  staff ??= await home.person('zhou', 'learner', '周强');
  const found = {};
  const all = views();
  const walk = async (who) => {
    const room = await context({ ...options, session: who });
    const it = await page(room);
    for (const view of all.filter((one) => one.who === who)) {
      await visit(it, view);
      const findings = [...(await look(it)), ...faultsOf(it)];
      if (findings.length) found[view.name] = findings;
      it.faults.length = 0;
    }
    await room.close();
  };
  await Promise.all([...new Set(all.map((one) => one.who))].map(walk));
  return found;
}

for (const [name, wear] of Object.entries(LOOKS))
  test(`on a narrow phone, worn ${name}: axe finds nothing, nothing scrolls sideways, the strict CSP is kept, one language is spoken`, async () => {
    const strange = async (it) => (wear.language === 'en' ? chineseHere(it, [...WRITTEN, BOTH]) : []);
    const look = async (it) => [...(await violations(it)), ...(await tooWide(it)), ...(await strange(it))];
    assert.deepEqual(await everywhere({ ...NARROW, wear }, look), {});
  });

test('the master ends the class after a question, and the learner\'s page turns into the replay without a reload', async () => {
  await teacher.getByRole('button', { name: '结束直播' }).click();
  await teacher.getByRole('dialog').getByRole('button', { name: '继续上课' }).click();
  assert.equal(await home.state(lecture.id), 'on_air');
  await teacher.getByRole('button', { name: '结束直播' }).click();
  await teacher.getByRole('dialog').getByRole('button', { name: '结束直播' }).click();
  await teacher.locator('.desk > header').getByText('已结束').waitFor();
  await learner.getByRole('button', { name: '看回放' }).click();
  await learner.locator('.study').getByText('回放', { exact: true }).first().waitFor();
  await plays(learner);
  assert.equal(await learner.evaluate(() => globalThis.sameDocument), true);
});

test('no view asked another host, and neither learner nor master met a fault', () => {
  assert.deepEqual(contexts.flatMap((one) => one.strangers), []);
  assert.deepEqual([...faultsOf(learner), ...faultsOf(teacher)], []);
});
