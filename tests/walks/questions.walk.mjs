// Questions on the page: a learner asks, another wants to know too, the master answers in words and aloud, both see it, and
// are told when they look elsewhere; the replay leads to the place; how it looks to everybody.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, DESKTOP, page, PHONE } from './lib/browser.mjs';
import { house, until } from './lib/house.mjs';
import { publish } from './lib/publisher.mjs';
import { chineseHere, LOOKS, tooWide, violations, visitor, WEARS } from './lib/views.mjs';

const NARROW = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const ASKED = '焊条受潮了还能用吗？';
const ALOUD = '立焊的电流要调小多少？';
const ANSWER = '烘干一小时再用，350 ℃，取出来放在保温筒里。';
const GAP = '根部间隙留多大？';
const CRACK = '收弧处为什么有裂纹？';
const GRIND = '焊缝要打磨吗？';
const WRITTEN = [GAP, CRACK, GRIND, '三毫米', '不用', '焊条角度', '陈静', '周强', '赵铁柱', '静', '强', '柱', '陈', '周', '赵', ASKED, ALOUD, ANSWER, '匠堂'];

let home, chromium, master, chen, zhou, lecture, encoder, phone, other, desk;

const open = async (session, options, path) => {
  const it = await page(await visitor(chromium, home, { session, wear: WEARS.light, ...options }));
  await it.goto(path);
  await it.getByRole('tab', { name: '提问' }).click();
  return it;
};
const rowOf = (it, text) => it.locator('.question', { hasText: text });
const ask = async (it, text) => {
  await it.getByLabel('提问', { exact: true }).and(it.locator('input')).fill(text);
  await it.locator('.questions .composer').getByRole('button', { name: '提问' }).click();
  await rowOf(it, text).waitFor();
};
const answer = async (text, words) => {
  await rowOf(desk, text).getByRole('button', { name: '回答' }).click();
  await desk.keyboard.type(words);
  await desk.keyboard.press('Control+Enter');
};
const talk = (it) => it.getByRole('tab', { name: '互动' }).click();
const tabOf = (it, news) => it.getByRole('tab', { name: news ? new RegExp(`^提问.*${news}`) : /^提问\s*\d*$/ });
const toldOf = (it) => it.locator('.question-news .told');

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  chen = await home.person('chen', 'learner', '陈静');
  zhou = await home.person('zhou', 'learner', '周强');
  lecture = await home.classOf(master);
  chromium = await browser();
});
after(async () => {
  encoder?.child.kill();
  await chromium?.close();
  await home?.stop();
});

test('before anybody has asked, the page says so to learners and to the master', async () => {
  phone = await open(chen, PHONE, `/c/${lecture.id}`);
  await phone.getByText('还没有人提问，来问第一个').waitFor();
  desk = await open(master, DESKTOP, `/teach/${lecture.id}`);
  await desk.locator('.questions').getByText('还没有人提问').waitFor();
  other = await open(zhou, DESKTOP, `/c/${lecture.id}`);
});

test('what one asks all see, another wants to know it too, and the queue is ordered by that', async () => {
  encoder = publish(`${lecture.publish.rtmp}/${lecture.publish.key}`, { size: '320x180', fps: 15 });
  await home.untilState(lecture.id, 'on_air');
  await ask(phone, ASKED);
  await ask(phone, ALOUD);
  const vote = rowOf(other, ALOUD).getByRole('button', { name: '我也想问' });
  await vote.click();
  await rowOf(other, ALOUD).getByRole('button', { name: '我也想问', pressed: true }).waitFor();
  await rowOf(phone, ALOUD).getByText('1 人也想问').waitFor();
  await until('what is wanted most stands first', async () => (await desk.locator('.question > .text').allTextContents())[0] === ALOUD);
  await vote.click();
  await rowOf(phone, ALOUD).getByText('1 人也想问').waitFor({ state: 'detached' });
  await vote.click();
  await rowOf(phone, ALOUD).getByText('1 人也想问').waitFor();
});

test('the master answers one in words and one aloud, by the keyboard too, and all see both', async () => {
  await rowOf(desk, ASKED).getByRole('button', { name: '回答' }).press('Enter');
  await desk.keyboard.type(ANSWER);
  await desk.keyboard.press('Control+Enter');
  await rowOf(desk, ALOUD).getByRole('button', { name: '已口头解答' }).click();
  for (const it of [phone, other, desk]) {
    await it.locator('.answered .question', { hasText: ASKED }).getByText(ANSWER).waitFor();
    await it.locator('.answered .question', { hasText: ALOUD }).getByText('已口头解答').waitFor();
  }
  await until('the master is told that nothing is left', async () => (await desk.locator('.open .question').count()) === 0);
});

test('the master who reads the talk sees how many new questions there are, until the questions were looked at', async () => {
  await talk(desk);
  await ask(phone, GAP);
  await tabOf(desk, '1 个新问题').waitFor();
  await ask(other, CRACK);
  await tabOf(desk, '2 个新问题').click();
  await tabOf(desk, '').waitFor();
  await rowOf(desk, GAP).waitFor();
});

test('who asked is told of the answer while looking elsewhere, and led there; who wanted it too sees a mark', async () => {
  await rowOf(other, GAP).getByRole('button', { name: '我也想问' }).click();
  await rowOf(phone, GAP).getByText('1 人也想问').waitFor();
  await Promise.all([talk(phone), talk(other)]);
  await answer(GAP, '三毫米');
  await toldOf(phone).getByText('赵铁柱回答了您的问题').waitFor();
  await toldOf(phone).getByText(GAP).waitFor();
  for (const it of [phone, other]) await tabOf(it, '1 条新回答').waitFor();
  assert.equal(await toldOf(other).count(), 0);
  await toldOf(phone).getByRole('button', { name: GAP }).click();
  await until('the answer has the focus', () =>
    phone.evaluate((text) => document.activeElement.matches('.question') && document.activeElement.innerText.includes(text), GAP));
  await tabOf(phone, '').waitFor();
  assert.equal(await toldOf(phone).count(), 0);
  await tabOf(other, '1 条新回答').click();
  await tabOf(other, '').waitFor();
});

test('over a picture that fills the screen too', async () => {
  await other.locator('.player').hover();
  await other.getByRole('button', { name: '全屏' }).click();
  await until('it fills the screen', () => other.evaluate(() => document.fullscreenElement?.matches('.player')));
  await rowOf(desk, CRACK).getByRole('button', { name: '已口头解答' }).click();
  await other.locator('.player .question-news').getByText('赵铁柱口头解答了您的问题').click();
  await rowOf(other, CRACK).getByText('已口头解答').waitFor();
  await until('the screen is left', () => other.evaluate(() => !document.fullscreenElement));
  await tabOf(other, '').waitFor();
});

test('an answer that came while the line was gone, or nobody was there, is told on coming back; put away, a mark stays', async () => {
  await ask(phone, GRIND);
  await talk(phone);
  await phone.context().setOffline(true);
  await phone.getByText('连接断开').waitFor();
  await answer(GRIND, '不用');
  await rowOf(desk, GRIND).getByText('不用').waitFor();
  assert.equal(await toldOf(phone).count(), 0);
  await phone.context().setOffline(false);
  await toldOf(phone).waitFor();
  await toldOf(phone).getByRole('button', { name: '关闭' }).click();
  await toldOf(phone).waitFor({ state: 'detached' });
  await phone.reload();
  await toldOf(phone).getByText(GRIND).waitFor();
  await tabOf(phone, '1 条新回答').click();
  await tabOf(phone, '').waitFor();
  await phone.reload();
  await phone.getByRole('tab', { name: '提问' }).click();
  await rowOf(phone, GAP).waitFor();
  assert.equal(await toldOf(phone).count(), 0);
});

test('an answered one can be opened again, a bad one removed, one\'s own withdrawn', async () => {
  await rowOf(desk, ALOUD).getByRole('button', { name: '重新打开' }).click();
  await phone.locator('.open .question', { hasText: ALOUD }).waitFor();
  await ask(other, '加我微信领资料');
  await rowOf(desk, '加我微信').getByRole('button', { name: '删除' }).click();
  await rowOf(desk, '加我微信').getByRole('button', { name: '删除', exact: true }).click();
  await rowOf(other, '加我微信').waitFor({ state: 'detached' });
  await ask(other, '问错了');
  await rowOf(other, '问错了').getByRole('button', { name: '撤回' }).click();
  await rowOf(other, '问错了').getByRole('button', { name: '撤回', exact: true }).click();
  await rowOf(desk, '问错了').waitFor({ state: 'detached' });
  const [file] = await Promise.all([desk.waitForEvent('download'), desk.getByRole('link', { name: '导出表格' }).click()]);
  assert.match(file.suggestedFilename(), /^questions-.*\.csv$/);
});

test('who comes later finds all of it, a guest too, who may only read', async () => {
  const guest = await open(null, NARROW, `/c/${lecture.id}`);
  await rowOf(guest, ASKED).getByText(ANSWER).waitFor();
  await guest.getByRole('link', { name: '登录后提问' }).waitFor();
  assert.ok(await rowOf(guest, ALOUD).getByRole('button', { name: '我也想问' }).isDisabled());
});

for (const [name, wear] of Object.entries(LOOKS))
  test(`${name}: readable by everybody, narrow enough, in one language`, async () => {
    const views = [[chen, NARROW, `/c/${lecture.id}`], [master, NARROW, `/teach/${lecture.id}`], [master, DESKTOP, `/teach/${lecture.id}`]];
    const asked = Number(await rowOf(desk, ASKED).getAttribute('data-question'));
    const waits = JSON.stringify([[`${lecture.title_id} ${chen.person.id}`, 0, [asked]]]); // he has not looked yet
    for (const [session, options, path] of views) {
      const it = await page(await visitor(chromium, home, { session, wear: { ...wear, questions_seen: waits }, ...options }));
      await it.goto(path);
      if (session === chen) {
        await toldOf(it).hover(); // under a pointer it stays
        assert.deepEqual([...(await violations(it)), ...(await tooWide(it))], [], 'told');
        if (wear.language === 'en') assert.deepEqual(await chineseHere(it, WRITTEN), [], 'told');
      }
      await it.getByRole('tab', { name: wear.language === 'en' ? 'Q&A' : '提问' }).click();
      await rowOf(it, ASKED).waitFor();
      if (session === master) await rowOf(it, ALOUD).locator('.btn.soft').click();
      assert.deepEqual([...(await violations(it)), ...(await tooWide(it))], [], path);
      if (wear.language === 'en') assert.deepEqual(await chineseHere(it, WRITTEN), [], path);
      await it.context().close();
    }
  });

test('in the replay a question leads to where it was asked', async () => {
  encoder.child.kill();
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  const it = await open(zhou, DESKTOP, `/c/${lecture.id}`);
  const jump = rowOf(it, ASKED).getByRole('button', { name: '跳到' }).last();
  const [, minutes, seconds] = /(\d+):(\d+)$/.exec(await jump.getAttribute('aria-label'));
  const wanted = Number(minutes) * 60 + Number(seconds);
  const playhead = () => it.evaluate(() => document.querySelector('video')?.currentTime ?? -1);
  await until('the replay is there', async () => (await playhead()) >= 0 && it.evaluate(() => document.querySelector('video').readyState >= 2));
  await jump.click();
  await until('it is where the answer was given', async () => Math.abs((await playhead()) - wanted) < 4, 20_000);
});

test('nobody met a fault', () => {
  const known = /40[34] .*\/media\/|ERR_INTERNET_DISCONNECTED/; // a class that has just begun; a line that was cut
  assert.deepEqual([phone, other, desk].flatMap((it) => it.faults).filter((fault) => !known.test(fault)), []);
});
