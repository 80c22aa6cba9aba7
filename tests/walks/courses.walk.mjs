// Courses as masters make them and learners see them, and the public page of certificates as strangers meet it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { house, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

const rule = { coverage_permille: 900, minutes: 0 };
let home, master, other, chen, admin, staff, course;

const make = (token, body, status) => home.api('POST', '/api/v1/courses', { token, body, status });

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', 'Zhao');
  other = await home.person('qian', 'master', 'Qian');
  chen = await home.person('chen', 'learner', '阿依古丽·买买提');
  admin = await home.person('hefang', 'admin', 'He');
  staff = await home.person('wang', 'staff', 'Wang');
});
after(() => home.stop());

test('a course is made by a master and seen by everybody when staff publish it', async () => {
  course = await make(master.token, { title: '焊工（初级）', summary: '平角焊实操', rule }, 201);
  assert.deepEqual(course.lessons, []);
  assert.equal(course.master_name, 'Zhao');
  assert.deepEqual([course.state, course.version, course.summary], ['draft', 0, '平角焊实操'], 'what a master makes is a draft, whatever they say');
  await home.api('GET', `/api/v1/courses/${course.id}`, { status: 404 });
  const short = await make(staff.token, { title: '钳工', summary: '', rule }, 201);
  assert.deepEqual([short.state, short.version], ['published', 1]);
  const seen = await home.api('GET', `/api/v1/courses/${short.id}`, { status: 200 });
  assert.equal(seen.enrolled, false);
  assert.equal(seen.progress, null);
  const { courses } = await home.api('GET', '/api/v1/courses', { status: 200 });
  assert.deepEqual(courses.map((one) => one.id), [short.id]);
});

test('a title that no certificate may carry is refused, and the word is named', async () => {
  for (const [title, word] of [['中国茶艺', '中国'], ['全 国电工班', '全国'], ['电工职业资格', '职业资格']]) {
    const problem = await make(master.token, { title, summary: '', rule }, 400);
    assert.equal(problem.code, 'forbidden_words');
    assert.equal(problem.field, 'title');
    assert.ok(problem.detail.includes(word), problem.detail);
  }
});

test('a wrong rule is refused at its field', async () => {
  for (const [bad, field] of [
    [undefined, 'rule'],
    [7, 'rule'],
    [{ minutes: 1 }, 'rule.coverage_permille'],
    [{ coverage_permille: 0, minutes: 1 }, 'rule.coverage_permille'],
    [{ coverage_permille: 1001, minutes: 1 }, 'rule.coverage_permille'],
    [{ coverage_permille: 900, minutes: 1.5 }, 'rule.minutes'],
    [{ coverage_permille: 900, minutes: -1 }, 'rule.minutes'],
  ]) {
    const problem = await make(master.token, { title: 't', summary: '', rule: bad }, 400);
    assert.equal(problem.field, field, JSON.stringify(bad));
  }
});

test('a learner makes no courses, and a stranger neither makes nor enrols', async () => {
  await make(chen.token, { title: 't', summary: '', rule }, 403);
  await make(undefined, { title: 't', summary: '', rule }, 401);
  await home.api('POST', `/api/v1/courses/${course.id}/enrol`, { status: 401 });
  await home.api('GET', '/api/v1/learning', { status: 401 });
});

test('a lesson needs a title that exists, and the course and class to be one\'s own', async () => {
  const add = (token, title_id, status) =>
    home.api('POST', `/api/v1/courses/${course.id}/lessons`, { token, body: { title: '一课', title_id }, status });
  assert.equal((await add(master.token, 'aaaaaaaaaaaa', 404)).code, 'no_title');
  const lecture = await home.classOf(master, '平角焊');
  const foreign = await home.classOf(other, '立焊');
  assert.equal((await add(other.token, foreign.title_id, 403)).code, 'not_yours');
  assert.equal((await add(master.token, foreign.title_id, 403)).code, 'not_yours');
  const lesson = await add(master.token, lecture.title_id, 201);
  assert.equal(lesson.kind, 'live');
  assert.equal(lesson.state, 'waiting');
  assert.equal(lesson.class_id, lecture.id);
  assert.equal((await add(master.token, lecture.title_id, 409)).code, 'title_in_course');
  await home.api('POST', `/api/v1/courses/${course.id}/publish`, { token: staff.token, body: {}, status: 200 });
  const second = await add(admin.token, foreign.title_id, 201);
  const page = await home.api('GET', `/api/v1/lessons/${lesson.id}`, { status: 200 });
  assert.equal(page.next_lesson_id, second.id);
  assert.equal(page.course.title, '焊工（初级）');
  assert.equal(page.playback, `/media/${lecture.title_id}/main.m3u8`);
  assert.equal((await home.api('GET', `/api/v1/lessons/${second.id}`, { status: 200 })).next_lesson_id, null);
});

test('what a master changes on a published course waits in its draft, and in review nothing is changed', async () => {
  const own = await home.courseOf(master, staff, { title: '立焊', summary: '', rule }, (course_id) => home.classOf(master, '第一课', { course_id }));
  const at = `/api/v1/courses/${own.id}`;
  const more = await home.classOf(master, '第二课');
  const add = (token, title_id, status) => home.api('POST', `${at}/lessons`, { token, body: { title: '一课', title_id }, status });
  const narrow = (token, status) => home.api('PATCH', at, { token, body: { viewing: { who: 'enrolled' } }, status });
  const seen = async () => {
    const { lessons, viewing, version } = await home.api('GET', at, { status: 200 });
    return [lessons.length, viewing.who, version];
  };
  assert.equal((await add(master.token, more.title_id, 201)).class_id, more.id);
  assert.equal((await add(master.token, more.title_id, 409)).code, 'title_in_course');
  await home.classOf(master, '第三课', { course_id: own.id });
  await narrow(master.token, 200);
  assert.deepEqual(await seen(), [1, 'public', 1], 'learners see what was published');
  const { draft } = await home.api('GET', `${at}/draft`, { token: master.token, status: 200 });
  assert.deepEqual(draft.chapters.flatMap((one) => one.lessons).map((one) => one.kind), ['live', 'live', 'live']);
  assert.equal(draft.viewing.who, 'enrolled');
  await home.api('POST', `${at}/submit`, { token: master.token, body: {}, status: 200 });
  const late = await home.classOf(master, '第四课');
  assert.equal((await add(master.token, late.title_id, 409)).code, 'in_review');
  assert.equal((await narrow(master.token, 409)).code, 'in_review');
  const refused = await home.api('POST', '/api/v1/classes', { token: master.token, body: { title: '第五课', course_id: own.id }, status: 409 });
  assert.equal(refused.code, 'in_review');
  await home.api('POST', `${at}/publish`, { token: staff.token, body: {}, status: 200 });
  assert.deepEqual(await seen(), [3, 'enrolled', 2]);
});

test('enrolling tells what is missing', async () => {
  const enrolled = await home.api('POST', `/api/v1/courses/${course.id}/enrol`, { token: chen.token, status: 200 });
  assert.equal(enrolled.enrolled, true);
  assert.deepEqual(enrolled.progress.missing, [
    { condition: 'lessons_open', have: 0, need: 2 },
    { condition: 'coverage', have: 0, need: 900 },
  ]);
  const learning = await home.api('GET', '/api/v1/learning', { token: chen.token, status: 200 });
  assert.equal(learning.courses.length, 1);
  assert.equal(learning.courses[0].certificate, null);
  assert.equal(learning.total_credited_ms, 0);
  await home.api('POST', '/api/v1/courses/aaaaaaaaaaaa/enrol', { token: chen.token, status: 404 });
  await home.api('GET', '/api/v1/learning/aaaaaaaaaaaa', { token: chen.token, status: 404 });
});

test('who has left before the end gets the certificate when the class ends', async () => {
  let lecture;
  await home.courseOf(master, staff, { title: '速成', summary: '', rule: { coverage_permille: 500, minutes: 0 } }, async (course_id) => (lecture = await home.classOf(master, '速成课', { course_id })));
  const encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180', seconds: 13 });
  await home.untilState(lecture.id, 'on_air');
  const { epoch_ms: epoch } = await home.api('GET', `/api/v1/classes/${lecture.id}`, { status: 200 });
  const is = await new Learner(home, lecture.title_id, chen).takePass();
  await is.join();
  await is.watch();
  await new Promise((done) => setTimeout(done, 9000));
  const segments = await is.segments('audio', { epoch });
  await is.fetchSegments('audio', segments);
  await is.beat(0, Math.min(9000, segments.at(-1).to));
  is.leave();
  const during = await home.api('GET', `/api/v1/learning/${lecture.title_id}`, { token: chen.token, status: 200 });
  assert.ok(during.credited_ms > 5000, JSON.stringify(during));
  assert.ok(during.content_ms >= during.covered_ms);
  await encoder.exit;
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await until('a certificate', async () => {
    const { certificates, classes } = await home.api('GET', '/api/v1/learning', { token: chen.token, status: 200 });
    assert.equal(classes[0].class_id, lecture.id);
    return certificates.length === 1;
  });
});

test('an unknown and a malformed token get the same answer', async () => {
  const ask = async (token) => {
    const answer = await fetch(`${home.url}/verify/${token}`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
    return { status: answer.status, policy: answer.headers.get('content-security-policy'), text: await answer.text() };
  };
  const unknown = await ask('0'.repeat(32));
  assert.equal(unknown.status, 404);
  assert.deepEqual(await ask('nonsense'), unknown);
  assert.match(unknown.policy, /default-src 'none'; style-src 'self'/);
  const style = await fetch(`${home.url}/verify/style.css`);
  assert.equal(style.headers.get('content-type'), 'text/css; charset=utf-8');
});

test('the public page answers in the reader\'s language and as JSON', async () => {
  const { certificates } = await home.api('GET', '/api/v1/learning', { token: chen.token, status: 200 });
  const url = certificates[0].verify_url.replace(/^.*\/verify/, `${home.url}/verify`);
  const look = async (headers) => (await fetch(url, { headers: { 'x-forwarded-for': '192.0.2.2', ...headers } })).text();
  assert.match(await look({}), /<html lang="zh-CN">[\s\S]*阿\*\*·买\*\*/);
  assert.match(await look({ 'accept-language': 'en-GB,en;q=0.9' }), /<html lang="en">/);
  assert.equal(JSON.parse(await look({ accept: 'application/json' })).valid, true);
});

test('guessing is slowed down by address', async () => {
  const statuses = [];
  for (let i = 0; i < 70; i++) {
    const answer = await fetch(`${home.url}/verify/${String(i).padStart(32, '0')}`, { headers: { 'x-forwarded-for': '192.0.2.3' } });
    statuses.push(answer.status);
    await answer.arrayBuffer();
  }
  assert.ok(statuses.includes(503), 'somewhen too many');
  assert.equal(statuses[0], 404);
});

test('a revoked certificate is shown as revoked at once', async () => {
  const { certificates } = await home.api('GET', '/api/v1/learning', { token: chen.token, status: 200 });
  const { id, token } = certificates[0];
  const revoke = (who, status) =>
    home.api('POST', `/api/v1/certificates/${id}/revoke`, { token: who.token, body: { reason: '姓名有误' }, status });
  await revoke(chen, 403);
  await revoke(master, 403);
  assert.ok((await revoke(admin, 200)).revoked_ms > 0);
  assert.equal((await revoke(admin, 409)).code, 'revoked_already');
  const html = await (await fetch(`${home.url}/verify/${token}`, { headers: { 'x-forwarded-for': '192.0.2.4' } })).text();
  assert.match(html, /证明已撤销/);
});
