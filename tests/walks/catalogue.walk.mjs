// Finding courses, the classification behind them, and what stands beside a lesson: captions and notes.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { validate } from './openapi.mjs';
import { command, house, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

const rule = { coverage_permille: 900, minutes: 0 };
let home, master, maker, staff, chen, zhou, lecture, lesson;

/** Bytes as a body; the answer as house.api() gives it. */
async function send(method, pathname, bytes, { token, type = 'text/csv', status } = {}) {
  const response = await fetch(home.url + pathname, {
    method,
    headers: { 'content-type': type, ...(token ? { authorization: `Bearer ${token}` } : {}), connection: 'close' },
    body: bytes,
  });
  const text = await response.text();
  const json = text ? JSON.parse(text) : null;
  validate(method, pathname.split('?')[0], response.status, json ?? undefined);
  if (status) assert.equal(response.status, status, `${method} ${pathname}: ${text}`);
  return json;
}

const get = (pathname, token) => home.api('GET', pathname, { token, status: 200 });
const found = async (query) => (await get(`/api/v1/catalogue?${new URLSearchParams(query)}`)).courses.map((c) => c.title);

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  staff = await home.person('wang', 'staff', '王建国');
  chen = await home.person('chen', 'learner', '陈静');
  zhou = await home.person('zhou', 'learner', '周强');
});
after(() => home.stop());

// ---- occupations ----

const head = 'edition,code,name,levels,tags';
const trades = Array.from({ length: 120 }, (_, i) => {
  const code = `6-${String(10 + Math.floor(i / 30)).padStart(2, '0')}-${String(1 + (i % 30)).padStart(2, '0')}-01`;
  return `2030,${code},试验工${i},五级/四级,大众`;
});

test('a new house has more than a hundred occupations, each code once', async () => {
  const { total, distinct_codes: codes } = await get('/api/v1/occupations?limit=1');
  assert.ok(codes >= 100, `${codes}`);
  assert.equal(codes, total);
});

test('120 codes are imported once, and again they change nothing', async () => {
  const before = await get('/api/v1/occupations?limit=1');
  const file = [head, ...trades].join('\r\n');
  const first = await send('POST', '/api/v1/occupations', file, { token: staff.token, status: 200 });
  assert.deepEqual(first, { added: 120, changed: 0, unchanged: 0, refused: 0, errors: [] });
  const again = await send('POST', '/api/v1/occupations', '\ufeff' + file, { token: staff.token, status: 200 });
  assert.deepEqual(again, { added: 0, changed: 0, unchanged: 120, refused: 0, errors: [] });
  const now = await get('/api/v1/occupations?limit=1');
  assert.equal(now.total - before.total, 120);
  const listed = [];
  for (let next = ''; next !== null; ) {
    const page = await get(`/api/v1/occupations?edition=2030&limit=50&after=${next}`);
    listed.push(...page.occupations);
    next = page.next;
  }
  assert.equal(new Set(listed.map((is) => is.code)).size, 120);
  assert.deepEqual(listed[0].levels, ['5', '4']);
  assert.deepEqual(listed[0].tags, ['mass']);
});

test('each wrong line is told with its number and the others are taken', async () => {
  const file = [
    '版本,编码,名称,等级,标签',
    '2031,4-14-01-02,健康照护师,5/4/3,urgent/new',
    '2031,4-14-1-02,写错的,5,',
    '2031,4-14-01-02,又来一次,5,',
    '2031,4-10-01-05,养老护理员,六级,',
    `2031,4-10-01-06,${'长'.repeat(41)},5,`,
    '2031,"4-10-01-07,没有关上的引号',
    '2031,4-10-01-03,保育师,五级、四级,急需紧缺',
  ].join('\n');
  const report = await send('POST', '/api/v1/occupations', file, { token: staff.token, status: 200 });
  assert.equal(report.added, 2);
  assert.deepEqual(report.errors.map((e) => [e.line, e.code]), [
    [3, 'bad_code'], [4, 'duplicate'], [5, 'unknown_level'], [6, 'too_long'], [7, 'csv_quote'],
  ]);
  assert.match(report.errors[1].text, /line 2/);
});

test('a file in GB18030 says the same', async () => {
  // "2032,4-10-01-03,保育师,五级,急需紧缺" as a Chinese spreadsheet saves it
  const words = { 保: 'b1a3', 育: 'd3fd', 师: 'caa6', 五: 'cee5', 级: 'bcb6', 急: 'bcb1', 需: 'd0e8', 紧: 'bdf4', 缺: 'c8b1' };
  const text = `${head}\n2032,4-10-01-03,保育师,五级,急需紧缺\n`;
  const bytes = Buffer.concat([...text].map((c) => (words[c] ? Buffer.from(words[c], 'hex') : Buffer.from(c))));
  assert.equal((await send('POST', '/api/v1/occupations', bytes, { token: staff.token, status: 200 })).added, 1);
  const { occupations } = await get('/api/v1/occupations?edition=2032');
  assert.deepEqual(occupations[0], { edition: '2032', code: '4-10-01-03', name: '保育师', levels: ['5'], tags: ['urgent'] });
});

test('only staff bring in occupations, and only text', async () => {
  await send('POST', '/api/v1/occupations', head, { token: master.token, status: 403 });
  await send('POST', '/api/v1/occupations', head, { status: 401 });
  const not = (bytes) => send('POST', '/api/v1/occupations', bytes, { token: staff.token, status: 400 });
  assert.equal((await not(Buffer.from([0xff, 0x00, 0x81, 0xff]))).code, 'not_text');
  assert.equal((await not('name,price\n')).code, 'csv_head');
});

test('occupations are found by characters, initials, pinyin and code', async () => {
  const names = async (q) => (await get(`/api/v1/occupations?edition=2022&q=${encodeURIComponent(q)}`)).occupations.map((o) => o.name);
  assert.equal((await names('焊'))[0], '焊工');
  assert.equal((await names('hg'))[0], '焊工');
  assert.equal((await names('hangong'))[0], '焊工');
  assert.ok((await names('护理')).includes('养老护理员'));
  assert.ok((await names('xinglingshou')).length === 0);
  assert.deepEqual(await names('6-18-02-04'), ['焊工']);
});

test('the command brings in the same file and tells wrong lines', async () => {
  const file = path.join(home.data, 'occupations.csv');
  await writeFile(file, [head, ...trades, '2030,9-01-01-01,没有这一类,5,'].join('\n'));
  const failed = await command(['import', 'occupations', '--data', home.data, file]).then(
    () => assert.fail('wrong lines are no success'), (error) => error);
  assert.match(failed.out, /unchanged 120, .*refused 1/);
  assert.match(failed.err, /occupations\.csv:122: 9-01-01-01/);
});

// ---- the catalogue ----

test('courses are found by any part of their words, by pinyin and its initials', async () => {
  maker = await home.person('zhaoer', 'staff', '赵铁柱'); // staff publish at once, a master's course would be a draft
  for (const title of ['焊工（初级）', '汽车维修工', '女装缝纫入门', 'CO2 气体保护焊', '长度测量与调试']) {
    await home.api('POST', '/api/v1/courses', { token: maker.token, body: { title, summary: '平角焊实操', rule }, status: 201 });
  }
  assert.equal((await found({})).length, 5);
  assert.equal((await found({}))[0], '长度测量与调试', 'the newest first');
  assert.deepEqual(await found({ q: '汽车' }), ['汽车维修工']);
  assert.deepEqual(await found({ q: '车维' }), ['汽车维修工']);
  const welding = await found({ q: '焊' });
  assert.equal(welding.length, 5, 'it is in every summary');
  assert.deepEqual(welding.slice(0, 2).sort(), ['CO2 气体保护焊', '焊工（初级）'], 'a word of a title goes before one of a summary');
  assert.deepEqual(await found({ q: 'hg' }), ['焊工（初级）']);
  assert.deepEqual(await found({ q: 'hangongchu' }), ['焊工（初级）']);
  assert.deepEqual(await found({ q: 'nvzhuang' }), ['女装缝纫入门']);
  assert.deepEqual(await found({ q: 'nüzhuang' }), ['女装缝纫入门']);
  assert.deepEqual(await found({ q: 'changdu' }), ['长度测量与调试']);
  assert.deepEqual(await found({ q: 'tiaoshi' }), ['长度测量与调试'], 'both readings of 调');
  assert.deepEqual(await found({ q: 'ｃｏ２' }), ['CO2 气体保护焊']);
  assert.equal((await found({ q: '赵铁柱' })).length, 5);
  assert.equal((await found({ q: 'ztz' })).length, 5);
  assert.deepEqual(await found({ q: '焊 初级' }), ['焊工（初级）']);
  assert.deepEqual(await found({ q: '没有的' }), []);
});

test('what is typed is words and nothing else', async () => {
  for (const q of ['"', '焊"工', '焊 OR 汽车', 'title:焊', 'NEAR(焊 工)', '焊*', '-焊', "'; DROP TABLE course;--", '(', '^焊', '{title}:焊', '\u0000', '😀'])
    await home.api('GET', `/api/v1/catalogue?q=${encodeURIComponent(q)}`, { status: 200 });
  assert.deepEqual(await found({ q: '焊 OR 汽车' }), [], 'OR is a word like any other');
  assert.deepEqual(await found({ q: 'title:焊' }), []);
});

test('a page goes on where the one before ended, in every order', async () => {
  for (const query of ['', 'q=%E7%84%8A&', 'sort=hours&']) {
    const titles = [];
    for (let next = ''; next !== null; ) {
      const page = await get(`/api/v1/catalogue?${query}limit=2&after=${next}`);
      titles.push(...page.courses.map((c) => c.title));
      next = page.next;
    }
    assert.equal(titles.length, 5, query);
    assert.equal(new Set(titles).size, 5, query);
  }
  for (const [name, value] of [['after', 'x'], ['limit', '0'], ['limit', '101'], ['sort', 'x'], ['level', '6'], ['occupation', '9'], ['occupation', '4-1'], ['module', '"']])
    assert.equal((await home.api('GET', `/api/v1/catalogue?${name}=${encodeURIComponent(value)}`, { status: 400 })).field, name);
});

// ---- beside a lesson ----

const srt = `1\r\n00:00:01,000 --> 00:00:02,500\r\n<font color="red">焊条</font>角度 <i>70°</i>\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nA & B <script>\r\n`;
const vtt = `WEBVTT\n\nNOTE nothing\n\nSTYLE\n::cue { color: red }\n\nfirst\n00:01.000 --> 00:02.000 line:0 onclick:x\n<v 赵>Hold it <b>steady\n`;

async function file(lang, learner) {
  const response = await fetch(`${home.url}/media/${lecture.title_id}/captions/${lang}.vtt?pass=${learner.pass}`);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

test('a lesson gets captions from SRT and WebVTT, and they are served moved', async () => {
  const { courses } = await get('/api/v1/catalogue?q=hg');
  lecture = await home.classOf(master, '平角焊');
  lesson = await home.api('POST', `/api/v1/courses/${courses[0].id}/lessons`, { token: maker.token, body: { title: '平角焊', title_id: lecture.title_id }, status: 201 });
  const encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180', seconds: 8 });
  await home.untilState(lecture.id, 'on_air');
  await encoder.exit;
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  const at = `/api/v1/titles/${lecture.title_id}/captions`;
  assert.deepEqual((await get(at)).captions, []);
  await send('PUT', `${at}/zh`, srt, { token: master.token, type: 'application/x-subrip', status: 200 });
  const both = await send('PUT', `${at}/en?label=English%20(by%20hand)`, vtt, { token: staff.token, type: 'text/vtt', status: 200 });
  assert.deepEqual(both.captions.map((c) => [c.lang, c.label, c.cues, c.offset_ms]), [['en', 'English (by hand)', 1, 0], ['zh', '中文', 2, 0]]);
  assert.deepEqual((await get(`/api/v1/lessons/${lesson.id}`)).captions, both.captions);
  const learner = await new Learner(home, lecture.title_id, chen).takePass();
  assert.deepEqual(await file('zh', learner), {
    status: 200,
    type: 'text/vtt; charset=utf-8',
    text: 'WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n焊条角度 <i>70°</i>\n\n00:00:03.000 --> 00:00:04.000\nA &amp; B \n\n',
  });
  assert.equal((await file('en', learner)).text, 'WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0\nHold it <b>steady</b>\n\n');
  const moved = await home.api('PATCH', `${at}/zh`, { token: master.token, body: { offset_ms: -1500 }, status: 200 });
  assert.equal(moved.captions[1].offset_ms, -1500);
  assert.equal((await file('zh', learner)).text, 'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n焊条角度 <i>70°</i>\n\n00:00:01.500 --> 00:00:02.500\nA &amp; B \n\n');
  await home.api('PATCH', `${at}/zh`, { token: master.token, body: { offset_ms: 250 }, status: 200 });
  assert.match((await file('zh', learner)).text, /00:00:01\.250 --> 00:00:02\.750/, 'nothing was lost by moving it away');
});

test('captions are changed by those who teach, and only by what can be read', async () => {
  const at = `/api/v1/titles/${lecture.title_id}/captions`;
  await send('PUT', `${at}/zh`, srt, { token: chen.token, status: 403 });
  await send('PUT', `${at}/zh`, srt, { status: 401 });
  const wrong = async (body, lang = 'zh') => send('PUT', `${at}/${lang}`, body, { token: master.token, status: 400 });
  assert.match((await wrong('1\n00:00:01,000 -> 00:00:02,000\nx\n')).detail, /^Line 2: /);
  assert.match((await wrong('WEBVTT\n\n00:02.000 --> 00:01.000\nx\n')).detail, /Line 3: the cue ends before it begins/);
  assert.equal((await wrong('')).code, 'captions_empty');
  assert.equal((await wrong(srt, 'chinese')).code, 'captions_words');
  await send('PUT', `${at}/zh`, 'x'.repeat((1 << 20) + 1), { token: master.token, status: 413 });
  assert.equal((await home.api('PATCH', `${at}/fr`, { token: master.token, body: { offset_ms: 1 }, status: 404 })).code, 'captions_missing');
  const left = await home.api('DELETE', `${at}/en`, { token: master.token, status: 200 });
  assert.deepEqual(left.captions.map((c) => c.lang), ['zh']);
  const learner = await new Learner(home, lecture.title_id, chen).takePass();
  assert.equal((await file('en', learner)).status, 404);
  assert.equal((await file('../../zh', learner)).status, 404);
  assert.equal((await fetch(`${home.url}/media/${lecture.title_id}/captions/zh.vtt`)).status, 401);
});

test('the length of a class is listed once it is over', async () => {
  const { courses } = await get('/api/v1/catalogue?q=hg');
  assert.equal(courses[0].lessons, 1);
  assert.ok(courses[0].poster === null || courses[0].poster.includes(lecture.title_id));
});

test('notes are one\'s own', async () => {
  const at = `/api/v1/lessons/${lesson.id}/notes`;
  const write = (who, body, status) => home.api('POST', at, { token: who.token, body, status });
  const second = await write(chen, { at_ms: 5000, text: '焊条角度 70°' }, 201);
  await write(chen, { at_ms: 1000, text: '先检查' }, 201);
  assert.deepEqual((await get(at, chen.token)).notes.map((n) => n.text), ['先检查', '焊条角度 70°']);
  for (const who of [zhou, master, staff]) {
    assert.deepEqual((await get(at, who.token)).notes, []);
    await home.api('PATCH', `/api/v1/notes/${second.id}`, { token: who.token, body: { text: '别人的' }, status: 404 });
    await home.api('DELETE', `/api/v1/notes/${second.id}`, { token: who.token, status: 404 });
  }
  const changed = await home.api('PATCH', `/api/v1/notes/${second.id}`, { token: chen.token, body: { at_ms: 500 }, status: 200 });
  assert.equal(changed.text, '焊条角度 70°');
  await home.api('DELETE', `/api/v1/notes/${second.id}`, { token: chen.token, status: 204 });
  assert.equal((await get(at, chen.token)).notes.length, 1);
  await write(chen, { at_ms: 0, text: '  ' }, 400);
  await write(chen, { at_ms: 0, text: '字'.repeat(1001) }, 400);
  await home.api('GET', at, { status: 401 });
  await home.api('GET', '/api/v1/lessons/aaaaaaaaaaaa/notes', { token: chen.token, status: 404 });
});

// ---- a published draft: its facets and its handout ----

test('a course published with occupation, level and tags is found by each, and its handout is read by whoever may watch', async () => {
  const pdf = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
  const metadata = `filename ${Buffer.from('平角焊 讲义.pdf').toString('base64')},kind ${Buffer.from('handout').toString('base64')}`;
  const made = await fetch(`${home.url}/files/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${master.token}`, 'tus-resumable': '1.0.0', 'upload-length': String(pdf.length), 'upload-metadata': metadata, 'content-type': 'application/offset+octet-stream' },
    body: pdf,
  });
  assert.equal(made.status, 201, await made.text());
  const handout = await until('the handout is an asset', async () => {
    const { assets } = await get('/api/v1/assets?kind=handout', master.token);
    return assets[0]?.state === 'ready' && assets[0];
  });
  const course = await home.api('POST', '/api/v1/courses', { token: master.token, body: { title: '平角焊讲义课', draft: true }, status: 201 });
  assert.deepEqual(await found({ q: '讲义课' }), [], 'a draft is not found');
  const view = await get(`/api/v1/courses/${course.id}/draft`, master.token);
  const draft = { ...view.draft, summary: '平角焊', occupation: { edition: '2022', code: '6-18-02-04' }, level: '5', tags: ['urgent', '平角焊'],
    viewing: { who: 'enrolled' },
    chapters: [{ id: '', title: '一', lessons: [
      { id: '', title: '看回放', kind: 'video', title_id: lecture.title_id, module: 'safety' },
      { id: '', title: '讲义', kind: 'document', handout_id: handout.id, module: '' } ] }] };
  const saved = await home.api('PUT', `/api/v1/courses/${course.id}/draft`, { token: master.token, body: { edit: view.edit, draft }, status: 200 });
  assert.deepEqual(saved.problems, []);
  await home.api('POST', `/api/v1/courses/${course.id}/publish`, { token: staff.token, body: { note: '' }, status: 200 });
  for (const query of [{ q: '讲义课' }, { occupation: '6-18' }, { occupation: '2022:6-18-02-04' }, { level: '5' }, { tag: 'urgent' }, { tag: '平角焊' }, { module: 'safety' }, { q: 'kanhuifang' }, { q: '焊工', level: '5' }])
    assert.deepEqual(await found(query), ['平角焊讲义课'], JSON.stringify(query));
  assert.deepEqual(await found({ level: '4' }), []);
  const { facets } = await get('/api/v1/catalogue?facets=1');
  assert.deepEqual(facets.occupation, [{ value: '2022:6-18-02-04', courses: 1, name: '焊工' }]);
  const read = (token) => fetch(`${home.url}/api/v1/handouts/${handout.id}`, { headers: { connection: 'close', ...(token ? { authorization: `Bearer ${token}` } : {}) } });
  assert.equal((await read()).status, 403);
  assert.equal((await (await read(chen.token)).json()).code, 'viewing_enrol');
  await home.api('POST', `/api/v1/courses/${course.id}/enrol`, { token: chen.token, status: 200 });
  const answer = await read(chen.token);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/pdf');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.match(answer.headers.get('content-security-policy'), /default-src 'none'; sandbox/);
  assert.match(answer.headers.get('content-disposition'), /^attachment; .*filename\*=UTF-8''%E5%B9%B3/);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), pdf);
  await home.api('POST', `/api/v1/courses/${course.id}/retire`, { token: staff.token, body: { reason: '过时' }, status: 200 });
  assert.deepEqual(await found({ q: '讲义课' }), []);
  assert.equal((await read(zhou.token)).status, 404, 'what nobody may find is not there');
  assert.equal((await read(chen.token)).status, 200, 'those who are enrolled learn on');
});
