// One's own account: another password and the devices signed in, and what ends with them elsewhere.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, DESKTOP, page, PHONE } from './lib/browser.mjs';
import { house, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { chineseHere, LOOKS, tooWide, violations, visit, visitor, WEARS } from './lib/views.mjs';

const WECHAT = 'Mozilla/5.0 (Linux; Android 13; V2207A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.47';
const OLD = 'chen-password';
const NEXT = '焊缝要连续又均匀';
const NARROW = { ...PHONE, viewport: { width: 360, height: 740 } };

let home, chromium, lecture, chen, desk, phone, desktop, handset;

before(async () => {
  [home, chromium] = await Promise.all([house(), browser()]);
  const master = await home.person('zhao', 'master', '赵铁柱');
  chen = await home.person('chen', 'learner', '陈静');
  lecture = await home.classOf(master, '平角焊', { viewing: { who: 'signed_in' } });
  const wear = WEARS.light;
  desktop = await visitor(chromium, home, { wear, ...DESKTOP });
  handset = await visitor(chromium, home, { wear, ...PHONE, userAgent: WECHAT });
  [desk, phone] = await Promise.all([page(desktop), page(handset)]);
});
after(async () => {
  await chromium?.close();
  await home?.stop();
});

const call = (method, path, who, status, body) => home.api(method, `/api/v1${path}`, { token: who?.token, status, ...(body ? { body } : {}) });
const signIn = (password, status) => call('POST', '/session', null, status, { login: 'chen', password });
const shot = (it, name) => process.env.SHOTS && it.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
const rows = (it) => it.locator('.devices li');

async function enter(it, password, to) {
  await it.goto(`/sign-in?to=${to}`);
  await it.getByLabel('账号').fill('chen');
  await it.getByLabel('密码').fill(password);
  await it.locator('main form .btn').click();
}

async function change(it, current, next) {
  await it.getByLabel('当前密码').fill(current);
  await it.getByLabel('新密码').fill(next);
  await it.getByRole('button', { name: '修改密码' }).click();
}

/** The page's socket to its room, open now. */
async function roomOf(it, go) {
  const [socket] = await Promise.all([it.waitForEvent('websocket'), go()]);
  await socket.waitForEvent('framereceived');
  return socket;
}

test('from the settings to the account: who one is, and where one is signed in', async () => {
  await enter(phone, OLD, '/');
  await phone.locator('.home').first().waitFor();
  await enter(desk, OLD, '/');
  await desk.locator('.home').first().waitFor();
  await desk.locator('.top .round').click();
  await shot(desk, 'account-settings');
  await desk.getByRole('link', { name: '账号、密码和登录的设备' }).click();
  await rows(desk).nth(2).waitFor();
  await desk.locator('.settings').waitFor({ state: 'detached' });
  await desk.locator('.self').getByText('学员').waitFor();
  const told = await rows(desk).locator('.place').allTextContents();
  assert.deepEqual([told[0], ...told.slice(1).sort()], ['Linux 电脑 · Chrome本机', '安卓设备 · 微信', '程序']);
  const kinds = await desk.locator('.account form input').evaluateAll((all) => all.map((one) => [one.type, one.autocomplete, one.value]));
  assert.deepEqual(kinds, [['text', 'username', 'chen'], ['password', 'current-password', ''], ['password', 'new-password', '']]);
  await shot(desk, 'account-desktop');
});

test('one device is signed out after one more press, and no other', async () => {
  const program = rows(desk).filter({ hasText: '程序' });
  await program.getByRole('button').click();
  await desk.getByRole('dialog').getByText('重新登录就能继续').waitFor();
  await shot(desk, 'account-ask-desktop');
  await desk.getByRole('dialog').getByRole('button', { name: '取消' }).click();
  assert.equal((await call('GET', '/me', chen, 200)).person.login, 'chen');
  await program.getByRole('button').click();
  await desk.getByRole('dialog').getByRole('button', { name: '让它退出' }).click();
  await desk.getByText('「程序」已退出登录').waitFor();
  assert.equal(await rows(desk).count(), 2);
  assert.equal((await call('GET', '/me', chen, 200)).person, null);
  await call('GET', '/me/sessions', chen, 401);
  await shot(desk, 'account-ended');
});

test('a wrong current password and one too short are told at their field, and change nothing', async () => {
  await change(desk, 'wrong-password', NEXT);
  await desk.locator('.field.wrong').filter({ hasText: '当前密码' }).getByText('当前密码不对').waitFor();
  await change(desk, OLD, 'kurz');
  await desk.locator('.field.wrong').filter({ hasText: '新密码' }).getByText('密码至少 8 位').waitFor();
  await shot(desk, 'account-wrong');
  await signIn(NEXT, 401);
  chen = await signIn(OLD, 200);
});

test('a new password puts every other browser and program out, room and all, and the present one stays', async () => {
  const socket = await roomOf(phone, () => phone.goto(`/c/${lecture.id}`));
  const program = await new Learner(home, lecture.title_id, chen).takePass();
  await program.join();
  await change(desk, OLD, NEXT);
  await desk.getByText('密码已修改，其他设备已退出登录').waitFor();
  await until('the program\'s socket is closed', () => program.closed === 4403);
  await until('the phone\'s socket is closed', () => socket.isClosed());
  await phone.getByText('登录后才能观看').waitFor();
  assert.equal((await program.media('src/index.m3u8')).status, 403);
  assert.equal((await call('GET', '/me', chen, 200)).person, null);
  await desk.getByText('只在这台设备上登录了').waitFor();
  assert.equal(await desk.getByLabel('当前密码').inputValue(), '');
  assert.equal(await rows(desk).count(), 1);
  await shot(desk, 'account-changed');
  await desk.reload();
  await rows(desk).first().waitFor();
});

test('the old password is refused at the door, the new one opens it', async () => {
  await enter(phone, OLD, `/c/${lecture.id}`);
  await phone.getByText('账号或密码不对').waitFor();
  const socket = await roomOf(phone, () => enter(phone, NEXT, `/c/${lecture.id}`));
  chen = await signIn(NEXT, 200);
  await desk.reload();
  await rows(desk).nth(2).waitFor();
  await desk.getByRole('button', { name: '退出其他全部设备' }).click();
  await desk.getByRole('dialog').getByText('让其他 2 台设备都退出？').waitFor();
  await desk.getByRole('dialog').getByRole('button', { name: '全部退出' }).click();
  await desk.getByText('其他设备都已退出登录').waitFor();
  await until('the phone\'s socket is closed', () => socket.isClosed());
  await phone.getByText('登录后才能观看').waitFor();
  assert.equal((await call('GET', '/me', chen, 200)).person, null);
  assert.equal(await rows(desk).count(), 1);
});

test('a session that ends while its page is open shows a guest, who may sign in again', async () => {
  const other = await signIn(NEXT, 200);
  await call('DELETE', '/me/sessions', other, 204);
  await change(desk, NEXT, `${NEXT}！`);
  await desk.getByText('登录后可以管理您的账号').waitFor();
  await shot(desk, 'account-guest');
  await signIn(NEXT, 200);
});

/** The view as it stands, and with each of its sheets and its errors. */
const views = [
  { name: 'account', path: '/account', shows: 'chen', opens: (it) => rows(it).nth(3).waitFor() },
  { name: 'ask-one', path: '/account', shows: 'chen', opens: (it) => rows(it).nth(1).getByRole('button').click() },
  { name: 'ask-all', path: '/account', shows: 'chen', opens: (it) => it.locator('.devices .foot .btn').click() },
  {
    name: 'wrong', path: '/account', shows: 'chen',
    opens: async (it) => {
      await it.locator('.account form .field input').first().fill(NEXT);
      await it.locator('.account form .field input').last().fill('88888888');
      await it.locator('.account form > .btn').click();
      await it.locator('.field.wrong').waitFor();
    },
  },
  { name: 'own-settings', path: '/account', shows: 'chen', opens: (it) => it.locator('.top .round').click() },
];

for (const [name, wear] of Object.entries(LOOKS))
  test(`on a narrow phone, worn ${name}: axe finds nothing, nothing scrolls sideways, one language is spoken`, async () => {
    const session = await signIn(NEXT, 200);
    for (const agent of [WECHAT, WECHAT, 'curl/7.88.1'])
      await home.api('POST', '/api/v1/session', { body: { login: 'chen', password: NEXT }, headers: { 'user-agent': agent }, status: 200 });
    const context = await visitor(chromium, home, { session, wear, ...NARROW });
    const it = await page(context);
    const found = {};
    for (const view of views) {
      await visit(it, view);
      const strange = wear.language === 'en' ? await chineseHere(it, ['陈静', '语言 Language', '简体中文', '中文']) : [];
      const findings = [...(await violations(it)), ...(await tooWide(it)), ...strange];
      if (findings.length) found[view.name] = findings;
      await shot(it, `${name.replaceAll(' ', '-')}-${view.name}`);
    }
    assert.deepEqual(found, {});
    assert.deepEqual(context.strangers, []);
    await call('DELETE', '/me/sessions', session, 204);
    await context.close();
  });

test('neither browser asked another host, or met a fault', () => {
  assert.deepEqual([...desktop.strangers, ...handset.strangers], []);
  // What was refused on purpose is told by the browser too.
  const own = (it) => it.faults.filter((one) => !/status of 40[0134]/.test(one));
  assert.deepEqual([...own(desk), ...own(phone)], []);
});
