// A course on its way from a draft through review to learners, edited afterwards, and retired.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { house } from './lib/house.mjs';

let home, master, other, staff, chen;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', 'Zhao');
  other = await home.person('qian', 'master', 'Qian');
  staff = await home.person('hefang', 'staff', 'He');
  chen = await home.person('chen', 'learner', '陈');
});
after(() => home.stop());

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
