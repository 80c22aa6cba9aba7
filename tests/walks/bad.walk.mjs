// Bad input: each gets a clear answer or a closed connection, and the house stands afterwards.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, command, house, run, top, until, wait } from './lib/house.mjs';
import { publish } from './lib/publisher.mjs';

let home, master;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
});
after(() => home.stop());

/** Sends bytes, collects the answer until the other side closes or the time is over. */
function raw(port, chunks, ms = 3000) {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1');
    let answer = Buffer.alloc(0);
    const over = (closed) => (socket.destroy(), done({ answer: answer.toString('latin1'), closed }));
    const late = setTimeout(() => over(false), ms);
    socket.on('data', (bytes) => (answer = Buffer.concat([answer, bytes])));
    socket.on('close', () => (clearTimeout(late), over(true)));
    socket.on('error', () => {});
    for (const chunk of chunks) socket.write(chunk);
  });
}

test('a server on any free port tells the address it really has, in UTF-8 whatever the locale', async () => {
  const env = { ...process.env, LANG: 'C', LC_ALL: 'C' };
  const data = await mkdtemp(path.join(tmpdir(), 'jiangtang-walk-'));
  const child = spawn(path.join(build, 'jiangtang'), ['serve', '--data', data, '--port', '0', '--rtmp-port', '0'], { env });
  let said = '';
  child.stdout.on('data', (bytes) => (said += bytes));
  const url = await until('it is open', () => said.match(/^匠堂 .*(http:\/\/localhost:\d+)$/m)?.[1]);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.ok(said.includes(`${url}/setup#token=`), said);
  child.kill('SIGTERM');
  await new Promise((done) => child.once('exit', done));
  await rm(data, { recursive: true });
  for (const words of [['--help'], ['serve', '--help'], ['check-config', '--help'], ['person', 'add', '--help']]) {
    const help = await run(path.join(build, 'jiangtang'), words, { env });
    assert.match(help, /[\u4e00-\u9fff]{2}/, help);
    assert.doesNotMatch(help, /\?\?/, help);
  }
});

const healthy = async () => assert.equal((await fetch(`${home.url}/healthz`)).status, 200);

test('a wrong stream key is refused, the encoder is told, nothing goes on air', async () => {
  const encoder = publish(`${home.rtmp}/nobodys-key`, { size: '320x180', seconds: 20 });
  const { code } = await encoder.exit;
  assert.notEqual(code, 0);
  const metrics = await (await fetch(`${home.url}/metrics`)).text();
  assert.match(metrics, /^jiangtang_rtmp_refused_total [1-9]/m);
});

test('garbage on the RTMP port is cut off', async () => {
  for (let i = 0; i < 8; i++) {
    const { closed } = await raw(home.rtmpPort, [randomBytes(4096)]);
    assert.ok(closed);
  }
  const handshake = Buffer.concat([Buffer.from([3]), randomBytes(1536), randomBytes(1536)]);
  const amf = Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 1, 0, 20, 0, 0, 0, 0]), Buffer.alloc(256, 3)]);
  const { closed } = await raw(home.rtmpPort, [handshake, amf]);
  assert.ok(closed, 'broken AMF');
  await healthy();
});

test('half a request is answered with 408 or closed, a huge header with 431', async () => {
  const huge = await raw(home.port, [`GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(70_000)}\r\n\r\n`]);
  assert.ok(huge.closed);
  assert.match(huge.answer, /^HTTP\/1\.1 431|^$/);
  const half = await raw(home.port, ['GET / HTTP/1.1\r\nHos'], 15_000);
  assert.ok(half.closed);
  await healthy();
});

test('a body that is no JSON, too deep, too large or of the wrong shape gets a problem that says so', async () => {
  const send = (body, type = 'application/json') =>
    fetch(`${home.url}/api/v1/session`, { method: 'POST', headers: { 'content-type': type }, body });
  for (const body of ['', '{', '[]', '"x"', '{"login":1,"password":2}', '{"login":"a","login":"b","password":"c"}', '['.repeat(900), '{"login":"\u0000"}']) {
    const answer = await send(body);
    assert.equal(answer.status, 400, body.slice(0, 20));
    assert.match(answer.headers.get('content-type'), /application\/problem\+json/);
    const problem = await answer.json();
    assert.ok(problem.code && problem.detail, body.slice(0, 20));
  }
  assert.equal((await send(`{"login":"${'a'.repeat(2 << 20)}"}`)).status, 413);
  await healthy();
});

test('an unknown route is a 404 problem below /api and the page elsewhere, a wrong method names the right ones', async () => {
  const missing = await fetch(`${home.url}/api/v1/nothing`);
  assert.equal(missing.status, 404);
  assert.match(missing.headers.get('content-type'), /problem\+json/);
  assert.equal((await fetch(`${home.url}/no/such/page`)).status, 404);
  const method = await fetch(`${home.url}/api/v1/session`, { method: 'PUT' });
  assert.equal(method.status, 405);
  assert.match(method.headers.get('allow'), /POST/);
});

test('paths do not leave their place', async () => {
  for (const path of ['/assets/../jiangtang.db', '/media/../../etc/passwd', '/assets/%2e%2e/%2e%2e/etc/passwd', '/media/aaaa%2f..%2f/journal', '/%00', '/media/x/journal']) {
    const { answer } = await raw(home.port, [`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`]);
    assert.match(answer, /^HTTP\/1\.1 4\d\d/, path);
    assert.ok(!answer.includes('root:') && !answer.includes('SQLite'), path);
  }
});

test('who may not, may not: a learner makes no class, a stranger closes none, a foreign page posts nothing', async () => {
  const learner = await home.person('chen', 'learner');
  await home.api('POST', '/api/v1/classes', { token: learner.token, body: { title: '我的课' }, status: 403 });
  await home.api('POST', '/api/v1/classes', { body: { title: '我的课' }, status: 401 });
  const lecture = await home.classOf(master);
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: learner.token, status: 403 });
  const seen = await home.api('GET', `/api/v1/classes/${lecture.id}`, { token: learner.token, status: 200 });
  assert.equal(seen.publish, undefined, 'the key is its master\'s');
  const foreign = await fetch(`${home.url}/api/v1/classes`, {
    method: 'POST',
    headers: { cookie: `jt_session=${master.token}`, origin: 'https://evil.example', 'content-type': 'application/json' },
    body: '{"title":"x"}',
  });
  assert.equal(foreign.status, 403);
});

test('sign-in is limited by account and says the same for a wrong name as for a wrong password', async () => {
  const bad = (login) => home.api('POST', '/api/v1/session', { body: { login, password: 'wrong-password' } });
  const [known, unknown] = [await bad('zhao'), await bad('nobody-here')];
  assert.equal(known.$status, 401);
  assert.deepEqual([known.code, known.detail], [unknown.code, unknown.detail]);
  let answer;
  for (let i = 0; i < 15; i++) answer = await bad('zhao');
  assert.equal(answer.$status, 503);
  assert.ok(Number(answer.$headers.get('retry-after')) > 0);
});

test('a taken port, an unknown key and a bad value each stop the start with one line', async () => {
  const fails = async (args) => {
    const error = await command(args).then(() => null, (e) => e);
    assert.ok(error, 'it started');
    const lines = error.err.trim().split('\n').filter((line) => line.startsWith('jiangtang:'));
    assert.equal(lines.length, 1, error.err);
    return lines[0];
  };
  const data = path.join(home.data, 'other');
  assert.match(await fails(['serve', '--data', data, '--bind', '127.0.0.1', '--port', String(home.port), '--rtmp-port', '0', '--srt-port', '0']), new RegExp(String(home.port)));
  const config = path.join(home.data, 'bad.conf');
  await writeFile(config, '[server]\nporrt=1\n');
  assert.match(await fails(['serve', '--config', config]), /porrt/);
  await writeFile(config, '[server]\nport=yes\n');
  assert.match(await fails(['serve', '--config', config]), /whole number/);
  await command(['check-config', '--config', path.join(top, 'config/jiangtang.conf')]);
});

test('after all that the house takes a class as if nothing had been', async () => {
  const lecture = await home.classOf(master, '照常上课');
  const encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180', seconds: 30 });
  await home.untilState(lecture.id, 'on_air');
  await encoder.kill();
  await wait(100);
});
