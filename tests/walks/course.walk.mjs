// A course on its way from a draft through review to learners, edited afterwards, and retired.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { house, run, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';

let home, master, other, staff, chen, late, films;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', 'Zhao');
  other = await home.person('qian', 'master', 'Qian');
  staff = await home.person('hefang', 'staff', 'He');
  chen = await home.person('chen', 'learner', '陈');
  late = await home.person('wan', 'learner', '万');
  films = await mkdtemp(path.join(tmpdir(), 'jiangtang-films-'));
});
after(async () => {
  await home.stop();
  await rm(films, { recursive: true, force: true });
});

/** A film of so many seconds, uploaded by `who`: its asset, once it is ready. */
async function film(who, name, seconds) {
  const file = path.join(films, `${name}.mp4`);
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=15', '-f', 'lavfi', '-i', 'sine=440'];
  await run('ffmpeg', ['-v', 'error', ...source, '-t', String(seconds), '-c:v', 'libx264', '-preset', 'veryfast', '-g', '30', '-c:a', 'aac', '-movflags', '+faststart', file]);
  const bytes = await readFile(file);
  const metadata = `filename ${Buffer.from(`${name}.mp4`).toString('base64')}`;
  const made = await fetch(`${home.url}/files/`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${who.token}`,
      'tus-resumable': '1.0.0',
      'upload-length': String(bytes.length),
      'upload-metadata': metadata,
      'content-type': 'application/offset+octet-stream',
    },
    body: bytes,
  });
  assert.equal(made.status, 201, await made.text());
  return until(`${name} is ready`, async () => {
    const { assets } = await home.api('GET', '/api/v1/assets', { token: who.token, status: 200 });
    const is = assets.find((asset) => asset.name === `${name}.mp4`);
    assert.ok(!is || !['refused', 'failed'].includes(is.state), JSON.stringify(is?.trouble));
    return is?.state === 'ready' && is;
  }, 180_000);
}

/** Watches a lesson honestly up to the end, or to so many milliseconds. */
async function watch(who, lessonId, toMs) {
  const page = await home.api('GET', `/api/v1/lessons/${lessonId}`, { token: who.token, status: 200 });
  const is = await new Learner(home, page.title_id, who).takePass();
  await is.join();
  await is.watch();
  const segments = await is.segments('audio', { epoch: page.epoch_ms });
  await is.fetchSegments('audio', segments);
  const ack = await is.watchHonestly(0, Math.min(toMs ?? Infinity, page.duration_ms), { interval: 2000 });
  is.leave();
  return ack;
}

const lessonOf = (who, id) => home.api('GET', `/api/v1/lessons/${id}`, { token: who.token, status: 200 });

const at = (id, tail = '') => `/api/v1/courses/${id}${tail}`;
const codes = (view) => view.problems.map((problem) => problem.code);
const draftOf = (who, id, status = 200) => home.api('GET', at(id, '/draft'), { token: who.token, status });
const save = (who, id, edit, draft, status = 200) =>
  home.api('PUT', at(id, '/draft'), { token: who.token, body: { edit, draft }, status });
const act = (who, id, deed, body = {}, status = 200) =>
  home.api('POST', at(id, `/${deed}`), { token: who.token, body, status });

let course, view;

test('a draft is seen by its owner and staff only', async () => {
  course = await home.api('POST', '/api/v1/courses', { token: master.token, body: { title: '焊工', draft: true }, status: 201 });
  assert.equal(course.state, 'draft');
  assert.equal(course.version, 0);
  await home.api('GET', at(course.id), { token: chen.token, status: 404 });
  await home.api('GET', at(course.id), { status: 404 });
  await home.api('GET', at(course.id), { token: staff.token, status: 200 });
  await home.api('POST', at(course.id, '/enrol'), { token: chen.token, status: 404 });
  const { courses } = await home.api('GET', '/api/v1/courses', { token: master.token, status: 200 });
  assert.deepEqual(courses, []);
  const mine = await home.api('GET', '/api/v1/courses?mine=1&state=draft', { token: master.token, status: 200 });
  assert.equal(mine.courses[0].id, course.id);
  await draftOf(other, course.id, 403);
  await draftOf(chen, course.id, 403);
});

test('what is typed is saved, and an older page is told so', async () => {
  view = await draftOf(master, course.id);
  assert.equal(view.edit, 0);
  assert.ok(codes(view).includes('no_lessons'));
  view = await save(master, course.id, 0, { ...view.draft, title: '', summary: '从安全到平焊' });
  assert.equal(view.edit, 1);
  assert.ok(codes(view).includes('title_missing'));
  assert.equal((await save(master, course.id, 0, view.draft, 409)).code, 'edited_elsewhere');
  assert.equal((await draftOf(staff, course.id)).draft.summary, '从安全到平焊');
});

test('a shape that cannot be is refused at its place', async () => {
  for (const [draft, field, code] of [
    [{ ...view.draft, colour: 1 }, 'draft.colour', 'unknown_field'],
    [{ ...view.draft, title: 7 }, 'draft.title', 'wrong_type'],
    [{ ...view.draft, chapters: [{ lessons: [{ kind: 'game' }] }] }, 'draft.chapters.0.lessons.0.kind', 'unknown_word'],
    [{ ...view.draft, chapters: [{ id: 'A' }] }, 'draft.chapters.0.id', 'bad_id'],
  ]) {
    const problem = await save(master, course.id, 1, draft, 400);
    assert.equal(problem.field, field);
    assert.equal(problem.code, code);
  }
});

let lecture;

test('it goes through review: a master submits, staff give back and publish', async () => {
  lecture = await home.classOf(master, '平角焊');
  const draft = {
    ...view.draft,
    title: '焊工（初级）',
    rule: { coverage_permille: 900, minutes: 0 },
    chapters: [
      { title: '安全', lessons: [{ title: '防护', kind: 'live', class_id: lecture.id, module: 'safety' }] },
      { title: '参考', lessons: [{ title: '标准', kind: 'link', url: 'https://example.org/std' }] },
    ],
  };
  view = await save(master, course.id, 1, draft);
  assert.deepEqual(view.problems, []);
  await act(master, course.id, 'publish', {}, 403);
  assert.equal((await act(master, course.id, 'submit')).state, 'in_review');
  assert.equal((await save(master, course.id, 2, draft, 409)).code, 'in_review');
  view = await act(staff, course.id, 'reject', { reason: '请写明课时' });
  assert.equal(view.state, 'draft');
  assert.equal(view.review.reason, '请写明课时');
  await act(master, course.id, 'submit');
  view = await act(staff, course.id, 'publish', { note: '首版', edit: view.edit });
  assert.equal(view.state, 'published');
  assert.equal(view.version, 1);
  assert.equal(view.review, null);
  const seen = await home.api('GET', at(course.id), { token: chen.token, status: 200 });
  assert.equal(seen.title, '焊工（初级）');
  assert.deepEqual(seen.lessons.map((lesson) => lesson.kind), ['live', 'link']);
  assert.deepEqual(seen.chapters.map((chapter) => chapter.lesson_ids), seen.lessons.map((lesson) => [lesson.id]));
  assert.equal(seen.lessons[1].url, 'https://example.org/std');
  assert.equal(seen.lessons[1].title_id, null);
});

let filmed, first, second;
const lesson = (id, title, asset, more = {}) => ({ id, title, kind: 'video', asset_id: asset.id, ...more });

test('hours that were not filmed are refused with the numbers, and a missing module is named', async () => {
  [first, second] = [await film(master, 'first', 8), await film(master, 'second', 6)];
  filmed = await home.api('POST', '/api/v1/courses', { token: master.token, body: { title: '仰焊', draft: true }, status: 201 });
  view = await save(master, filmed.id, 0, {
    title: '仰焊',
    declared_hours: 1,
    hour_minutes: 30,
    rule: { coverage_permille: 900, minutes: 0, general_max_permille: 200 },
    modules_required: ['safety'],
    masters: [{ name: '赵铁柱', kind: 'heritage', proof: '证书 2019-031', intro: '焊了三十年' }],
    chapters: [{ lessons: [lesson('', '仰焊', first, { module: 'law' })] }],
  });
  const told = Object.fromEntries(view.problems.map((problem) => [problem.code, problem]));
  assert.deepEqual(Object.keys(told).sort(), ['general_share_over', 'hours_over_declared', 'module_missing']);
  assert.deepEqual([told.hours_over_declared.have, told.hours_over_declared.need], [0, 30]);
  assert.deepEqual([told.general_share_over.have, told.general_share_over.need], [1000, 200]);
  assert.equal(told.module_missing.path, 'modules_required.0');
  const refused = await act(staff, filmed.id, 'publish', {}, 409);
  assert.equal(refused.code, 'hours_over_declared');
  assert.equal(refused.field, 'declared_hours');
  assert.match(refused.detail, /30 minutes/);
  await home.api('GET', at(filmed.id), { token: chen.token, status: 404 });
});

test("a master's kind is shown once staff have seen the proof", async () => {
  const { draft } = view;
  draft.declared_hours = 0;
  draft.rule.general_max_permille = null;
  draft.modules_required = [];
  draft.chapters[0].lessons[0].module = '';
  view = await save(master, filmed.id, view.edit, draft);
  view = await act(staff, filmed.id, 'publish');
  const kind = async () => (await home.api('GET', at(filmed.id), { status: 200 })).masters[0].kind;
  assert.equal(await kind(), null);
  assert.deepEqual(view.proofs, [null]);
  await act(master, filmed.id, 'masters/0/check', { checked: true, edit: view.edit }, 403);
  await act(staff, filmed.id, 'masters/1/check', { checked: true, edit: view.edit }, 404);
  view = await act(staff, filmed.id, 'masters/0/check', { checked: true, edit: view.edit });
  assert.equal(view.proofs[0].by_name, 'He');
  assert.equal(await kind(), 'heritage');
});

test('edited after it was published: version 2 is for the others, old completions stay', async () => {
  const [{ id }] = (await home.api('GET', at(filmed.id), { status: 200 })).lessons;
  await home.api('POST', at(filmed.id, '/enrol'), { token: late.token, status: 200 });
  assert.equal((await watch(chen, id)).complete, true);
  await until('a certificate', async () => (await home.api('GET', '/api/v1/learning', { token: chen.token, status: 200 })).certificates[0]);
  const before = (await home.api('GET', '/api/v1/learning', { token: chen.token, status: 200 })).certificates;
  await watch(late, id, 3000);
  view = await draftOf(staff, filmed.id);
  view.draft.chapters[0].lessons[0].asset_id = second.id;
  view = await save(staff, filmed.id, view.edit, view.draft);
  assert.equal((await lessonOf(chen, id)).title_id, first.title_id, 'a saved draft is not published');
  view = await act(staff, filmed.id, 'publish', { note: '重录' });
  assert.equal(view.version, 2);
  const [hers, his] = [await lessonOf(chen, id), await lessonOf(late, id)];
  assert.equal(hers.version, 2);
  assert.equal(hers.title_id, second.title_id);
  assert.equal(hers.playback, `/media/${second.title_id}/main.m3u8`);
  assert.deepEqual([hers.progress.version, hers.progress.complete], [1, true]);
  assert.deepEqual([his.progress.version, his.progress.complete, his.progress.covered_ms], [2, false, 0]);
  const { courses, certificates } = await home.api('GET', '/api/v1/learning', { token: chen.token, status: 200 });
  assert.deepEqual(certificates, before);
  assert.equal(courses.find((one) => one.course.id === filmed.id).progress.eligible, true);
  assert.equal((await watch(late, id)).complete, true);
  assert.deepEqual((await lessonOf(late, id)).progress.version, 2);
  await until('his certificate', async () => (await home.api('GET', '/api/v1/learning', { token: late.token, status: 200 })).certificates[0]);
  const { versions } = await home.api('GET', at(filmed.id, '/versions'), { token: master.token, status: 200 });
  assert.deepEqual(versions.map(({ version, note, lessons }) => ({ version, note, lessons })), [
    { version: 2, note: '重录', lessons: 1 },
    { version: 1, note: '', lessons: 1 },
  ]);
  const old = await home.api('GET', at(filmed.id, '/versions/1'), { token: master.token, status: 200 });
  assert.equal(old.draft.chapters[0].lessons[0].asset_id, first.id);
});

test('what was published survives a death of the server', async () => {
  await home.kill();
  await home.restart();
  const seen = await home.api('GET', at(filmed.id), { token: chen.token, status: 200 });
  assert.equal(seen.version, 2);
  assert.equal(seen.lessons[0].progress.complete, true);
  assert.equal((await draftOf(staff, filmed.id)).edit, view.edit);
});

test('retired, it is gone for all but those who are enrolled', async () => {
  const [{ id }] = (await home.api('GET', at(filmed.id), { status: 200 })).lessons;
  await act(master, filmed.id, 'retire', { reason: '过时' }, 403);
  assert.equal((await act(staff, filmed.id, 'retire', { reason: '教材已过时' })).state, 'retired');
  await home.api('GET', at(filmed.id), { status: 404 });
  await home.api('GET', at(filmed.id), { token: other.token, status: 404 });
  await home.api('GET', `/api/v1/lessons/${id}`, { status: 404 });
  await home.api('POST', `/api/v1/titles/${second.title_id}/pass`, { status: 404 });
  await home.api('POST', at(filmed.id, '/enrol'), { token: other.token, status: 404 });
  const { courses } = await home.api('GET', '/api/v1/courses', { status: 200 });
  assert.ok(!courses.some((one) => one.id === filmed.id));
  assert.equal((await home.api('GET', at(filmed.id), { token: late.token, status: 200 })).state, 'retired');
  assert.equal((await lessonOf(chen, id)).progress.complete, true);
  await home.api('POST', `/api/v1/titles/${second.title_id}/pass`, { token: chen.token, status: 200 });
  assert.equal((await act(master, filmed.id, 'submit', {}, 409)).code, 'course_state');
  assert.equal((await act(staff, filmed.id, 'publish')).version, 3);
  await home.api('GET', at(filmed.id), { status: 200 });
});

test('every deed is in the audit', async () => {
  const auditor = await home.person('shen', 'auditor', 'Shen');
  const { entries } = await home.api('GET', '/api/v1/audit', { token: auditor.token, status: 200 });
  const of = (id) => entries.filter((entry) => entry.object === id).map((entry) => entry.action).reverse();
  assert.deepEqual(of(course.id), ['course_submitted', 'course_rejected', 'course_submitted', 'course_published']);
  assert.deepEqual(of(filmed.id), ['course_published', 'proof_checked', 'course_published', 'course_retired', 'course_published']);
});

test('an asset of somebody else, a handout and a class to come are told apart', async () => {
  const foreign = await film(other, 'foreign', 3);
  const edited = await save(master, filmed.id, view.edit, {
    title: '仰焊',
    chapters: [
      {
        lessons: [
          lesson('', '别人的', foreign),
          lesson('', '没有的', { id: 'aaaaaaaaaaaa' }),
          { title: '课', kind: 'live', class_id: lecture.id },
          { title: '书', kind: 'document', handout_id: first.id },
        ],
      },
    ],
  });
  const told = edited.problems.map((problem) => `${problem.code}@${problem.path}`);
  assert.deepEqual(told, [
    'lesson_not_yours@chapters.0.lessons.0',
    'lesson_source_unknown@chapters.0.lessons.1',
    'lesson_source_unknown@chapters.0.lessons.3',
  ]);
  assert.equal(edited.measured_minutes, 45, 'a class to come counts as long as it is planned');
});
