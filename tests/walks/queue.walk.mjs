// From an uploaded file to a lesson that can be played: looked at, queued, made, steered, and through every fall.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { house, run, until, wait } from './lib/house.mjs';
import { asset, assetOf, bring, made, movie, untilAsset, upload } from './lib/files.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

const LONG = movie({ size: '640x360', seconds: 60 }); // its work takes long enough to be interrupted
let home, staff, master, other;

before(async () => {
  home = await house();
  staff = await home.person('wang', 'staff', '王建国');
  master = await home.person('zhao', 'master', '赵铁柱');
  other = await home.person('qian', 'master', '钱师傅');
});
after(() => home.stop());

const there = (file) => stat(file).then(() => true, () => false);
const jobs = async (state = 'open', who = staff) => home.api('GET', `/api/v1/jobs?state=${state}`, { token: who.token, status: 200 });
const deed = (job, what, who = staff, status = 200) => home.api('POST', `/api/v1/jobs/${job.id}/${what}`, { token: who.token, body: {}, status });
const journal = (titleId) => readFile(path.join(home.data, 'titles', titleId, 'journal'), 'utf8').catch(() => '');
/** What stands for good: the journal up to its last finished segment. */
const finished = (text) => text.slice(0, text.lastIndexOf('\n', text.lastIndexOf('\nsegment ') + 1) + 1);
const segments = (text) => text.split('\n').filter((line) => line.startsWith('segment ')).length;

/** A long file of this person whose work has come some way: its asset and journal. */
async function onItsWay(who, { name = '长课.mp4', more = 2, words = LONG } = {}) {
  const { id } = await assetOf(home, who, await upload(home, who, await made(home, name, ...words)));
  const is = await untilAsset(home, who, id, ['transcoding']);
  await until('some segments are finished', async () => segments(await journal(is.title_id)) >= more, 120_000);
  return is;
}

/** Of the title all is there once, and plays from its beginning to its end. */
async function playsWhole(is, who, seconds) {
  const learner = await new Learner(home, is.title_id, who).takePass();
  const playlist = await (await learner.media('main.m3u8')).text();
  assert.match(playlist, /#EXT-X-STREAM-INF/);
  for (const rung of is.rungs) {
    const list = await (await learner.media(`${rung}/dvr.m3u8`)).text();
    assert.match(list, /#EXT-X-ENDLIST/, rung);
    const numbers = [...list.matchAll(/^(\d+)\.m4s/gm)].map((m) => Number(m[1]));
    assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] + i), rung);
    const length = [...list.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, m) => sum + Number(m[1]), 0);
    assert.ok(Math.abs(length - seconds) < 1, `${rung}: ${length} s of ${seconds}`);
  }
  const url = `${home.url}/media/${is.title_id}/main.m3u8?pass=${learner.pass}`;
  const seen = await run('ffprobe', ['-v', 'error', '-headers', `Cookie: jt_pass=${learner.pass}\r\n`, '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', url]);
  assert.match(seen, /h264/);
  assert.match(seen, /aac/);
}

test('what is no lesson is refused with what was found', async () => {
  const text = path.join(home.data, '讲稿.mp4');
  await writeFile(text, '平角焊的操作要点\n'.repeat(400));
  const words = await bring(home, master, text, 'refused');
  assert.equal(words.trouble.code, 'not_media');
  const image = await bring(home, master, await made(home, '封面.png', '-f', 'lavfi', '-i', 'testsrc2=size=800x600', '-frames:v', '1'), 'refused');
  assert.equal(image.trouble.code, 'image');
  assert.match(image.trouble.found, /800/);
  assert.equal(image.job.state, 'done');
  const { jobs: open } = await jobs();
  assert.deepEqual(open, []);
});

let lesson;

test('a file becomes a lesson: looked at, made, ready, and played by who brought it', async (t) => {
  const from = Date.now();
  lesson = await bring(home, master, await made(home, '平角焊.mp4', ...movie({ seconds: 20 })), ['ready', 'failed']);
  t.diagnostic(`ready in ${Date.now() - from} ms`);
  assert.equal(lesson.state, 'ready', JSON.stringify(lesson.trouble));
  assert.equal(lesson.name, '平角焊.mp4');
  assert.equal(lesson.kind, 'video');
  assert.ok(Math.abs(lesson.duration_ms - 20_000) < 200, lesson.duration_ms);
  assert.ok(lesson.playable && lesson.poster && lesson.posters.length > 0);
  assert.equal(lesson.probe.video.width, 320);
  await playsWhole(lesson, master, 20);
});

test('before a course has it only its owner and staff see it', async () => {
  const pass = (who, status) => home.api('POST', `/api/v1/titles/${lesson.title_id}/pass`, { token: who?.token, status });
  await pass(staff, 200);
  await pass(other, 404);
  await pass(null, 404);
  await home.api('GET', `/api/v1/assets/${lesson.id}`, { token: other.token, status: 403 });
  const { assets } = await home.api('GET', '/api/v1/assets', { token: other.token, status: 200 });
  assert.deepEqual(assets, []);
  assert.deepEqual((await jobs('ended', other)).jobs, []);
  const found = await home.api('GET', `/api/v1/assets?q=${encodeURIComponent('平角')}&state=ready&kind=video`, { token: staff.token, status: 200 });
  assert.deepEqual(found.assets.map((it) => it.id), [lesson.id]);
});

test('its owner names it and chooses its poster', async () => {
  const edit = (body, status = 200) => home.api('PATCH', `/api/v1/assets/${lesson.id}`, { token: master.token, body, status });
  const candidate = await fetch(home.url + lesson.posters.at(-1), { headers: { authorization: `Bearer ${master.token}` } });
  assert.equal(candidate.headers.get('content-type'), 'image/jpeg');
  const wanted = Buffer.from(await candidate.arrayBuffer());
  const is = await edit({ name: '平角焊（第二版）', poster_choice: Number(lesson.posters.at(-1).split('/').at(-1)) });
  assert.equal(is.name, '平角焊（第二版）');
  const poster = await fetch(home.url + is.poster, { headers: { authorization: `Bearer ${master.token}` } });
  assert.deepEqual(Buffer.from(await poster.arrayBuffer()), wanted);
  await edit({ name: '' }, 400);
  await edit({ poster_choice: 4 }, 400);
});

test('a course shows it to learners, and it cannot be removed then', async () => {
  const fill = (id) => home.api('POST', `/api/v1/courses/${id}/lessons`, { token: master.token, body: { title: '平角焊实操', title_id: lesson.title_id }, status: 201 });
  const course = await home.courseOf(master, staff, { title: '焊工初级', summary: '', rule: { coverage_permille: 900, minutes: 0 } }, fill);
  await new Learner(home, lesson.title_id, null).takePass();
  const is = await asset(home, master, lesson.id);
  assert.deepEqual(is.used_by, [{ course_id: course.id, course_title: '焊工初级', lesson_title: '平角焊实操', draft: false }]);
  const refused = await home.api('DELETE', `/api/v1/assets/${lesson.id}`, { token: master.token, status: 409 });
  assert.equal(refused.code, 'asset_used');
  await home.api('DELETE', `/api/v1/assets/${lesson.id}/source`, { token: other.token, status: 403 });
  await home.api('DELETE', `/api/v1/assets/${lesson.id}/source`, { token: master.token, status: 204 });
  await until('the file is gone', async () => !(await there(path.join(home.data, 'sources', lesson.id))));
  assert.equal((await asset(home, master, lesson.id)).source_kept, false);
});

test('what only a draft has is not removed either, and who has it is told', async () => {
  const is = await bring(home, master, await made(home, '立焊.mp4', ...movie({ seconds: 4 })), ['ready', 'failed']);
  const make = { title: '焊工中级', summary: '', rule: { coverage_permille: 900, minutes: 0 }, draft: true };
  const course = await home.api('POST', '/api/v1/courses', { token: master.token, body: make, status: 201 });
  const save = (edit, lessons) =>
    home.api('PUT', `/api/v1/courses/${course.id}/draft`, { token: master.token, body: { edit, draft: { title: make.title, chapters: [{ title: '一', lessons }] } }, status: 200 });
  const remove = (status) => home.api('DELETE', `/api/v1/assets/${is.id}`, { token: staff.token, status });
  await save(0, [{ title: '立焊', kind: 'video', asset_id: is.id }]);
  const refused = await remove(409);
  assert.equal(refused.code, 'asset_in_draft');
  assert.match(refused.detail, /焊工中级.*立焊/);
  assert.deepEqual((await asset(home, master, is.id)).used_by, [{ course_id: course.id, course_title: '焊工中级', lesson_title: '立焊', draft: true }]);
  const { largest } = await home.api('GET', '/api/v1/storage', { token: staff.token, status: 200 });
  const row = largest.find((one) => one.title_id === is.title_id);
  assert.deepEqual([row.used, row.used_by, row.used_by_draft, row.deletable], [true, '焊工中级', true, false]);
  await save(1, []);
  await remove(204);
});

test('the worker dies in mid-job: another one goes on behind what was finished', async () => {
  const is = await onItsWay(master);
  const [pid] = await home.workers();
  process.kill(pid, 'SIGKILL');
  const kept = finished(await journal(is.title_id));
  await untilAsset(home, master, is.id, (it) => it.job.trouble?.code === 'worker_lost');
  const ready = await untilAsset(home, master, is.id, ['ready', 'failed']);
  assert.equal(ready.state, 'ready', JSON.stringify(ready.trouble));
  assert.equal(ready.title_id, is.title_id);
  assert.equal(ready.job.attempts, 2);
  assert.ok((await journal(is.title_id)).startsWith(kept), 'a finished segment was made again');
  await playsWhole(ready, master, 60);
});

test('the server dies in mid-job: the same job goes on first, the others wait in order', async () => {
  const is = await onItsWay(master);
  const names = ['一.mp4', '二.mp4', '三.mp4', '四.mp4'];
  const waiting = [];
  for (const name of names) {
    const { id } = await assetOf(home, master, await upload(home, master, await made(home, name, ...movie({ seconds: 2 }))));
    waiting.push(await untilAsset(home, master, id, 'queued'));
  }
  await home.kill();
  const kept = finished(await journal(is.title_id));
  await home.restart();
  const { jobs: open } = await jobs();
  assert.deepEqual(open.map((job) => job.asset_id), [is.id, ...waiting.map((it) => it.id)]);
  const ready = await untilAsset(home, master, is.id, ['ready', 'failed']);
  assert.equal(ready.state, 'ready', JSON.stringify(ready.trouble));
  assert.ok((await journal(is.title_id)).startsWith(kept), 'a finished segment was made again');
  await playsWhole(ready, master, 60);
  const last = await untilAsset(home, master, waiting.at(-1).id, 'ready');
  const { jobs: ended } = await jobs('ended');
  const order = ended.filter((job) => job.kind === 'transcode' && waiting.some((it) => it.id === job.asset_id)).map((job) => job.name);
  assert.deepEqual(order, names.toReversed());
  assert.equal(last.rungs.length > 0, true);
});

test('a job is paused, goes on, is cancelled and tried again', async () => {
  const is = await onItsWay(master);
  await deed(is.job, 'resume', master, 409);
  const paused = await deed(is.job, 'pause', master);
  assert.equal(paused.state, 'paused');
  await until('its worker leaves', async () => (await home.workers()).length === 0);
  const kept = finished(await journal(is.title_id));
  assert.equal((await asset(home, master, is.id)).playable, true);
  await wait(2500);
  assert.equal(finished(await journal(is.title_id)), kept);
  await deed(is.job, 'resume', other, 403);
  assert.equal((await deed(is.job, 'resume', staff)).state, 'queued');
  await until('it goes on', async () => segments(await journal(is.title_id)) > segments(kept), 60_000);
  assert.ok((await journal(is.title_id)).startsWith(kept));
  assert.equal((await deed(is.job, 'cancel', staff)).state, 'cancelled');
  await until('its title is gone', async () => !(await there(path.join(home.data, 'titles', is.title_id))));
  const gone = await asset(home, master, is.id);
  assert.deepEqual([gone.state, gone.title_id, gone.playable], ['cancelled', null, false]);
  await deed(is.job, 'retry', master);
  const again = await untilAsset(home, master, is.id, 'transcoding');
  assert.notEqual(again.title_id, is.title_id);
  await deed(again.job, 'cancel', master);
  await until('its worker leaves', async () => (await home.workers()).length === 0);
  await home.api('DELETE', `/api/v1/assets/${is.id}`, { token: master.token, status: 204 });
  await home.api('GET', `/api/v1/assets/${is.id}`, { token: master.token, status: 404 });
  await until('all of it is gone', async () => !(await there(path.join(home.data, 'sources', is.id))));
});

test('the whole queue rests: who works leaves, priorities and places are set, then it goes on', async () => {
  const rest = (paused) => home.api('POST', '/api/v1/queue', { token: staff.token, body: { paused }, status: 200 });
  await home.api('POST', '/api/v1/queue', { token: master.token, body: { paused: true }, status: 403 });
  const is = await onItsWay(master);
  assert.equal((await rest(true)).paused, true);
  await until('nobody works', async () => (await jobs()).running === 0 && (await home.workers()).length === 0);
  await home.kill();
  await home.restart();
  const more = [];
  for (const name of ['五.mp4', '六.mp4', '七.mp4'])
    more.push(await assetOf(home, master, await upload(home, master, await made(home, name, ...movie({ seconds: 2 })))));
  await wait(1500);
  const resting = await jobs();
  assert.deepEqual([resting.paused, resting.running], [true, 0]);
  await rest(false);
  const [worker] = await until('the first works again', async () => (await jobs()).running && (await home.workers())[0] && home.workers());
  process.kill(worker, 'SIGSTOP'); // or it might be done before the others are looked at
  await until('all wait but the one at work', async () => (await jobs()).jobs.filter((job) => job.kind === 'transcode').length === 4, 120_000);
  const [five, six, seven] = await Promise.all(more.map(async ({ id }) => (await asset(home, master, id)).job));
  const move = (job, body, status = 200) => home.api('PATCH', `/api/v1/jobs/${job.id}`, { token: staff.token, body, status });
  assert.equal((await move(seven, { place: 1 })).place, 1);
  assert.equal((await move(six, { priority: 'high' })).priority, 'high');
  await move(five, { priority: 'urgent' }, 400);
  const { jobs: open } = await jobs();
  assert.deepEqual(open.map((job) => job.name), ['长课.mp4', '六.mp4', '七.mp4', '五.mp4'], JSON.stringify(open.map((job) => [job.name, job.state, job.place])));
  process.kill(worker, 'SIGCONT');
  await untilAsset(home, master, is.id, 'ready');
});

test('what staff did to a master\'s jobs stands in the audit', async () => {
  const auditor = await home.person('sun', 'auditor', '孙审计');
  const { entries } = await home.api('GET', '/api/v1/audit', { token: auditor.token, status: 200 });
  const actions = new Set(entries.map((entry) => entry.action));
  for (const action of ['job_cancelled', 'job_resumed', 'job_moved', 'queue_paused', 'queue_resumed']) assert.ok(actions.has(action), action);
});

test('the disk is told by kinds, and what is no course\'s can go', async () => {
  const teacher = await home.classOf(master, '焊条角度');
  const encoder = publish(`${home.rtmp}/${teacher.publish.key}`, { size: '320x180' });
  await home.untilState(teacher.id, 'on_air');
  await home.api('DELETE', `/api/v1/classes/${teacher.id}/recording`, { token: staff.token, status: 409 });
  await home.api('POST', `/api/v1/classes/${teacher.id}/close`, { token: master.token, body: {}, status: 200 });
  await home.untilState(teacher.id, 'closed');
  await encoder.exit;
  const is = await home.api('GET', '/api/v1/storage', { token: staff.token, status: 200 });
  assert.ok(is.used.recordings > 0 && is.used.live_replays > 0 && is.used.sources > 0 && is.used.database > 0, JSON.stringify(is.used));
  assert.ok(is.disk.total_bytes > is.disk.free_bytes && is.disk.free_bytes > 0);
  const replay = is.largest.find((item) => item.kind === 'replay');
  assert.deepEqual([replay.id, replay.name, replay.used, replay.deletable], [teacher.id, '焊条角度', false, true]);
  const used = is.largest.find((item) => item.kind === 'recording' && item.id === lesson.id);
  assert.deepEqual([used.used, used.deletable], [true, false]);
  await home.api('GET', '/api/v1/storage', { token: master.token, status: 403 });
  await home.api('DELETE', `/api/v1/classes/${teacher.id}/recording`, { token: staff.token, status: 204 });
  await until('the recording is gone', async () => !(await there(path.join(home.data, 'titles', teacher.title_id))));
  await home.api('DELETE', `/api/v1/classes/${teacher.id}/recording`, { token: staff.token, status: 404 });
});

/** How far the title is behind the clock, at the worst over some seconds: what learners would feel. */
async function worstLag(titleId, seconds) {
  const reach = async () => {
    const parts = (await journal(titleId)).split('\n').filter((line) => line.startsWith('part audio ')).at(-1)?.split(' ');
    return parts ? (Number(parts[6]) + Number(parts[7])) / 90 : 0;
  };
  const zero = Date.now() - (await reach());
  let worst = 0;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await wait(200)) worst = Math.max(worst, Date.now() - zero - (await reach()));
  return worst;
}

test('a class that begins meanwhile is not disturbed: the work stands behind it, and still when cores are short', async (t) => {
  const is = await onItsWay(master, { name: '长课二.mp4', words: movie({ size: '640x360', seconds: 240 }) });
  const [worker] = await home.workers();
  const niceness = (await readFile(`/proc/${worker}/stat`, 'utf8')).split(') ')[1].split(' ')[16];
  assert.ok(Number(niceness) >= 10, `nice ${niceness}`);
  const classes = [];
  for (const name of ['上午班', '下午班', '晚班', '夜班', '早班']) { // what they are planned for leaves less than half a core of two
    const one = await home.classOf(master, name);
    classes.push({ one, encoder: publish(`${home.rtmp}/${one.publish.key}`, { size: '320x180' }) });
    await home.untilState(one.id, 'on_air', 60_000);
  }
  const held = await untilAsset(home, staff, is.id, (it) => it.job.trouble?.code === 'classes_first' || it.state === 'ready');
  assert.equal(held.state, 'transcoding', 'it was too quick for this test');
  assert.equal((await jobs()).held, 1);
  const stood = segments(await journal(is.title_id));
  t.diagnostic(`the class is behind the clock by at most ${Math.round(await worstLag(classes[0].one.title_id, 5))} ms`);
  assert.equal(segments(await journal(is.title_id)), stood, 'it stands still');
  for (const { one } of classes) assert.equal(await home.state(one.id), 'on_air');
  for (const { one, encoder } of classes) {
    await home.api('POST', `/api/v1/classes/${one.id}/close`, { token: master.token, body: {}, status: 200 });
    await encoder.exit;
  }
  const ready = await untilAsset(home, master, is.id, ['ready', 'failed']);
  assert.equal(ready.state, 'ready', JSON.stringify(ready.trouble));
  assert.equal(ready.job.attempts, 1, 'it was never ended for them');
});
