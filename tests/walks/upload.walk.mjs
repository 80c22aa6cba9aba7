// Files on their way in: any tus client, a bad line, a server that dies, and quotas that answer before the bytes are sent.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Upload } from 'tus-js-client';
import { house, run, until, wait } from './lib/house.mjs';
import { validate } from './openapi.mjs';

const MiB = 1 << 20;
const BODY = 'application/offset+octet-stream';
const SETTLED_MS = 2500; // a body's bytes are certain after two seconds
let home, staff, scratch;

before(async () => {
  home = await house();
  staff = await home.person('wang', 'staff', '王建国');
  scratch = await mkdtemp(path.join(tmpdir(), 'jiangtang-upload-'));
});
after(async () => {
  await home.stop();
  await rm(scratch, { recursive: true, force: true });
});

const sum = (bytes, kind = 'sha256', as = 'hex') => createHash(kind).update(bytes).digest(as);
const base64 = (text) => Buffer.from(text).toString('base64');

/** One request of a tus client; its answer is checked against the description. */
async function tus(method, url, headers = {}, body, who = staff, at = home) {
  const own = { authorization: `Bearer ${who.token}`, 'tus-resumable': '1.0.0', connection: 'close', ...(body ? { 'content-type': BODY } : {}) };
  const response = await fetch(at.url + url, { method, headers: { ...own, ...headers }, body });
  const text = await response.text();
  const json = text && /json/.test(response.headers.get('content-type')) ? JSON.parse(text) : undefined;
  validate(method, url, response.status, text ? json : undefined);
  assert.equal(response.headers.get('tus-resumable'), '1.0.0');
  return Object.assign(response, { code: json?.code });
}

async function create(length, headers = {}) {
  const made = await tus('POST', '/files/', { 'upload-length': String(length), 'upload-metadata': `filename ${base64('焊条角度.mp4')}`, ...headers });
  assert.equal(made.status, 201);
  return made.headers.get('location');
}

const send = (url, offset, bytes, headers = {}, who = staff) => tus('PATCH', url, { 'upload-offset': String(offset), ...headers }, bytes, who);
const offsetOf = async (url) => Number((await tus('HEAD', url)).headers.get('upload-offset'));
const spooled = (url) => path.join(home.data, 'spool', `${url.split('/').at(-1)}.part`);
const isThere = (file) => stat(file).then(() => true, () => false);

/** What became of a finished upload: the asset with this sum, which the server computed from what it has. */
async function asset(hex) {
  const find = async () => (await home.api('GET', '/api/v1/assets', { token: staff.token, status: 200 })).assets.find((is) => is.sha256 === hex);
  return until('the upload was taken into use', find);
}

/** A PATCH by hand on a socket of its own: its head, then what the test writes; everything heard. */
function rawPatch(url, { offset = 0, length, headers = {}, token = staff.token, method = 'PATCH', port = home.port }) {
  const lines = { Host: 'localhost', 'Tus-Resumable': '1.0.0', 'Content-Type': BODY, 'Content-Length': length, ...(method === 'PATCH' ? { 'Upload-Offset': offset } : {}) };
  if (token) lines.Authorization = `Bearer ${token}`;
  const head = Object.entries({ ...lines, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(port, '127.0.0.1');
  const line = { socket, heard: '' };
  socket.on('data', (bytes) => (line.heard += bytes));
  socket.on('error', () => {});
  line.closed = new Promise((done) => socket.once('close', done));
  socket.write(`${method} ${url} HTTP/1.1\r\n${head.join('')}\r\n`);
  return line;
}

/* ---- the plain way ---- */

test('a file comes in pieces and is there as it was', async () => {
  const bytes = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(3 * MiB + 17)]); // a handout is kept as it came
  const url = await create(bytes.length, { 'upload-metadata': `filename ${base64('讲义.pdf')},kind ${base64('handout')}` });
  for (let at = 0; at < bytes.length; at += MiB) {
    const answer = await send(url, at, bytes.subarray(at, at + MiB));
    assert.equal(answer.status, 204);
    assert.equal(Number(answer.headers.get('upload-offset')), Math.min(at + MiB, bytes.length));
  }
  const { id, name } = await asset(sum(bytes));
  assert.equal(name, '讲义.pdf');
  assert.equal(sum(await readFile(path.join(home.data, 'handouts', id))), sum(bytes));
  assert.equal(await offsetOf(url), bytes.length); // also for who missed the last answer
});

test('what may be asked is told without a session', async () => {
  const answer = await fetch(`${home.url}/files/`, { method: 'OPTIONS' });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get('tus-version'), '1.0.0');
  assert.equal(answer.headers.get('tus-max-size'), '20000000000');
  assert.deepEqual(answer.headers.get('tus-checksum-algorithm').split(',').sort(), ['md5', 'sha1', 'sha256']);
  const extensions = ['checksum', 'concatenation', 'creation', 'creation-with-upload', 'expiration', 'termination'];
  assert.deepEqual(answer.headers.get('tus-extension').split(',').sort(), extensions);
});

test('HEAD gives back how far it is, how long, and the metadata as they came', async () => {
  const metadata = `filename ${base64('焊条角度.mp4')},kind ${base64('media')},more`;
  const url = await create(1000, { 'upload-metadata': metadata });
  assert.equal((await send(url, 0, Buffer.alloc(10))).status, 204);
  const { headers } = await tus('HEAD', url);
  assert.equal(headers.get('upload-offset'), '10');
  assert.equal(headers.get('upload-length'), '1000');
  assert.equal(headers.get('upload-metadata'), metadata);
  assert.equal(headers.get('cache-control'), 'no-store');
  const days = (Date.parse(headers.get('upload-expires')) - Date.now()) / 86400e3;
  assert.ok(days > 2.9 && days <= 3, `it expires in ${days} days`);
  const { uploads, quota } = await home.api('GET', '/api/v1/uploads', { token: staff.token, status: 200 });
  assert.equal(uploads[0].url, url);
  assert.equal(uploads[0].offset, 10);
  assert.ok(quota.used_bytes >= 1000);
});

/* ---- refused, and nothing of the body is asked for ---- */

test('whoever may not is told so before a byte is sent', async () => {
  const learner = await home.person('limei', 'learner');
  const other = await home.person('zhao', 'master');
  const url = await create(1000);
  const cases = [
    [401, url, { token: null, length: 10 }],
    [403, url, { token: learner.token, length: 10 }],
    [404, url, { token: other.token, length: 10 }],
    [404, '/files/aaaaaaaaaaaa', { length: 10 }],
    [409, url, { length: 10, offset: 5 }],
    [413, url, { length: 1001 }],
    [412, url, { length: 10, headers: { 'Tus-Resumable': '0.2.2' } }],
    [415, url, { length: 10, headers: { 'Content-Type': 'video/mp4' } }],
    [400, url, { length: 10, headers: { 'Upload-Checksum': 'crc32 AAAA' } }],
    [400, url, { length: 10, headers: { 'Upload-Offset': '-1' } }],
    [403, url, { token: null, length: 10, headers: { Cookie: `jt_session=${staff.token}`, Origin: 'https://evil.example' } }],
    [413, '/files/', { method: 'POST', length: 10, headers: { 'Upload-Length': '20000000001' } }],
    [413, '/files/', { method: 'POST', length: 10, headers: { 'Upload-Length': '9' } }],
    [400, '/files/', { method: 'POST', length: 10, headers: {} }],
    [400, '/files/', { method: 'POST', length: 10, headers: { 'Upload-Length': '10', 'Upload-Metadata': 'filename ???' } }],
    [400, '/files/', { method: 'POST', length: 10, headers: { 'Upload-Length': '10', 'Upload-Concat': 'final;' } }],
  ];
  for (const [status, where, how] of cases) {
    const line = rawPatch(where, { ...how, headers: { Expect: '100-continue', ...how.headers } });
    await line.closed; // the body might come or not: the connection is not kept
    assert.match(line.heard, new RegExp(`^HTTP/1.1 ${status} `), `${status} ${where} ${JSON.stringify(how)}`);
    assert.match(line.heard, /\r\nTus-Resumable: 1.0.0\r\n/);
  }
  assert.equal(await offsetOf(url), 0);
});

test('an offset that is not the next one is refused and named by HEAD', async () => {
  const url = await create(1000);
  assert.equal((await send(url, 10, Buffer.alloc(10))).status, 409);
  assert.equal((await send(url, 0, Buffer.alloc(10))).status, 204);
  assert.equal(await offsetOf(url), 10);
});

test('sizes, quotas and the reserve of the disk answer when an upload begins', async () => {
  const config = path.join(scratch, 'small.conf');
  await writeFile(config, '[upload]\nmax_gb=1\nperson_gb=2\nquota_gb=3\nreserve_gb=0\n');
  const small = await house('--config', config);
  const people = [await small.person('wang', 'staff'), await small.person('zhao', 'master')];
  const ask = async (who, gb) => (await tus('POST', '/files/', { 'upload-length': String(gb * 1e9) }, undefined, who, small)).code ?? 'made';
  assert.equal(await ask(people[0], 1.1), 'upload_too_large');
  assert.equal(await ask(people[0], 1), 'made');
  assert.equal(await ask(people[0], 1), 'made');
  assert.equal(await ask(people[0], 0.1), 'quota_person');
  assert.equal(await ask(people[1], 1), 'made');
  const last = await tus('POST', '/files/', { 'upload-length': '1000000000' }, undefined, people[1], small);
  assert.deepEqual([last.status, last.code], [507, 'quota_house']);
  await small.stop();
  await writeFile(config, '[upload]\nreserve_gb=1000000\n');
  const full = await house('--config', config);
  const who = await full.person('wang', 'staff');
  const refused = await tus('POST', '/files/', { 'upload-length': '1000' }, undefined, who, full);
  assert.deepEqual([refused.status, refused.code], [507, 'disk_reserve']);
  await full.stop();
});

/* ---- the first body of a new one ---- */

const named = async (name) => {
  const { uploads } = await home.api('GET', '/api/v1/uploads', { token: staff.token, status: 200 });
  return uploads.filter((one) => one.name === name);
};
const begin = (name, bytes, headers = {}) => tus('POST', '/files/', { 'upload-length': String(bytes.length), 'upload-metadata': `filename ${base64(name)},mark ${base64(`${name}-mark`)}`, ...headers }, bytes);

test('a new upload whose first body cannot be taken yet is told where it is, and no second one is begun', async () => {
  const lines = [];
  for (let i = 0; i < 8; i++) {
    const url = await create(1000);
    lines.push(rawPatch(url, { length: 1000 }));
    lines[i].socket.write('x');
    await until('its first byte is there', async () => (await offsetOf(url)) === 1);
  }
  const bytes = randomBytes(1000);
  const made = await begin('late.mp4', bytes);
  assert.deepEqual([made.status, made.headers.get('upload-offset')], [201, '0']);
  const [only, ...more] = await named('late.mp4');
  assert.deepEqual([only.url, only.mark, more.length], [made.headers.get('location'), 'late.mp4-mark', 0]);
  for (const line of lines) line.socket.destroy();
  await until('there is room', async () => (await send(only.url, 0, bytes)).status === 204);
});

test('a new upload whose first body is not what it should be is none', async () => {
  const wrong = await begin('wrong.mp4', randomBytes(1000), { 'upload-checksum': `sha1 ${sum('other', 'sha1', 'base64')}` });
  assert.deepEqual([wrong.status, wrong.code], [460, 'checksum_mismatch']);
  assert.deepEqual(await named('wrong.mp4'), []);
});

test('a client that can only POST says what it means', async () => {
  const bytes = randomBytes(2000);
  const url = await create(bytes.length);
  const post = (method, headers, body) => tus('POST', url, { ...(method ? { 'x-http-method-override': method } : {}), ...headers }, body);
  assert.equal((await post('PATCH', { 'upload-offset': '0' }, bytes.subarray(0, 500))).status, 204);
  const asked = await post('HEAD');
  assert.deepEqual([asked.status, asked.headers.get('upload-offset'), asked.headers.get('upload-length')], [200, '500', '2000']);
  assert.equal((await post('PATCH', { 'upload-offset': '0' }, bytes)).code, 'upload_offset');
  assert.equal((await post('', {}, bytes)).code, 'no_method');
  assert.equal((await post('PUT', {}, bytes)).code, 'no_method');
  assert.equal((await post('DELETE')).status, 204);
  assert.equal((await tus('HEAD', url)).status, 404);
});

test('a handout that is too large is refused before it is sent', async () => {
  const refused = await tus('POST', '/files/', { 'upload-length': String(64 * MiB + 1), 'upload-metadata': `filename ${base64('书.pdf')},kind ${base64('handout')}` });
  assert.deepEqual([refused.status, refused.code], [413, 'handout_too_large']);
});

/* ---- checksums ---- */

test('a wrong checksum is 460 and changes nothing; a right one is taken', async () => {
  const bytes = randomBytes(3 * MiB);
  const url = await create(bytes.length);
  assert.equal((await send(url, 0, bytes.subarray(0, MiB), { 'upload-checksum': `sha1 ${sum(bytes.subarray(0, MiB), 'sha1', 'base64')}` })).status, 204);
  for (const kind of ['sha1', 'sha256', 'md5']) {
    const wrong = await send(url, MiB, bytes.subarray(MiB, 2 * MiB), { 'upload-checksum': `${kind} ${sum('other', kind, 'base64')}` });
    assert.deepEqual([wrong.status, wrong.code], [460, 'checksum_mismatch']);
    assert.equal(await offsetOf(url), MiB);
    assert.equal((await stat(spooled(url))).size, MiB);
  }
  for (const [at, kind] of [[MiB, 'md5'], [2 * MiB, 'sha256']]) {
    const piece = bytes.subarray(at, at + MiB);
    assert.equal((await send(url, at, piece, { 'upload-checksum': `${kind} ${sum(piece, kind, 'base64')}` })).status, 204);
  }
  assert.ok(await asset(sum(bytes)));
});

test('of a body with a checksum whose sender leaves nothing is kept', async () => {
  const url = await create(2 * MiB);
  const line = rawPatch(url, { length: 2 * MiB, headers: { 'Upload-Checksum': `sha1 ${sum('x', 'sha1', 'base64')}` } });
  line.socket.write(randomBytes(MiB));
  await until('it came', async () => (await stat(spooled(url)).catch(() => ({ size: 0 }))).size > 0);
  line.socket.destroy();
  await until('it was cut off again', async () => (await stat(spooled(url))).size === 0);
  assert.equal(await offsetOf(url), 0);
});

/* ---- bad lines ---- */

test('what came before a connection was cut is kept', async () => {
  const bytes = randomBytes(4 * MiB);
  const url = await create(bytes.length);
  const line = rawPatch(url, { length: bytes.length });
  await new Promise((done) => line.socket.write(bytes.subarray(0, 3 * MiB), done));
  line.socket.end(); // the bytes, then the end
  await until('all that came is acknowledged', async () => (await offsetOf(url)) === 3 * MiB);
  assert.equal((await send(url, 3 * MiB, bytes.subarray(3 * MiB))).status, 204);
  assert.ok(await asset(sum(bytes)));
});

test('a slow sender is acknowledged while it sends, and holds nobody up', async () => {
  const bytes = randomBytes(40_000);
  const url = await create(bytes.length);
  const line = rawPatch(url, { length: bytes.length });
  for (let at = 0; at < bytes.length; at += 1000) {
    line.socket.write(bytes.subarray(at, at + 1000));
    await wait(20);
    if (at % 10_000 === 0 && at > 0) assert.ok((await offsetOf(url)) >= at - 2000, 'HEAD makes certain what has come');
  }
  await until('it is answered', () => line.heard.includes('HTTP/1.1 204 '));
  assert.match(line.heard, /Upload-Offset: 40000\r\n/);
  line.socket.destroy();
  assert.ok(await asset(sum(bytes)));
});

test('a second body is refused while the first moves, and let in when that one is silent', async () => {
  const bytes = randomBytes(MiB);
  const url = await create(bytes.length);
  const first = rawPatch(url, { length: bytes.length });
  first.socket.write(bytes.subarray(0, 1000));
  await until('it has begun', async () => (await offsetOf(url)) === 1000);
  first.socket.write(bytes.subarray(1000, 2000));
  await wait(200);
  const second = await send(url, 1000, bytes.subarray(1000));
  assert.deepEqual([second.status, second.code], [423, 'upload_busy']);
  await wait(SETTLED_MS); // its line has died without a word
  assert.equal((await send(url, 2000, bytes.subarray(2000))).status, 204);
  await first.closed;
  assert.match(first.heard, /^HTTP\/1.1 423 /);
  assert.ok(await asset(sum(bytes)));
});

test('a person sends eight files at once, not nine', async () => {
  const lines = [];
  for (let i = 0; i < 8; i++) {
    const url = await create(1000);
    const line = rawPatch(url, { length: 1000 });
    line.socket.write('x');
    lines.push(line);
    await until('it flows', async () => (await offsetOf(url)) === 1);
  }
  const ninth = await send(await create(1000), 0, Buffer.alloc(1000));
  assert.deepEqual([ninth.status, ninth.code, ninth.headers.get('retry-after')], [503, 'uploads_parallel', '1']);
  for (const line of lines) line.socket.destroy();
  const url = await create(1000);
  await until('there is room again', async () => (await send(url, 0, Buffer.alloc(1000))).status === 204);
});

/* ---- ending ---- */

test('an upload that is ended is gone, also while it is being sent', async () => {
  for (const busy of [false, true]) {
    const url = await create(MiB);
    const line = rawPatch(url, { length: busy ? MiB : 1000 });
    line.socket.write(Buffer.alloc(1000));
    await until('it is there', async () => (await offsetOf(url)) === 1000);
    assert.ok(await isThere(spooled(url)));
    assert.equal((await tus('DELETE', url)).status, 204);
    assert.equal((await tus('HEAD', url)).status, 404);
    assert.equal(await isThere(spooled(url)), false);
    if (busy) await line.closed;
    if (busy) assert.match(line.heard, /^HTTP\/1.1 404 /);
    line.socket.destroy();
  }
});

/* ---- parts ---- */

test('parts are joined in their order and go away', async () => {
  const bytes = randomBytes(5 * MiB + 3);
  const cuts = [0, MiB, 4 * MiB, bytes.length];
  const parts = [];
  for (const i of [2, 0, 1]) {
    const piece = bytes.subarray(cuts[i], cuts[i + 1]);
    parts[i] = await create(piece.length, { 'upload-concat': 'partial' });
    if (i === 1) {
      const early = await tus('POST', '/files/', { 'upload-concat': `final;${parts.join(' ')}` });
      assert.deepEqual([early.status, early.code], [409, 'part_unfinished']);
    }
    assert.equal((await send(parts[i], 0, piece)).status, 204);
    assert.equal((await tus('HEAD', parts[i])).headers.get('upload-concat'), 'partial');
  }
  const concat = { 'upload-concat': `final;${home.url}${parts.join(' ')}`, 'upload-metadata': `filename ${base64('合.mp4')}` };
  const final = await tus('POST', '/files/', concat);
  assert.equal(final.status, 201);
  const url = final.headers.get('location');
  assert.equal((await send(url, 0, Buffer.alloc(1))).status, 403);
  assert.equal((await asset(sum(bytes))).name, '合.mp4');
  const { headers } = await tus('HEAD', url);
  assert.equal(headers.get('upload-offset'), String(bytes.length));
  assert.equal(headers.get('upload-concat'), `final;${parts.join(' ')}`);
  for (const part of parts) assert.equal((await tus('HEAD', part)).status, 404);
  assert.equal(await isThere(spooled(parts[0])), false);
});

/* ---- other people's clients ---- */

/** tus-js-client until it is through; `meddle` hears of its progress. */
function upload(bytes, options, meddle = () => {}) {
  return new Promise((done, fail) => {
    const is = new Upload(bytes, {
      endpoint: `${home.url}/files/`,
      headers: { Authorization: `Bearer ${staff.token}` },
      metadata: { filename: '焊接.mp4' },
      retryDelays: [200, 500, 1000, 1000, 2000, 2000, 4000],
      onProgress: (sent) => meddle(sent, is),
      onError: fail,
      onSuccess: () => done(is),
      ...options,
    });
    is.start();
  });
}

test('tus-js-client goes on by itself after the server was killed at one half', async () => {
  const bytes = randomBytes(24 * MiB);
  let dead;
  await upload(bytes, { chunkSize: 2 * MiB }, (sent) => {
    if (sent >= bytes.length / 2) dead ??= home.kill().then(() => home.restart());
  });
  await dead;
  assert.ok(await asset(sum(bytes)));
});

test('tus-js-client sends its first bytes with the creation, and in parts side by side', async () => {
  const first = randomBytes(3 * MiB);
  await upload(first, { uploadDataDuringCreation: true });
  assert.ok(await asset(sum(first)));
  const second = randomBytes(7 * MiB);
  await upload(second, { parallelUploads: 3 });
  assert.ok(await asset(sum(second)));
  const third = randomBytes(MiB);
  const is = await new Promise((done) => {
    const ends = upload(third, { chunkSize: 1000, onError: () => {} }, (sent, client) => sent > 5000 && client.abort(true).then(() => done(client)));
    void ends;
  });
  assert.equal((await tus('HEAD', new URL(is.url).pathname)).status, 404);
});

test('curl alone sends one body, the server is killed at one half, and the rest makes the same file', async () => {
  const bytes = randomBytes(24 * MiB);
  const file = path.join(scratch, 'film');
  await writeFile(file, bytes);
  const url = await create(bytes.length);
  const common = ['-s', '-H', `Authorization: Bearer ${staff.token}`, '-H', 'Tus-Resumable: 1.0.0'];
  const patch = (offset) => [...common, '-X', 'PATCH', '-H', `Upload-Offset: ${offset}`, '-H', `Content-Type: ${BODY}`];
  const curl = spawn('curl', [...patch(0), '--limit-rate', '4M', '-T', file, home.url + url], { stdio: 'ignore' });
  await until('one half is on the disk', async () => (await stat(spooled(url)).catch(() => ({ size: 0 }))).size >= bytes.length / 2, 60_000);
  await home.kill();
  curl.kill('SIGKILL');
  const left = (await stat(spooled(url))).size;
  await home.restart();
  const head = await run('curl', [...common, '-I', home.url + url]);
  const offset = Number(head.match(/upload-offset: (\d+)/i)[1]);
  assert.ok(offset > 0 && offset <= left, `${offset} of ${left} were acknowledged`);
  assert.equal((await stat(spooled(url))).size, offset); // what was not is cut off
  assert.equal(sum((await readFile(spooled(url))).subarray(0, offset)), sum(bytes.subarray(0, offset)));
  const rest = path.join(scratch, 'rest');
  await writeFile(rest, bytes.subarray(offset));
  const code = await run('curl', [...patch(offset), '-o', '/dev/null', '-w', '%{http_code}', '--data-binary', `@${rest}`, home.url + url]);
  assert.equal(code, '204');
  assert.ok(await asset(sum(bytes)));
});

/* ---- the house ends ---- */

test('an orderly end keeps what has come and tells the sender to come again', async () => {
  const url = await create(MiB);
  const line = rawPatch(url, { length: MiB });
  line.socket.write(Buffer.alloc(5000, 7));
  await until('it flows', async () => (await offsetOf(url)) === 5000);
  line.socket.write(Buffer.alloc(5000, 8));
  await wait(100);
  home.keep = true;
  await home.stop();
  home.keep = false;
  assert.match(line.heard, /^HTTP\/1.1 503 /);
  await home.restart();
  assert.equal(await offsetOf(url), 10_000);
  assert.equal((await stat(spooled(url))).size, 10_000);
});
