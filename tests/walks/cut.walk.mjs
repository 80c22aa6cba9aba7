// Staff stop a class: its learners lose it at once, its encoder is refused, and the audit says who did it and why.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { house, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

let home, master, staff, auditor, learner, lecture, is, encoder;

before(async () => {
  home = await house();
  [master, staff, auditor, learner] = await Promise.all([
    home.person('zhao', 'master', '赵铁柱'), home.person('wang', 'staff', '王建国'),
    home.person('qian', 'auditor', '钱审计'), home.person('chen', 'learner', '陈静')]);
  lecture = await home.classOf(master, '气割');
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`);
  await home.untilState(lecture.id, 'on_air');
  is = await new Learner(home, lecture.title_id, learner).takePass();
  await is.join();
  await until('a whole segment', async () => (await is.media('480p/dvr.m3u8')).ok && (await is.segments('480p', { epoch: 0 })).length > 0);
});
after(async () => {
  await encoder.kill();
  await home.stop();
});

const cut = (who, id, reason, status) => home.api('POST', `/api/v1/classes/${id}/cut`, { token: who?.token, body: reason === null ? {} : { reason }, status });

test('only staff and administrators may, and they say why', async () => {
  await cut(null, lecture.id, '试', 401);
  await cut(learner, lecture.id, '试', 403);
  await cut(master, lecture.id, '试', 403);
  await cut(staff, lecture.id, null, 400);
  await cut(staff, 'abcdefghij23', '试', 404);
  assert.equal((await is.media('480p/index.m3u8')).status, 200);
});

test('nothing is given any more, also to who waits', async () => {
  const now = await (await is.media('480p/index.m3u8')).text();
  const hint = now.match(/#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s/);
  const [known] = await is.segments('480p', { epoch: 0 });
  const waiting = is.media(`480p/index.m3u8?_HLS_msn=${Number(hint[1]) + 1}`);
  const answer = await cut(staff, lecture.id, '画面中出现违规内容', 200);
  assert.equal(answer.cut_off, true);
  assert.notEqual((await waiting).status, 200);
  for (const name of ['main.m3u8', '480p/index.m3u8', '480p/dvr.m3u8', `480p/${known.uri}`, '480p/init-0.mp4'])
    assert.equal((await is.media(name)).status, 403, name);
  await is.hear('cut');
  await cut(staff, lecture.id, '再来', 409);
});

test('no pass is given and no encoder taken', async () => {
  await home.api('POST', `/api/v1/titles/${lecture.title_id}/pass`, { token: learner.token, status: 403 });
  await encoder.exit;
  await home.untilState(lecture.id, 'closed');
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`);
  await encoder.exit;
  const [seen, told] = await Promise.all([learner, master].map((who) => home.api('GET', `/api/v1/classes/${lecture.id}`, { token: who.token, status: 200 })));
  assert.deepEqual([seen.cut_off, seen.cut_reason], [true, undefined]);
  assert.deepEqual([told.cut_off, told.cut_reason], [true, '画面中出现违规内容']);
});

test('the audit knows, and shows it to those who may see it', async () => {
  await home.api('GET', '/api/v1/audit', { token: master.token, status: 403 });
  const { entries } = await home.api('GET', '/api/v1/audit', { token: auditor.token, status: 200 });
  assert.equal(entries.length, 1);
  assert.deepEqual(entries[0].person, { id: staff.person.id, name: '王建国', role: 'staff' });
  assert.deepEqual([entries[0].action, entries[0].object, entries[0].reason], ['class_cut', lecture.id, '画面中出现违规内容']);
  const { entries: older } = await home.api('GET', `/api/v1/audit?before=${entries[0].id}`, { token: auditor.token, status: 200 });
  assert.deepEqual(older, []);
});

test('it stays so after a restart, and a closed class can be cut off too', async () => {
  const other = await home.classOf(master, '清理');
  encoder = publish(`${home.rtmp}/${other.publish.key}`);
  await home.untilState(other.id, 'on_air');
  await encoder.kill();
  await home.api('POST', `/api/v1/classes/${other.id}/close`, { token: master.token, status: 200 });
  await home.untilState(other.id, 'closed');
  const replay = await new Learner(home, other.title_id, learner).takePass();
  await until('the replay', async () => (await replay.media('main.m3u8')).status === 200);
  await home.kill();
  await home.restart();
  assert.equal((await is.media('main.m3u8')).status, 403);
  await cut(staff, other.id, '录像不宜公开', 200);
  assert.equal((await replay.media('main.m3u8')).status, 403);
});
