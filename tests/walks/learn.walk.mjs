// From a class on air to a certificate that anybody can verify.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { command, house, run, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

let home, master, staff, chen, course, lecture, is, epoch;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  staff = await home.person('wang', 'staff', '王建国');
  chen = await home.person('chen', 'learner', '阿依古丽·买买提');
});
after(() => home.stop());

test('a master makes a course and a class in it', async () => {
  const body = { title: '焊工（初级）', summary: '平角焊实操', rule: { coverage_permille: 900, minutes: 0 } };
  course = await home.courseOf(master, staff, body, async (course_id) => (lecture = await home.classOf(master, '平角焊实操', { course_id })));
  const { lessons } = course;
  assert.equal(lessons.length, 1);
  assert.equal(lessons[0].title_id, lecture.title_id);
});

test('learning a class on air is credited while it runs', async () => {
  const encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180', seconds: 24 });
  await home.untilState(lecture.id, 'on_air');
  epoch = (await home.api('GET', `/api/v1/classes/${lecture.id}`, { status: 200 })).epoch_ms;
  is = await new Learner(home, lecture.title_id, chen).takePass();
  await is.join();
  await is.watch();
  let at = 0;
  const fetched = new Set();
  for (let i = 0; i < 3; i++) {
    await new Promise((done) => setTimeout(done, 5000));
    const segments = (await is.segments('audio', { epoch })).filter((s) => !fetched.has(s.uri));
    await is.fetchSegments('audio', segments);
    segments.forEach((s) => fetched.add(s.uri));
    const to = Math.min(at + 5000, segments.at(-1).to);
    const ack = await is.beat(at, to);
    at = to;
    assert.ok(ack.credited_ms >= at - 300, `${ack.credited_ms} of ${at} ms`);
    assert.equal(ack.complete, false, 'a class on air is never complete');
  }
  await encoder.exit;
});

test('the replay goes on where the live class was left, on the same account', async () => {
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  const lease = await is.watch();
  assert.ok(lease.covered_ms > 10_000, 'what was learnt live is there');
  const segments = await is.segments('audio', { epoch });
  await is.fetchSegments('audio', segments);
  const from = Math.floor(lease.covered.at(-1)[1]);
  await is.watchHonestly(from, segments.at(-1).to);
  const news = await is.hear('completed', () => true, 15_000);
  assert.ok(news.certificate?.id, JSON.stringify(news));
});

test('the certificate is in the learner\'s list, and its PDF carries name, serial and a readable QR', async () => {
  const learning = await home.api('GET', '/api/v1/learning', { token: chen.token, status: 200 });
  assert.equal(learning.certificates.length, 1);
  const { id, serial, verify_url: url } = learning.certificates[0];
  const answer = await fetch(`${home.url}/api/v1/certificates/${id}/pdf`, { headers: { authorization: `Bearer ${chen.token}` } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/pdf');
  const file = path.join(home.data, 'c.pdf');
  await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  const text = await run('pdftotext', ['-layout', file, '-']);
  assert.match(text.replace(/\s/g, ''), /阿依古丽·买买提/);
  assert.ok(text.includes(serial));
  await run('pdftoppm', ['-r', '150', '-png', '-singlefile', file, file]);
  const qr = await run('zbarimg', ['-q', '--raw', `${file}.png`]);
  assert.equal(qr.trim(), url);
});

test('anybody can verify it, in HTML without JS and in JSON; a wrong token is not found', async () => {
  const learning = await home.api('GET', '/api/v1/learning', { token: chen.token });
  const { verify_url: url, serial } = learning.certificates[0];
  const html = await (await fetch(url)).text();
  assert.ok(html.includes(serial) && !/<script/i.test(html));
  assert.ok(!html.includes('阿依古丽·买买提'), 'the name is masked');
  const json = await (await fetch(url, { headers: { accept: 'application/json' } })).json();
  assert.equal(json.valid, true);
  assert.equal(json.serial, serial);
  const bent = url.replace(/.$/, (c) => (c === '0' ? '1' : '0'));
  assert.equal((await fetch(bent)).status, 404);
});

test('only its owner and the house may take the PDF', async () => {
  const zhou = await home.person('zhou', 'learner');
  const { certificates } = await home.api('GET', '/api/v1/learning', { token: chen.token });
  const answer = await fetch(`${home.url}/api/v1/certificates/${certificates[0].id}/pdf`, { headers: { authorization: `Bearer ${zhou.token}` } });
  assert.ok([403, 404].includes(answer.status));
});

test('the chain verifies offline, and one changed byte is named', async () => {
  await until('everything is flushed', async () => (await home.api('GET', `/api/v1/learning/${lecture.title_id}`, { token: chen.token })).covered_ms > 20_000);
  assert.match(await command(['verify', '--data', home.data]), /record/);
  home.keep = true;
  await home.stop();
  const db = path.join(home.data, 'jiangtang.db');
  const table = (await run('sqlite3', [db, "SELECT name FROM sqlite_master WHERE sql LIKE '%body%' AND name LIKE '%chain%'"])).trim();
  await run('sqlite3', [db, `UPDATE ${table} SET body = replace(body, '"gained', '"gained') WHERE rowid = 2; UPDATE ${table} SET body = body || ' ' WHERE rowid = 2`]);
  await assert.rejects(command(['verify', '--data', home.data]));
  await home.start();
});
