// Those who make recorded courses, in a real browser: a file that is cut at half by a dying server and a reloaded page
// arrives whole, becomes lessons, and the editor makes a published course of them; how every page of theirs looks.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { browser, DESKTOP, page } from './lib/browser.mjs';
import { house, run, until } from './lib/house.mjs';
import { chineseHere, LOOKS, tooWide, violations, visit, visitor } from './lib/views.mjs';

const NARROW = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const LINE = 3e6; // bytes a second upwards: the large file takes eight seconds
const LARGE = '平角焊 运条手法.mp4';
const SMALL = '安全教育.mp4';
const SOUND = '看火候.m4a';
const PAPER = '工艺卡.pdf';
const COURSE = '焊工（初级）录播';
const BOTH = '语言 Language';
const WRITTEN = [LARGE, SMALL, SOUND, PAPER, COURSE, '平角焊 运条手法', '安全教育', '看火候', '工艺卡', '安全与准备', '课后小测', '课后', '赵铁柱', '何芳', '匠堂', '匠', '从握焊钳开始。', '中文'];
// The server dies in one of the tests; a browser tells of that by itself.
const EXPECTED = [/ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INTERNET_DISCONNECTED|SOCKET_NOT_CONNECTED)/, /409 .*\/(draft|publish)$/, /\/posters\/\d/];

let home, chromium, master, staff, desk, it, files, course;
const contexts = [];
const context = async (options) => {
  const one = await visitor(chromium, home, options);
  contexts.push(one);
  return one;
};
const faultsOf = (one) => one.faults.filter((fault) => !EXPECTED.some((known) => known.test(fault)));
const sha256 = async (file) => createHash('sha256').update(await readFile(file)).digest('hex');
const assets = async () => (await home.api('GET', '/api/v1/assets', { token: staff.token, status: 200 })).assets;
const named = async (name) => (await assets()).find((is) => is.name === name);
const row = (list, name) => it.locator(list).filter({ hasText: name });
const percent = async (name) => parseInt((await row('.sendings > li', name).locator('.percent').textContent()) ?? '0', 10);
const choose = async (button, file) => {
  const [chooser] = await Promise.all([it.waitForEvent('filechooser'), button.click()]);
  await chooser.setFiles(file);
};
const draft = async () => home.api('GET', `/api/v1/courses/${course}/draft`, { token: staff.token, status: 200 });
const titles = (is) => is.draft.chapters.map((one) => `${one.title}: ${one.lessons.map((lesson) => lesson.title).join(' ')}`);
const saved = () => it.locator('.saving.good').waitFor();

async function make(name, ...args) {
  const file = path.join(files, name);
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args, '-y', file]);
  return file;
}
const picture = (size, seconds) => ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=15:duration=${seconds}`];
const tone = (seconds) => ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest'];

before(async () => {
  files = await mkdtemp(path.join(tmpdir(), 'jiangtang-files-'));
  home = await house();
  chromium = await browser();
  staff = await home.person('hefang', 'staff', '何芳');
  master = await home.person('zhao', 'master', '赵铁柱');
  desk = await context({ ...DESKTOP, session: staff });
  it = await page(desk);
  it.on('dialog', (dialog) => dialog.accept());
  const [video, sound] = [picture('320x180', 70).map((one) => one.replace('rate=15', 'rate=10')), tone(70)];
  // Bytes a bad line needs a while for: noise hardly compresses.
  await make(LARGE, ...video, ...sound, '-vf', 'noise=alls=60:allf=t', ...X264, '-b:v', '2700k', '-minrate', '2700k', '-maxrate', '2700k', '-bufsize', '2700k');
  await make(SMALL, ...picture('320x180', 40), ...tone(40), ...X264);
  await make(SOUND, ...tone(30), '-c:a', 'aac');
  await writeFile(path.join(files, PAPER), '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
});
after(async () => {
  await chromium?.close();
  await home?.stop();
  await rm(files, { recursive: true, force: true });
});

test('from the top bar staff reach the pages on which courses are made; learners do not', async () => {
  await it.goto('/');
  await it.getByRole('link', { name: '制课' }).first().click();
  await it.getByRole('heading', { name: '课程', exact: true }).waitFor();
  await it.getByRole('link', { name: '上传与素材' }).click();
  await it.getByRole('heading', { name: '上传与素材' }).waitFor();
  const other = await home.api('POST', '/api/v1/people', { body: { login: 'chenjing', password: 'weld-bead-45', name: '陈静' }, status: 201 });
  const learner = await page(await context({ ...DESKTOP, session: other }));
  await learner.goto('/make/uploads');
  await learner.getByText('您的账号还不能制作课程').waitFor();
  assert.equal(await learner.getByRole('link', { name: '制课' }).count(), 0);
});

test('what can be no lesson is told at once by its name, and nothing is sent', async () => {
  await writeFile(path.join(files, '设备.png'), 'x');
  await writeFile(path.join(files, '讲稿.docx'), 'x');
  let asked = 0;
  it.on('request', (request) => (asked += request.url().includes('/files/') ? 1 : 0));
  await choose(it.getByRole('button', { name: '选择文件' }), [path.join(files, '设备.png'), path.join(files, '讲稿.docx')]);
  await it.locator('.sendings').getByText('这是图片，不能做成课时').waitFor();
  await it.locator('.sendings').getByText('讲义请先另存为 PDF').waitFor();
  await it.getByRole('status').getByText(/设备.png 没有上传/).waitFor({ state: 'attached' });
  assert.equal(asked, 0);
  await it.getByRole('button', { name: '取消上传 设备.png' }).click();
  await it.getByRole('button', { name: '取消上传 讲稿.docx' }).click();
});

test('a file cut at half by a server that dies, and by a reloaded page, goes on where it was and arrives whole', async () => {
  const file = path.join(files, LARGE);
  const line = await desk.newCDPSession(it);
  const slow = (bytes) => line.send('Network.emulateNetworkConditions', { offline: false, latency: 10, downloadThroughput: -1, uploadThroughput: bytes });
  await line.send('Network.enable');
  await slow(LINE);
  await choose(it.getByRole('button', { name: '选择文件' }), file);
  await until('half of it is sent', async () => (await percent(LARGE)) >= 50, 120_000);
  await home.kill();
  await it.getByText('连接断了，稍后自动继续').waitFor();
  await home.restart();
  await it.getByText(/接着上次的 .* 继续/).waitFor();
  const { uploads } = await home.api('GET', '/api/v1/uploads', { token: staff.token, status: 200 });
  assert.ok(uploads[0].offset > 0, 'what was acknowledged is still there');
  await it.reload();
  await it.getByText('请再选一次同一个文件').waitFor();
  const before = await percent(LARGE);
  assert.ok(before > 0 && before < 100, String(before));
  const wrong = path.join(files, SMALL);
  await choose(it.getByRole('button', { name: `再选一次，接着传：${LARGE}` }), wrong);
  await it.getByText('这不是同一个文件').waitFor();
  await slow(-1);
  await choose(it.getByRole('button', { name: `再选一次，接着传：${LARGE}` }), file);
  const is = await until('it is an asset', () => named(LARGE), 120_000);
  assert.equal(is.sha256, await sha256(file));
  await row('.sendings > li', LARGE).getByText('已传完').waitFor();
  await line.detach(); // its word on the network would hold against the context's own
});

test('several at once: two are sent, the rest wait, one can be paused; a text named as a video is refused in words', async () => {
  await writeFile(path.join(files, '假的.mp4'), '这不是视频，只是一段文字。\n'.repeat(400));
  await choose(it.getByRole('button', { name: '选择文件' }), [SMALL, SOUND, PAPER, '假的.mp4'].map((name) => path.join(files, name)));
  for (const name of [SMALL, SOUND, PAPER]) assert.equal((await until(`${name} is an asset`, () => named(name), 60_000)).sha256, await sha256(path.join(files, name)));
  const line = row('.assets tbody tr', '假的.mp4');
  await line.getByText('不能使用').waitFor();
  await line.getByText('没有视频，也没有声音').waitFor();
});

test('the queue tells how far each file is, and the files become ready', async () => {
  await it.getByRole('link', { name: '处理队列' }).click();
  await it.getByRole('heading', { name: '处理队列' }).waitFor();
  await it.getByRole('button', { name: '暂停整个队列' }).click();
  await it.getByText('整个队列已暂停').waitFor();
  await it.getByRole('button', { name: '恢复队列' }).click();
  await it.getByText('整个队列已暂停').waitFor({ state: 'detached' });
  for (const name of [SMALL, SOUND, LARGE]) await until(`${name} is ready`, async () => (await named(name)).state === 'ready', 240_000);
  await it.getByText('队列是空的').waitFor();
  await row('.queue-page tbody tr', LARGE).getByText('完成').first().waitFor();
});

test('a ready file is looked at, gets another poster and another name', async () => {
  await it.goto('/make/uploads');
  await it.getByRole('button', { name: `查看 ${SMALL}` }).click();
  const sheet = it.getByRole('dialog');
  const { posters } = await named(SMALL);
  await sheet.locator('video').evaluate((video) => video.readyState >= 1 || new Promise((done) => video.addEventListener('loadedmetadata', done)));
  if (posters.length > 1) await sheet.locator('.posters label').nth(1).click();
  await sheet.getByText(await sha256(path.join(files, SMALL))).waitFor();
  await sheet.getByLabel('名称').fill('安全教育.mp4 ');
  await sheet.getByRole('button', { name: '关闭' }).click();
});

test('a course is begun with a name, and everything typed is saved by itself', async () => {
  await it.goto('/make/courses');
  await it.getByRole('button', { name: '新建录播课程' }).first().click();
  await it.getByLabel('课程名称').fill(COURSE);
  await it.getByRole('button', { name: '开始制作' }).click();
  await it.getByRole('heading', { name: COURSE }).waitFor();
  course = new URL(it.url()).pathname.split('/').at(-1);
  await it.getByLabel('课程简介').fill('从握焊钳开始。');
  await it.getByLabel('第 1 章 章名').fill('安全与准备');
  await it.getByRole('button', { name: '加一章' }).click();
  const second = it.getByLabel('第 2 章 章名');
  await until('the new chapter has the focus', () => second.evaluate((field) => field === document.activeElement));
  await second.fill('课后');
  await until('the draft is saved', async () => titles(await draft()).join('|') === '安全与准备: |课后: ');
  await it.getByText(/已于 \d\d:\d\d 保存/).waitFor();
  assert.equal((await draft()).draft.summary, '从握焊钳开始。');
});

test('lessons come from files, from one uploaded right here, from a handout and a link', async () => {
  const add = () => it.getByRole('button', { name: '加一节课：安全与准备' }).click();
  const sheet = it.getByRole('dialog');
  for (const name of [SMALL, LARGE]) {
    await add();
    await sheet.getByRole('button', { name: /从素材库选/ }).click();
    await sheet.getByRole('button', { name }).click();
  }
  await add();
  await sheet.getByRole('button', { name: /PDF 讲义/ }).click();
  await sheet.getByRole('button', { name: PAPER }).click();
  await add();
  await sheet.getByRole('button', { name: /^链接/ }).click();
  await sheet.getByLabel('课时名称').fill('课后小测');
  await sheet.getByLabel('链接地址').fill('https://exam.example/quiz');
  await sheet.getByRole('button', { name: '加这个链接' }).click();
  const fresh = await make('现场上传.mp4', ...picture('320x180', 20), ...tone(20), ...X264);
  await add();
  await choose(sheet.getByRole('button', { name: /上传视频或音频/ }), fresh);
  await row('.lesson-row', '现场上传').waitFor();
  const all = '安全与准备: 安全教育 平角焊 运条手法 工艺卡 课后小测 现场上传';
  await until('all five are saved', async () => titles(await draft())[0] === all);
  const linked = async () => (await draft()).draft.chapters[0].lessons[4].asset_id === ((await named('现场上传.mp4'))?.id ?? '-');
  await until('the file uploaded here is in its lesson', linked, 60_000);
});

test('lessons are moved by keyboard and by dragging, told politely, and what was deleted comes back', async () => {
  const order = async () => (await draft()).draft.chapters.map((one) => one.lessons.map((lesson) => lesson.title[0]).join('')).join('|');
  await row('.lesson-row', '课后小测').locator('.lesson-open').focus();
  await it.keyboard.press('Alt+ArrowUp');
  await it.locator('[role=status]').getByText('课后小测 移到“安全与准备”第 3 节，共 5 节').waitFor();
  await until('the move is saved', async () => (await order()) === '安平课工现|');
  const grip = row('.lesson-row', '现场上传').getByRole('button', { name: '拖动 现场上传' });
  const [from, to] = [await grip.boundingBox(), await row('.lesson-row', '安全教育').boundingBox()];
  await it.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await it.mouse.down();
  await it.mouse.move(to.x + 80, to.y + 4, { steps: 8 });
  await it.mouse.up();
  await until('the drop is saved', async () => (await order()) === '现安平课工|');
  await row('.lesson-row', '现场上传').hover();
  await it.getByRole('button', { name: '删除这节课 现场上传' }).click();
  await it.getByRole('button', { name: '撤销', exact: true }).last().click();
  await row('.lesson-row', '现场上传').waitFor();
  await row('.lesson-row', '工艺卡').hover();
  await it.getByRole('button', { name: '删除这节课 工艺卡' }).click();
  await row('.lesson-row', '工艺卡').waitFor({ state: 'detached' });
  const held = () => it.evaluate(() => document.activeElement?.closest('.lesson-row')?.textContent ?? '');
  await until('the lesson before has the focus', async () => (await held()).includes('课后小测'));
  // Its line takes back that deed and no other: with the next deed it goes.
  await it.keyboard.press('Alt+ArrowUp');
  await it.locator('.snack').waitFor({ state: 'detached' });
  await it.getByRole('heading', { name: '大纲' }).click();
  await it.keyboard.press('Control+z');
  await it.keyboard.press('Control+z');
  await row('.lesson-row', '工艺卡').waitFor();
  await until('all are back', async () => (await order()) === '现安平课工|');
});

test('files dropped on the outline become lessons or are told; beside it they lead nowhere', async () => {
  const transfer = await it.evaluateHandle(() => {
    const all = new DataTransfer();
    all.items.add(new File(['x'], '图.png', { type: 'image/png' }));
    return all;
  });
  const count = await it.locator('.lesson-row').count();
  await it.locator('.outline').dispatchEvent('drop', { dataTransfer: transfer });
  await it.locator('.outline').getByText('这是图片，不能做成课时').waitFor();
  assert.equal(await it.locator('.lesson-row').count(), count);
  const held = await it.evaluate((dataTransfer) => !document.querySelector('.versions').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true })), transfer);
  assert.ok(held, 'the browser would have gone to the file');
});

test('what is missing is listed with its numbers, and leads to the field', async () => {
  const chapter = it.getByLabel('第 2 章 章名');
  await chapter.fill('');
  const unnamed = it.locator('.problems').getByRole('button', { name: /这一章还没有名称/ });
  await unnamed.click();
  await until('the chapter has the focus', () => chapter.evaluate((field) => field === document.activeElement));
  await chapter.fill('课后');
  await unnamed.waitFor({ state: 'detached' });
  const name = it.locator('.lesson-detail').getByLabel('课时名称');
  await row('.lesson-row', '课后小测').locator('.lesson-open').click();
  await name.fill('');
  const nameless = it.locator('.problems').getByRole('button', { name: /这节课还没有名称/ });
  await nameless.waitFor();
  await it.locator('.lesson-row.open .lesson-open').click();
  await name.waitFor({ state: 'detached' });
  await nameless.click();
  await until("the lesson's name has the focus", () => name.evaluate((field) => field === document.activeElement));
  await name.fill('课后小测');
  await nameless.waitFor({ state: 'detached' });
  await it.locator('.lesson-row.open .lesson-open').click();
  await it.getByLabel('申报学时', { exact: true }).fill('9');
  const problem = it.locator('.problems').getByRole('button', { name: /申报的学时比实测的多/ });
  await problem.waitFor();
  await it.getByText(/还差 40\d 分钟，不能发布/).waitFor();
  assert.ok(await it.getByRole('button', { name: '发布', exact: true }).isDisabled());
  await it.getByLabel('课程简介').focus();
  await problem.click();
  assert.ok(await it.getByLabel('申报学时', { exact: true }).evaluate((field) => field === document.activeElement));
  await it.getByLabel('申报学时', { exact: true }).fill('0');
  await it.getByLabel('学满分钟').fill('1');
  await problem.waitFor({ state: 'detached' });
});

test('without a network the changes stay here, and are sent when it is back', async () => {
  await desk.setOffline(true);
  await it.getByLabel('课程简介').fill('从握焊钳开始。学会平角焊。');
  await it.getByText('连不上，改动存在本机').waitFor();
  await desk.setOffline(false);
  await saved();
  await until('it is saved', async () => (await draft()).draft.summary === '从握焊钳开始。学会平角焊。');
});

test('changed elsewhere meanwhile, the person chooses which one stays', async () => {
  const { edit, draft: theirs } = await draft();
  await home.api('PUT', `/api/v1/courses/${course}/draft`, { token: staff.token, body: { edit, draft: { ...theirs, summary: '别处改的。' } }, status: 200 });
  await it.getByLabel('课程简介').fill('从握焊钳开始。');
  const sheet = it.getByRole('dialog', { name: '这门课在别处也被修改了' });
  await sheet.waitFor();
  assert.equal((await draft()).draft.summary, '别处改的。');
  await sheet.getByRole('button', { name: /用我这一份/ }).click();
  await until('mine is saved', async () => (await draft()).draft.summary === '从握焊钳开始。');
});

test('captions are put to a lesson and shifted', async () => {
  await writeFile(path.join(files, 'zh.srt'), '1\n00:00:01,000 --> 00:00:03,000\n注意安全\n\n2\n00:00:04,000 --> 00:00:06,000\n戴好面罩\n');
  await row('.lesson-row', '安全教育').locator('.lesson-open').click();
  const box = it.getByRole('region', { name: '字幕' });
  await choose(box.getByRole('button', { name: '添加字幕' }), path.join(files, 'zh.srt'));
  await box.getByText('2 条').waitFor();
  await box.getByRole('button', { name: '推后 0.5 秒 中文' }).click();
  const { title_id: title } = await named(SMALL);
  const shift = async () => (await home.api('GET', `/api/v1/titles/${title}/captions`, { token: staff.token, status: 200 })).captions[0]?.offset_ms;
  await until('the shift is saved', async () => (await shift()) === 500);
  await row('.lesson-row', '安全教育').locator('.lesson-open').click();
});

test('what is deleted can be taken back, nothing is replaced unasked, and the focus stays where the work is', async () => {
  const masters = it.locator('.masters fieldset');
  const count = await masters.count();
  await it.getByRole('button', { name: '添加师傅' }).click();
  await masters.nth(count).getByLabel('姓名').fill('赵铁柱');
  await it.getByRole('button', { name: '删除师傅 赵铁柱' }).click();
  await until('the master is gone', async () => (await masters.count()) === count);
  await it.locator('.snack').getByRole('button', { name: '撤销' }).click();
  await until('the master is back', async () => (await masters.nth(count).getByLabel('姓名').inputValue()) === '赵铁柱');

  await row('.lesson-row', '安全教育').locator('.lesson-open').click();
  const box = it.getByRole('region', { name: '字幕' });
  await box.getByText('2 条').waitFor();
  await choose(box.getByRole('button', { name: '添加字幕' }), path.join(files, 'zh.srt'));
  const sheet = it.getByRole('dialog', { name: '中文字幕已经有了' });
  await sheet.getByRole('button', { name: '保留' }).click();
  await box.getByRole('button', { name: '删除字幕 中文' }).click();
  await box.getByText('2 条').waitFor({ state: 'detached' });
  await it.locator('.snack').getByRole('button', { name: '撤销' }).click();
  await box.getByText('2 条').waitFor();
  await row('.lesson-row', '安全教育').locator('.lesson-open').click();

  const focused = (at) => at.evaluate((is) => is === document.activeElement);
  const tag = it.getByLabel('添加标签');
  await tag.fill('焊');
  await tag.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  assert.equal(await it.getByRole('button', { name: '删除标签 焊' }).count(), 0);
  await tag.press('Enter');
  await it.getByRole('button', { name: '删除标签 焊' }).click();
  await until('the field has the focus', () => focused(tag));
  const occupation = it.getByRole('combobox', { name: '职业（工种）' });
  await occupation.fill('焊工');
  const first = it.locator('.occ-list').getByRole('option').first();
  await first.dispatchEvent('pointerdown');
  assert.equal(await it.locator('.occ-picked').count(), 0, 'a touch that begins a scroll picks nothing');
  await first.click();
  const clear = it.getByRole('button', { name: '清除职业' });
  await until('what clears it has the focus', () => focused(clear));
  await clear.click();
  await until('the search has the focus', () => focused(occupation));
});

test('the preview shows the draft as learners see it, and publishing gives it to them', async () => {
  await it.getByRole('button', { name: '预览' }).click();
  const sheet = it.getByRole('dialog', { name: '学员看到的样子' });
  for (const text of [COURSE, '安全与准备', '平角焊 运条手法', '课程大纲']) await sheet.getByText(text).first().waitFor();
  await sheet.getByRole('button', { name: '报名学习' }).click(); // it leads nowhere
  await sheet.getByRole('button', { name: '关闭' }).click();
  await it.locator('.problems').getByText('都齐了，可以发布').waitFor({ timeout: 120_000 });
  await it.getByRole('button', { name: '发布', exact: true }).click();
  await it.getByRole('dialog').getByRole('button', { name: '发布', exact: true }).click();
  await it.getByText('第 1 版已发布').waitFor();
  await it.getByRole('button', { name: '查看第 1 版' }).click();
  await it.getByRole('dialog', { name: '第 1 版' }).getByText('平角焊 运条手法').first().waitFor();
  await it.getByRole('dialog', { name: '第 1 版' }).getByRole('button', { name: '关闭' }).click();
  const seen = await home.api('GET', `/api/v1/courses/${course}`, { status: 200 });
  assert.deepEqual(seen.lessons.map((one) => one.title), ['现场上传', '安全教育', '平角焊 运条手法', '课后小测', '工艺卡']);
  assert.equal(seen.state, 'published');
  await it.goto('/make/uploads');
  await it.getByRole('button', { name: `查看 ${SMALL}` }).click();
  await it.getByRole('dialog').getByText('正在被课程使用').waitFor();
});

test('a published lesson gets another video by a new upload, keeps the old one until it has come, and version 2 holds it', async () => {
  await it.goto(`/make/courses/${course}`);
  const lesson = async () => (await draft()).draft.chapters[0].lessons.find((is) => is.title === '现场上传');
  const old = (await lesson()).asset_id;
  const line = row('.lesson-row', '现场上传');
  await line.locator('.lesson-open').click();
  await line.getByRole('button', { name: '换内容' }).click();
  const fresh = await make('重录.mp4', ...picture('320x180', 21), ...tone(21), ...X264);
  const { id } = await lesson();
  await choose(it.getByRole('dialog').getByRole('button', { name: /上传视频或音频/ }), fresh);
  assert.equal((await lesson()).asset_id, old);
  await until('the new file is in the lesson', async () => (await lesson()).asset_id === ((await named('重录.mp4'))?.id ?? '-'), 60_000);
  assert.equal((await lesson()).id, id);
  await line.locator('.lesson-open').click();
  await it.locator('.problems').getByText('都齐了，可以发布').waitFor({ timeout: 120_000 });
  await it.getByRole('button', { name: '发布新版本' }).click();
  // What was published is what was seen: saved elsewhere meanwhile, it asks again.
  const seenDraft = await draft();
  await home.api('PUT', `/api/v1/courses/${course}/draft`, { token: staff.token, body: { edit: seenDraft.edit, draft: { ...seenDraft.draft, summary: '别处又改了。' } }, status: 200 });
  await it.getByRole('dialog').getByRole('button', { name: '发布新版本' }).click();
  await it.getByRole('dialog').getByText('这门课刚在别处被修改了').waitFor();
  assert.equal((await draft()).version, 1);
  await until('the newest is on the screen', async () => (await it.getByLabel('课程简介').inputValue()) === '别处又改了。');
  await it.getByRole('dialog').getByRole('button', { name: '发布新版本' }).click();
  await it.getByText('第 2 版已发布').waitFor();
  const seen = await home.api('GET', `/api/v1/courses/${course}`, { status: 200 });
  assert.equal(seen.lessons.find((is) => is.id === id).title_id, (await named('重录.mp4')).title_id);
});

test('the storage page tells what fills the disk, and a deletion can be taken back for a while', async () => {
  await it.goto('/make/storage');
  await it.getByRole('heading', { name: '什么占着磁盘' }).waitFor();
  await it.getByRole('rowheader', { name: '录播课' }).waitFor();
  const line = row('.storage-page .grid-table tbody tr', SOUND).first();
  await line.getByRole('button', { name: /^删除/ }).click();
  await it.getByRole('button', { name: '撤销' }).click();
  await line.waitFor();
  assert.ok(await named(SOUND));
  await line.getByRole('button', { name: /^删除/ }).click();
  await it.locator('.snack').getByRole('button', { name: '关闭' }).click();
  await until('it is deleted', async () => !(await named(SOUND)));
});

/** Every page of theirs, with what shows that it stands. */
function views() {
  const press = (selector, then) => async (one) => {
    await one.locator(selector).first().click();
    await one.locator(then).first().waitFor();
  };
  const editor = `/make/courses/${course}`;
  return [
    { name: 'courses', path: '/make/courses', shows: COURSE },
    { name: 'new course', path: '/make/courses', shows: COURSE, opens: press('.make-head .btn', '.made') },
    { name: 'uploads', path: '/make/uploads', shows: LARGE },
    { name: 'a file', path: '/make/uploads', shows: LARGE, opens: press('.assets .name', '.asset-sheet .facts') },
    { name: 'queue', path: '/make/queue', shows: LARGE },
    { name: 'storage', path: '/make/storage', shows: LARGE },
    { name: 'editor', path: editor, shows: '课后小测' },
    { name: 'lesson', path: editor, shows: '课后小测', opens: press('.lesson-row:nth-child(2) .lesson-open', '.captions') },
    { name: 'add a lesson', path: editor, shows: '课后小测', opens: press('.add-lesson', '.ways') },
    { name: 'preview', path: editor, shows: '课后小测', opens: press('.ed-acts .btn', '.preview-hint') },
    { name: 'retire', path: editor, shows: '课后小测', opens: press('.ed-acts .btn:nth-of-type(3)', '.choose') },
    { name: 'nowhere', path: '/make/nothing', shows: /没有找到这个页面|This page does not exist/ },
  ];
}

for (const [name, wear] of Object.entries(LOOKS))
  test(`worn ${name}: axe finds nothing, nothing scrolls sideways, the strict CSP is kept, one language is spoken`, async () => {
    const room = await context({ ...(name === 'dark' ? DESKTOP : NARROW), wear, session: staff });
    const one = await page(room);
    const found = {};
    for (const view of views()) {
      await visit(one, view);
      const strange = wear.language === 'en' ? await chineseHere(one, [...WRITTEN, '现场上传', '重录', '假的', '别处又改了。', BOTH]) : [];
      const findings = [...(await violations(one)), ...(await tooWide(one)), ...strange, ...faultsOf(one)];
      if (findings.length) found[view.name] = findings;
      one.faults.length = 0;
    }
    await room.close();
    assert.deepEqual(found, {});
  });

test('a master makes a course of their own, submits it, and reads why it was given back', async () => {
  const room = await context({ ...DESKTOP, session: master });
  const one = await page(room);
  await one.goto('/make/courses');
  await one.getByRole('button', { name: '新建录播课程' }).first().click();
  await one.getByLabel('课程名称').fill('立焊入门');
  await one.getByRole('button', { name: '开始制作' }).click();
  await one.getByLabel('第 1 章 章名').fill('第一部分');
  await one.getByRole('button', { name: '加一节课：第一部分' }).click();
  const file = await make('立焊.mp4', ...picture('320x180', 12), ...tone(12), ...X264);
  const [chooser] = await Promise.all([one.waitForEvent('filechooser'), one.getByRole('dialog').getByRole('button', { name: /上传视频或音频/ }).click()]);
  await chooser.setFiles(file);
  await one.locator('.problems').getByText('都齐了，可以发布').waitFor({ timeout: 240_000 });
  await one.getByRole('button', { name: '提交审核' }).click();
  await one.getByRole('dialog').getByRole('button', { name: '提交审核' }).click();
  await one.getByText('已提交审核，等教务处理').waitFor();
  assert.ok(await one.getByLabel('课程简介').isDisabled(), 'what is in review stays as it is');
  const id = new URL(one.url()).pathname.split('/').at(-1);
  await it.goto(`/make/courses/${id}`);
  await it.getByRole('button', { name: '退回修改' }).click();
  await it.getByRole('dialog').getByLabel('原因（师傅会看到）').fill('请补上简介');
  await it.getByRole('dialog').getByRole('button', { name: '退回修改' }).click();
  await it.locator('.strip').getByText('请补上简介').waitFor();
  await one.reload();
  await one.getByText('请补上简介').waitFor();
  await home.api('POST', `/api/v1/courses/${id}/publish`, { token: staff.token, body: { note: '首版' }, status: 200 });
  await one.goto(`/courses/${id}`);
  await one.getByRole('button', { name: '修改谁可以看' }).click();
  await one.getByRole('dialog').getByLabel('谁可以看').selectOption({ label: '登录的人' });
  await one.getByRole('dialog').getByRole('button', { name: '保存' }).click();
  await one.getByText('已记入草稿，提交审核、发布后生效。').waitFor();
  const { viewing } = await home.api('GET', `/api/v1/courses/${id}`, { token: master.token, status: 200 });
  assert.equal(viewing.who, 'public', 'nobody has looked at it yet');
  await one.locator('.keeper').getByRole('link', { name: '去提交' }).click();
  await one.getByRole('button', { name: '提交审核' }).waitFor();
  assert.deepEqual(faultsOf(one), []);
  await room.close();
});

test('a class is planned for a course that is not published yet', async () => {
  const { id } = await home.api('POST', '/api/v1/courses', { token: master.token, body: { title: '仰焊提高', draft: true }, status: 201 });
  const room = await context({ ...DESKTOP, session: master });
  const one = await page(room);
  await one.goto('/teach');
  await one.getByRole('button', { name: '开一堂课' }).first().click();
  const sheet = one.getByRole('dialog');
  await sheet.getByLabel('课的名称').fill('仰焊第一课');
  await sheet.getByLabel('属于课程（可不选）').selectOption({ label: '仰焊提高（未发布）' });
  await sheet.locator('button.wide').click();
  await one.waitForURL(/\/teach\/[^/]+$/);
  const { draft: planned } = await home.api('GET', `/api/v1/courses/${id}/draft`, { token: master.token, status: 200 });
  assert.deepEqual(planned.chapters.flatMap((chapter) => chapter.lessons.map((lesson) => [lesson.title, lesson.kind])), [['仰焊第一课', 'live']]);
  assert.deepEqual(faultsOf(one), []);
  await room.close();
});

test('what this house asks of every course stands with its rule, and no course leaves it out', async () => {
  const config = path.join(files, 'strict.conf');
  await writeFile(config, '[course]\ngeneral_modules=safety\ngeneral_max_permille=200\n');
  const strict = await house('--config', config);
  try {
    const keeper = await strict.person('hefang', 'staff', '何芳');
    const { id } = await strict.api('POST', '/api/v1/courses', { token: keeper.token, body: { title: COURSE, draft: true }, status: 201 });
    const room = await visitor(chromium, strict, { ...DESKTOP, session: keeper });
    const one = await page(room);
    await one.goto(`/make/courses/${id}`);
    const module = one.locator('.checks').getByLabel('安全生产');
    await one.getByText('本平台要求每门课程都有：安全生产').waitFor();
    assert.deepEqual([await module.isChecked(), await module.isDisabled()], [true, true]);
    assert.ok(await one.locator('.checks').getByLabel('法律法规').isEnabled());
    await one.getByText('本平台规定最多 20%').waitFor();
    await one.locator('.problems').getByRole('button', { name: /缺少必须的通用素质模块/ }).waitFor();
    assert.deepEqual(one.faults, []);
    await room.close();
  } finally {
    await strict.stop();
  }
});

test('no page asked another host, and none met a fault', () => {
  assert.deepEqual(contexts.flatMap((one) => one.strangers), []);
  assert.deepEqual(faultsOf(it), []);
});
