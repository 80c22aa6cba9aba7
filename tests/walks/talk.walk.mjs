// The room: join, history, chat, hands, members, limits, and who may do what.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { house, until, wait } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';

let home, master, chen, zhou, lecture;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  chen = await home.person('chen', 'learner', '陈静');
  zhou = await home.person('zhou', 'learner', '周强');
  lecture = await home.classOf(master);
});
after(() => home.stop());

async function seat(session) {
  const learner = await new Learner(home, lecture.title_id, session).takePass();
  learner.welcome = await learner.join();
  return learner;
}

test('what one says everybody hears once, in the same order, with the name in front', async () => {
  const [a, b] = [await seat(chen), await seat(zhou)];
  a.send({ t: 'say', text: '师傅，焊条角度是多少？', id: 'a1' });
  b.send({ t: 'say', text: '老师讲得很细', id: 'b1' });
  const heard = async (who) => [await who.hear('said'), await who.hear('said')].map(({ seq, name, text }) => ({ seq, name, text }));
  const [first, second] = [await heard(a), await heard(b)];
  assert.deepEqual(first, second);
  assert.deepEqual(first.map((m) => m.name).sort(), ['周强', '陈静'].sort());
  assert.equal(first[1].seq, first[0].seq + 1);
  a.leave();
  b.leave();
});

test('who joins later gets the history, and the server keeps it over a restart', async () => {
  const late = await seat(zhou);
  assert.ok(late.welcome.history.some((message) => message.text === '师傅，焊条角度是多少？'));
  late.leave();
  await wait(1500); // chat is written within a second
  await home.kill();
  await home.restart();
  const later = await seat(zhou);
  assert.ok(later.welcome.history.some((message) => message.text === '老师讲得很细'));
  later.leave();
});

test('a server that dies under the talk gives no number twice: what is said next is new to everybody', async () => {
  const before = await seat(chen);
  before.send({ t: 'say', text: '这句话来不及写下' });
  const { seq } = await before.hear('said');
  await home.kill();
  await home.restart();
  const after = await seat(chen);
  after.send({ t: 'say', text: '听得到吗' });
  const next = await after.hear('said', (m) => m.text === '听得到吗');
  assert.ok(next.seq > seq, `${next.seq} after ${seq}`);
  after.leave();
});

test('what one asks others want to know too, the master answers, and it is kept', async () => {
  const [asker, other, teacher] = [await seat(chen), await seat(zhou), await seat(master)];
  asker.send({ t: 'ask', text: '焊条受潮了还能用吗？', id: 'q1' });
  const { question } = await asker.hear('question', (m) => m.id === 'q1');
  assert.equal((await other.hear('question')).questions, 1);
  other.send({ t: 'vote', question: question.id, up: true });
  await other.hear('voted', (m) => m.up);
  assert.deepEqual((await teacher.hear('votes')).votes, [[question.id, 1]]);
  asker.send({ t: 'ask', text: '=HYPERLINK("http://x")' });
  const second = (await other.hear('question')).question;
  other.send({ t: 'answer', question: question.id, text: '我也不知道' });
  await other.hear('error', (m) => m.code === 'hosts_only');
  teacher.send({ t: 'answer', question: question.id, text: '烘干一小时再用' });
  const { question: answered, questions } = await asker.hear('question', (m) => m.question.state === 'answered');
  assert.deepEqual([answered.answer.text, answered.answer.name, answered.votes, questions], ['烘干一小时再用', '赵铁柱', 1, 1]);
  [asker, other, teacher].forEach((one) => one.leave());
  await home.kill();
  await home.restart();
  const late = await seat(zhou);
  assert.equal(late.welcome.questions, 1);
  late.send({ t: 'questions' });
  const board = await late.hear('questions');
  assert.deepEqual([board.open.map((one) => one.id), board.answered, board.more, board.voted], [[second.id], [answered], false, []]);
  late.leave();
});

test('questions are listed for who may watch, and exported for who leads, as a table no spreadsheet runs', async () => {
  const path = `/api/v1/classes/${lecture.id}/questions`;
  const board = await home.api('GET', path, { token: zhou.token, status: 200 });
  assert.deepEqual([board.open.length, board.answered.length], [1, 1]);
  const { open, answered, more } = await home.api('GET', `${path}?before=${board.answered[0].id}`, { status: 200 });
  assert.deepEqual([open, answered, more], [[], [], false]);
  await home.api('GET', `${path}?before=5`, { status: 404 });
  await home.api('GET', `${path}?before=x`, { status: 400 });
  await home.api('GET', `${path}.csv`, { status: 401 });
  await home.api('GET', `${path}.csv`, { token: chen.token, status: 403 });
  const answer = await fetch(`${home.url}${path}.csv`, { headers: { Authorization: `Bearer ${master.token}` } });
  assert.match(answer.headers.get('content-disposition'), /attachment; filename="questions-[a-z2-7]{12}\.csv"/);
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const rows = bytes.toString().trim().split('\r\n');
  assert.equal(rows.length, 3);
  const time = String.raw`"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"`;
  assert.match(rows[1], new RegExp(`^${time},"","陈静","焊条受潮了还能用吗？","1","已回答 answered",${time},"","赵铁柱","烘干一小时再用"$`));
  assert.match(rows[2], /"'=HYPERLINK\(""http:\/\/x""\)","0","待回答 open","","","",""$/);
});

test('a raised hand is seen by the master, once over two tabs, and goes with the learner', async () => {
  const teacher = await seat(master);
  assert.equal(teacher.welcome.you.host, true);
  const [one, two] = [await seat(chen), await seat(chen)];
  one.send({ t: 'hand', up: true });
  const up = await teacher.hear('hand', (m) => m.up);
  assert.equal(up.name, '陈静');
  two.send({ t: 'hand', up: true });
  one.send({ t: 'ping', at: 1 });
  await one.hear('pong');
  assert.equal((await teacher.hear('hands')).count, 1);
  one.leave();
  await wait(300);
  assert.equal(teacher.heard.filter((m) => m.t === 'hand' && !m.up).length, 0, 'the other tab still holds it up');
  two.leave();
  await teacher.hear('hand', (m) => !m.up);
  teacher.leave();
});

test('a learner who writes too fast is told to wait, and nobody hears the rest', async () => {
  const [loud, other] = [await seat(chen), await seat(zhou)];
  for (let i = 0; i < 12; i++) loud.send({ t: 'say', text: `快 ${i}`, id: `f${i}` });
  const refused = await loud.hear('error', (m) => m.code === 'rate_limited');
  assert.ok(refused.retry_ms > 0);
  await wait(500);
  assert.ok(other.heard.filter((m) => m.t === 'said').length <= 6);
  loud.leave();
  other.leave();
});

test('a guest reads and may not speak', async () => {
  const guest = await seat(null);
  assert.equal(guest.welcome.you.person, 0);
  guest.send({ t: 'say', text: '你好', id: 'g' });
  await guest.hear('error', (m) => m.code === 'guests_may_not_speak');
  guest.send({ t: 'watch' });
  await guest.hear('error');
  guest.leave();
});

test('an empty, too long or wrongly shaped message is refused with a word for it', async () => {
  const learner = await seat(zhou);
  for (const message of [{ t: 'say', text: '' }, { t: 'say', text: '长'.repeat(201) }, { t: 'say' }, { t: 'nothing' }, { t: 'hand', up: 'yes' }]) {
    learner.send(message);
    assert.ok((await learner.hear('error')).code, JSON.stringify(message));
  }
  learner.leave();
});

test('a socket that joins nothing, or shows a foreign pass, is closed', async () => {
  const stranger = new Learner(home, lecture.title_id, null);
  stranger.pass = 'nonsense.pass';
  await assert.rejects(stranger.join());
  await until('closed with 4403', () => stranger.closed === 4403);
  const broken = new WebSocket(home.url.replace('http', 'ws') + '/ws', 'jiangtang.v1');
  const closed = new Promise((done) => broken.on('close', done));
  broken.on('open', () => broken.send('{"t":"join"'));
  assert.equal(await closed, 4400);
});

test('the number of members is told to everybody', async () => {
  const learners = [];
  for (let i = 0; i < 5; i++) learners.push(await seat(i % 2 ? chen : zhou));
  await learners[0].hear('members', (m) => m.count === 5);
  learners.forEach((learner) => learner.leave());
});
