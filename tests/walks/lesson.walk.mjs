// Recorded courses as learners meet them: found in the catalogue, watched with captions on any device, noted, learnt to the end.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { browser, DESKTOP, page as newPage, PHONE } from './lib/browser.mjs';
import { bring, made, movie } from './lib/files.mjs';
import { house, until, wait } from './lib/house.mjs';
import { publish as encode } from './lib/publisher.mjs';
import { chineseHere, LOOKS, tooWide, violations, visit, visitor } from './lib/views.mjs';

const NARROW = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const TITLE = '焊工（初级）：从引弧到平角焊';
const FILM = '防护用品怎么穿';
const SOUND = '听声音辨电弧';
const LINK = '焊接安全须知';
const SERIES = '电弧小课';
const HELLO = '开场十秒';
const TALK = '师傅答疑';
const NOTE = '面罩要用 11 号';
const MORE = '镜片要干净';
// What people wrote, and the names of trades, which are the national list's.
const WRITTEN = [SERIES, HELLO, TALK, TITLE, FILM, SOUND, LINK, NOTE, MORE, '第 1 句：先穿工装，再戴面罩', '第 2 句：电弧要短', '安全', '手法', '焊工', '跟着师傅学平角焊', '赵铁柱', '何芳', '陈静', '匠堂', '中文', '平角焊', '三十年焊龄'];
const VTT = ['WEBVTT', '', '00:00.000 --> 00:20.000', '第 1 句：先穿工装，再戴面罩', '', '00:20.000 --> 00:40.000', '第 2 句：电弧要短', ''].join('\n');

let home, staff, chen, course, film, sound, link, hello, talk, chromium, phone;

/** For whoever wants to look: SHOTS=folder. */
const shot = async (it, name) => process.env.SHOTS && it.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
const media = (it) => it.evaluate(() => {
  const video = document.querySelector('video');
  return { at: video?.currentTime ?? 0, paused: video?.paused ?? true, rate: video?.playbackRate ?? 0, length: video?.duration ?? 0 };
});
const learnt = (titleId) => home.api('GET', `/api/v1/learning/${titleId}`, { token: chen.token, status: 200 });
const wake = (it) => it.locator('.player').dispatchEvent('pointermove');

async function plays(it) {
  await until('the lesson can be played', async () => (await media(it)).length > 0, 60_000);
  const { at } = await media(it);
  await until('the lesson plays', async () => (await media(it)).at > at + 0.5, 60_000);
}

async function caption(titleId, lang, label, text) {
  const url = `${home.url}/api/v1/titles/${titleId}/captions/${lang}?label=${encodeURIComponent(label)}`;
  const answer = await fetch(url, { method: 'PUT', headers: { authorization: `Bearer ${staff.token}`, 'content-type': 'text/vtt' }, body: text });
  assert.ok(answer.ok, await answer.text());
}

/** A course of a film, something to hear and a link, published; who learns is enrolled by the page. */
async function publish(video, audio) {
  const made = await home.api('POST', '/api/v1/courses', { token: staff.token, body: { title: TITLE, draft: true }, status: 201 });
  const view = await home.api('GET', `/api/v1/courses/${made.id}/draft`, { token: staff.token, status: 200 });
  const { occupations } = await home.api('GET', `/api/v1/occupations?q=${encodeURIComponent('焊工')}`, { status: 200 });
  const { edition, code } = occupations.find((one) => one.name === '焊工');
  const draft = {
    ...view.draft,
    title: TITLE,
    summary: '跟着师傅学平角焊',
    occupation: { edition, code },
    level: '5',
    tags: ['urgent'],
    rule: { coverage_permille: 900, minutes: 0 },
    masters: [{ name: '赵铁柱', kind: 'other', proof: '', intro: '三十年焊龄' }],
    chapters: [
      { title: '安全', lessons: [{ title: FILM, kind: 'video', asset_id: video.id, module: 'safety' }, { title: LINK, kind: 'link', url: 'https://example.org/safety' }] },
      { title: '手法', lessons: [{ title: SOUND, kind: 'audio', asset_id: audio.id }] },
    ],
  };
  const saved = await home.api('PUT', `/api/v1/courses/${made.id}/draft`, { token: staff.token, body: { edit: view.edit, draft }, status: 200 });
  await home.api('POST', `/api/v1/courses/${made.id}/publish`, { token: staff.token, body: { note: '首版', edit: saved.edit }, status: 200 });
  return home.api('GET', `/api/v1/courses/${made.id}`, { token: chen.token, status: 200 });
}

/** A class that was given, and has ended. */
async function given(title) {
  const master = await home.person('zhao', 'master', '赵铁柱');
  const lecture = await home.classOf(master, title);
  await encode(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360', seconds: 12, readrate: 4 }).exit;
  await home.untilState(lecture.id, 'interrupted');
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  return lecture;
}

/** A course whose lessons lead from one to the next: something short to hear, a class, the film. */
async function series(short, lecture, video) {
  const made = await home.api('POST', '/api/v1/courses', { token: staff.token, body: { title: SERIES, draft: true }, status: 201 });
  const view = await home.api('GET', `/api/v1/courses/${made.id}/draft`, { token: staff.token, status: 200 });
  const lessons = [{ title: HELLO, kind: 'audio', asset_id: short.id }, { title: TALK, kind: 'live', class_id: lecture.id }, { title: FILM, kind: 'video', asset_id: video.id }];
  const draft = { ...view.draft, title: SERIES, rule: { coverage_permille: 1000, minutes: 0 }, masters: [{ name: '赵铁柱', kind: 'other', proof: '', intro: '三十年焊龄' }], chapters: [{ title: '安全', lessons }] };
  const saved = await home.api('PUT', `/api/v1/courses/${made.id}/draft`, { token: staff.token, body: { edit: view.edit, draft }, status: 200 });
  await home.api('POST', `/api/v1/courses/${made.id}/publish`, { token: staff.token, body: { note: '首版', edit: saved.edit }, status: 200 });
  return home.api('GET', `/api/v1/courses/${made.id}`, { token: chen.token, status: 200 });
}

before(async () => {
  home = await house();
  staff = await home.person('hefang', 'staff', '何芳');
  chen = await home.person('chen', 'learner', '陈静');
  const video = await bring(home, staff, await made(home, '防护.mp4', ...movie({ size: '640x360', seconds: 40 })), ['ready', 'failed']);
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=330:sample_rate=48000', '-af', 'tremolo=f=0.2:d=0.9', '-t', '30', '-c:a', 'aac'];
  const audio = await bring(home, staff, await made(home, '电弧.m4a', ...tone), ['ready', 'failed']);
  assert.deepEqual([video.state, audio.state], ['ready', 'ready'], JSON.stringify([video.trouble, audio.trouble]));
  course = await publish(video, audio);
  [film, link, sound] = course.lessons;
  await caption(film.title_id, 'zh', '中文', VTT);
  await caption(film.title_id, 'en', 'English', VTT.replace('第 1 句：先穿工装，再戴面罩', 'First the overall, then the mask'));
  chromium = await browser();
  phone = await newPage(await visitor(chromium, home, { ...PHONE, session: chen, wear: { size_asked: 'yes' } }));
});
after(async () => {
  await chromium?.close();
  await home.stop();
});

test('the catalogue is found from home, searched by initials, narrowed, and its address leads back to the same finds', async () => {
  await phone.goto('/');
  await phone.getByRole('link', { name: '搜课程、工种、师傅' }).click();
  await phone.locator('.found').getByText(TITLE).waitFor();
  await phone.getByRole('searchbox').fill('没有这样的课');
  await phone.getByText('没有找到合适的课程').waitFor();
  await phone.getByRole('searchbox').fill('hg');
  await phone.locator('.found').getByText(TITLE).waitFor();
  await phone.getByRole('button', { name: '筛选' }).click();
  await phone.getByRole('dialog').getByText('中级工').click();
  await phone.locator('.found').waitFor({ state: 'detached' });
  await phone.getByRole('dialog').getByText('初级工').click();
  await phone.getByRole('dialog').getByRole('button', { name: '选职业' }).click();
  const picker = phone.getByRole('dialog', { name: '选职业' });
  await picker.getByRole('searchbox').fill('hangong');
  await picker.getByRole('button', { name: /^焊工/ }).first().click();
  await picker.waitFor({ state: 'detached' });
  await phone.getByRole('button', { name: '查看课程' }).click();
  assert.match(phone.url(), /\/courses\?q=hg&occupation=[^&]+&level=5$/);
  await phone.reload();
  await phone.locator('.found').getByText(TITLE).waitFor();
  await shot(phone, 'catalogue');
  await phone.getByRole('button', { name: '去掉 初级工' }).click();
  await until('the level left the address', () => !phone.url().includes('level'));
  await phone.getByRole('link', { name: TITLE }).click();
  await phone.getByRole('heading', { name: TITLE, level: 1 }).waitFor();
});

test('the course tells its chapters, its kinds of lessons and what the certificate asks for, and leads to the first lesson', async () => {
  assert.deepEqual(await phone.locator('.lesson-outline header h3').allInnerTexts(), ['安全', '手法']);
  assert.deepEqual((await phone.locator('.lessons .what .meta').allInnerTexts()).map((text) => text.split(' ')[0].trim()), ['视频', '链接', '音频']);
  await phone.getByText('焊工 · 初级工').waitFor();
  await phone.getByText('学到这些，证书自动发放').waitFor();
  await phone.getByRole('button', { name: '报名学习' }).click();
  await phone.getByText('还差 90%').waitFor();
  await shot(phone, 'course');
  await phone.getByRole('link', { name: /开始学习.*第 1 课/ }).click();
  await phone.waitForURL(`**/lessons/${film.id}`);
  await plays(phone);
});

test('captions are chosen by language, drawn by the page, and still chosen when one comes back', async () => {
  await wake(phone);
  await phone.getByRole('button', { name: '字幕' }).click();
  await phone.locator('.pick').getByRole('button', { name: /中文/ }).click();
  await phone.locator('.caption-lines').getByText('第 1 句：先穿工装，再戴面罩').waitFor();
  // They are in the playlist, too: whoever reads them there and the page would show them twice.
  const main = await phone.evaluate(async (id) => (await fetch(`/media/${id}/main.m3u8`)).text(), film.title_id);
  assert.equal(main.match(/TYPE=SUBTITLES/g)?.length, 2, main);
  const tracks = await phone.locator('video').evaluate((video) => [...video.textTracks].map((track) => [track.kind, track.language, track.mode]));
  assert.deepEqual(tracks, [['captions', 'zh', 'hidden']]);
  assert.equal(await phone.locator('.caption-lines p').count(), 1);
  await shot(phone, 'captions');
  await phone.reload();
  await plays(phone);
  await phone.locator('.caption-lines').getByText('第 1 句：先穿工装，再戴面罩').waitFor();
});

test('pointing at the bar shows what is there', async () => {
  await wake(phone);
  const seam = await phone.locator('.seam').boundingBox();
  await phone.mouse.move(seam.x + seam.width * 0.6, seam.y + seam.height / 2);
  await phone.locator('.bubble .still').waitFor();
  await shot(phone, 'storyboard');
});

test('a speed within the rule is credited as it is seen, and held to when one comes back', async () => {
  await wake(phone);
  await phone.locator('.chip', { hasText: '1×' }).click();
  assert.deepEqual((await phone.locator('.pick b').allInnerTexts()).map((text) => parseFloat(text)), [0.5, 0.75, 1, 1.25, 1.5, 2]);
  await phone.locator('.pick').getByRole('button', { name: '2×' }).click();
  const { credited_ms: before } = await learnt(film.title_id);
  const from = (await media(phone)).at;
  await until('eight seconds of the film were seen', async () => (await media(phone)).at > from + 8, 60_000);
  assert.equal((await media(phone)).rate, 2);
  await phone.locator('video').evaluate((video) => video.pause());
  await until('they are credited', async () => (await learnt(film.title_id)).credited_ms >= before + 6000, 30_000);
  assert.deepEqual((await learnt(film.title_id)).refused.filter((one) => one.reason === 'rate'), []);
  await phone.reload();
  await plays(phone);
  await until('as quick as before', async () => (await media(phone)).rate === 2);
});

let desk;

test('another device goes on where this one stopped, and its keys work wherever one is on the page', async () => {
  await phone.locator('video').evaluate((video) => video.pause());
  const { resume_ms: resume } = await until('the server knows where', async () => {
    const is = await learnt(film.title_id);
    return is.resume_ms > 8000 && is;
  });
  await phone.goto('/learning');
  desk = await newPage(await visitor(chromium, home, { ...DESKTOP, session: chen, wear: { size_asked: 'yes' } }));
  await desk.goto(`/lessons/${film.id}`);
  await desk.getByText(/从 \d+:\d\d 继续/).waitFor();
  await plays(desk);
  assert.ok((await media(desk)).at * 1000 > resume - 3000, `${(await media(desk)).at} after ${resume}`);
  await desk.keyboard.press(' ');
  await until('it stands', async () => (await media(desk)).paused);
  const { at } = await media(desk);
  await desk.keyboard.press('ArrowLeft');
  await until('five seconds back', async () => (await media(desk)).at < at - 4);
  await desk.keyboard.press('>');
  await until('quicker', async () => (await media(desk)).rate === 1.25);
  await desk.keyboard.press('c');
  await desk.locator('.caption-lines').waitFor();
  await desk.keyboard.press('c');
  await desk.locator('.caption-lines').waitFor({ state: 'detached' });
  await desk.keyboard.press('?');
  await desk.getByRole('dialog', { name: '键盘快捷键' }).waitFor();
  await shot(desk, 'keys');
  await desk.keyboard.press('Escape');
  await desk.getByRole('dialog').waitFor({ state: 'detached' });
});

test('notes are written at the playhead, lead back there, are changed, taken away, called back, and taken along', async () => {
  await desk.keyboard.press('n');
  const field = desk.getByRole('textbox', { name: '写笔记' });
  await field.pressSequentially(NOTE);
  const { at } = await media(desk);
  await desk.getByRole('button', { name: /^记在 / }).click();
  const row = desk.locator('.notes li').first();
  await row.getByText(NOTE).waitFor();
  await desk.locator('video').evaluate((video) => (video.currentTime = 1));
  await row.getByRole('button', { name: /^跳到/ }).click();
  await until('back at the note', async () => Math.abs((await media(desk)).at - at) < 3);
  await desk.locator('video').evaluate((video) => video.pause());
  await row.getByRole('button', { name: /^修改/ }).click();
  await row.getByRole('textbox').fill(`${NOTE} ${MORE}`);
  await row.getByRole('button', { name: '保存' }).click();
  await row.getByText(MORE).waitFor();
  await shot(desk, 'notes');
  await row.getByRole('button', { name: /^删除/ }).click();
  await desk.getByText('还没有笔记').waitFor();
  await desk.getByRole('button', { name: '撤销' }).click();
  await row.getByText(MORE).waitFor();
  const [file] = await Promise.all([desk.waitForEvent('download'), desk.getByRole('button', { name: '导出文本' }).click()]);
  assert.equal(file.suggestedFilename(), `${FILM}.txt`);
  assert.match(await readFile(await file.path(), 'utf8'), new RegExp(`${TITLE} · ${FILM}\\n\\n\\[\\d+:\\d\\d\\] ${NOTE} ${MORE}\\n`));
});

test('what was jumped over is told at the end, with the way back to it', async () => {
  const from = await desk.locator('video').evaluate((video) => {
    video.currentTime = video.duration - 1.5;
    void video.play();
    return video.currentTime;
  });
  const end = desk.locator('.lesson-end');
  await end.getByText(/还有 \d+:\d\d 没看到/).waitFor();
  await shot(desk, 'end');
  await end.getByRole('button', { name: /^补看/ }).click();
  await end.waitFor({ state: 'detached' });
  await until('what was missing plays', async () => {
    const { at, paused } = await media(desk);
    return at < from && !paused;
  });
});

test('a sound lesson has its wave as seek bar and counts like any other', async () => {
  await desk.goto(`/lessons/${sound.id}`);
  await plays(desk);
  await until('the wave has hills and valleys', async () => {
    const heights = await desk.locator('.wave path').evaluateAll((paths) => paths.flatMap((path) => [...(path.getAttribute('d') ?? '').matchAll(/ ([\d.]+)V([\d.]+)/g)].map(([, a, b]) => b - a)));
    return heights.length >= 90 && Math.max(...heights) > 3 * Math.min(...heights);
  });
  await shot(desk, 'sound');
  await desk.locator('.wave input').evaluate((input) => {
    input.value = '15000';
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await until('the middle plays', async () => (await media(desk)).at >= 15);
  await until('it is credited', async () => (await learnt(sound.title_id)).credited_ms > 3000, 30_000);
});

test('a link is opened elsewhere, and says that it does not count', async () => {
  await desk.goto(`/lessons/${link.id}`);
  const way = desk.getByRole('link', { name: '打开链接' });
  await way.waitFor();
  assert.deepEqual([await way.getAttribute('href'), await way.getAttribute('target')], ['https://example.org/safety', '_blank']);
  await desk.getByText('资料和链接不计学时').waitFor();
});

test('a lesson seen to its end leads to the next by itself, but neither focus nor page is taken from who writes a note', async () => {
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '10', '-c:a', 'aac'];
  const short = await bring(home, staff, await made(home, '开场.m4a', ...tone), ['ready', 'failed']);
  const video = await bring(home, staff, await made(home, '短片.mp4', ...movie({ size: '640x360', seconds: 10 })), ['ready', 'failed']);
  [hello, talk] = (await series(short, await given(TALK), video)).lessons;
  await desk.goto(`/lessons/${hello.id}`);
  await plays(desk);
  await desk.keyboard.press('n');
  const field = desk.getByRole('textbox', { name: '写笔记' });
  await field.pressSequentially(NOTE);
  await desk.getByRole('tab', { name: '课时' }).click();
  await field.waitFor({ state: 'hidden' });
  await desk.locator('h1').click(); // from the tabs, which have keys of their own
  await desk.keyboard.press('n');
  await until('the field has the focus again', () => field.evaluate((it) => it === document.activeElement));
  assert.equal(await field.inputValue(), NOTE);
  await desk.locator('.lesson-end').waitFor();
  await wait(10_000); // longer than the countdown
  assert.ok(desk.url().endsWith(hello.id));
  assert.ok(await field.evaluate((it) => it === document.activeElement));
  await field.fill('');
  await field.blur();
  await desk.waitForURL(`**/lessons/${talk.id}`, { timeout: 60_000 });
});

test('a class that has ended is a lesson: with notes, speeds, the way back to its course and on to the next lesson', async () => {
  await desk.getByRole('heading', { name: TALK, level: 1 }).waitFor();
  await plays(desk);
  await desk.getByRole('tab', { name: '笔记' }).click();
  await desk.getByRole('textbox', { name: '写笔记' }).waitFor();
  await wake(desk);
  await desk.locator('.chip', { hasText: '×' }).waitFor();
  await desk.locator('video').evaluate((video) => {
    video.currentTime = video.duration - 1;
    void video.play();
  });
  await desk.locator('.lesson-end').getByRole('link', { name: '下一节' }).waitFor();
  await desk.locator('.about').getByRole('link', { name: SERIES }).click();
  const way = desk.getByRole('link', { name: new RegExp(`^${TALK} 直播课`) });
  await way.waitFor();
  assert.equal(await way.getAttribute('href'), `/lessons/${talk.id}`);
});

/** Each view of a recorded course as a learner sees it. */
const press = (selector, then) => async (it) => {
  await it.locator(selector).first().click();
  await it.locator(then).first().waitFor();
};
const views = () => [
  { name: 'catalogue', path: '/courses', shows: TITLE },
  { name: 'catalogue, narrowed', path: '/courses?level=5&tag=urgent&module=safety', shows: TITLE },
  { name: 'nothing found', path: '/courses?q=qqqq&level=1', shows: /没有找到合适的课程|No course fits/ },
  { name: 'filters', path: '/courses', shows: TITLE, opens: press('.filters', '.filter-fields') },
  { name: 'occupations', path: '/courses', shows: TITLE, opens: async (it) => {
    await press('.filters', '.filter-fields')(it);
    await press('.picked', '.occupation-picker li')(it);
  } },
  { name: 'course', path: `/courses/${course.id}`, shows: '跟着师傅学平角焊' },
  { name: 'lesson', path: `/lessons/${film.id}`, shows: FILM, plays: true },
  { name: 'notes', path: `/lessons/${film.id}`, shows: FILM, plays: true, opens: press('.tabs button:nth-child(2)', '.notes li') },
  { name: 'hours', path: `/lessons/${film.id}`, shows: FILM, plays: true, opens: press('.tabs button:last-child', '.hours') },
  { name: 'speeds', path: `/lessons/${film.id}`, shows: FILM, plays: true, opens: async (it) => {
    await wake(it);
    await it.locator('.chip', { hasText: '×' }).click();
    await it.locator('.pick').waitFor();
  } },
  { name: 'sound lesson', path: `/lessons/${sound.id}`, shows: SOUND, plays: true },
  { name: 'link', path: `/lessons/${link.id}`, shows: LINK },
];

for (const [name, wear] of Object.entries(LOOKS))
  test(`everybody can read and use every view, worn ${name}: nothing for axe, nothing too wide, no stray language`, async () => {
    const it = await newPage(await visitor(chromium, home, { ...NARROW, session: chen, wear }));
    const found = {};
    for (const view of views()) {
      await visit(it, view);
      await shot(it, `${view.name}-${name}`.replaceAll(/[ ,]+/g, '_'));
      const stray = wear.language === 'en' ? await chineseHere(it, WRITTEN) : [];
      const findings = [...(await violations(it)), ...(await tooWide(it)), ...stray, ...it.faults];
      if (findings.length) found[view.name] = findings;
      it.faults.length = 0;
    }
    await it.context().close();
    assert.deepEqual(found, {});
  });

test('nothing went wrong in the page, and no view asked another host', () => {
  assert.deepEqual([...phone.faults, ...desk.faults], []);
  assert.deepEqual([...phone.context().strangers, ...desk.context().strangers], []);
});
