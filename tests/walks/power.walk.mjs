// The power goes while files come in: what was acknowledged is there afterwards, and the rest is sent again.
// The disk is lib/power.c's: of a server that is killed nothing remains but what it has synced.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Upload } from 'tus-js-client';
import { house, until } from './lib/house.mjs';

const MiB = 1 << 20;
const BODY = 'application/offset+octet-stream';
const OURS = ['LD_PRELOAD', 'POWER_DATA', 'POWER_SHADOW', 'TMPDIR'];
const usual = OURS.map((name) => [name, process.env[name]]);
let place, home, staff;

before(async () => {
  place = await mkdtemp(path.join(tmpdir(), 'jiangtang-power-'));
  const shim = path.join(place, 'power.so');
  execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', shim, new URL('lib/power.c', import.meta.url).pathname, '-ldl']);
  for (const folder of ['data', 'shadow']) await mkdir(path.join(place, folder));
  const own = [shim, path.join(place, 'data'), path.join(place, 'shadow'), path.join(place, 'data')];
  OURS.forEach((name, i) => (process.env[name] = own[i]));
  home = await house();
  staff = await home.person('wang', 'staff', '王建国');
});
after(async () => {
  await home.stop();
  for (const [name, value] of usual) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(place, { recursive: true });
});

const sum = (bytes) => createHash('sha256').update(bytes).digest('hex');
const spooled = (url) => path.join(home.data, 'spool', `${url.split('/').at(-1)}.part`);
const size = (file) => stat(file).then((is) => is.size, () => 0);

async function tus(method, url, headers = {}, body) {
  const own = { authorization: `Bearer ${staff.token}`, 'tus-resumable': '1.0.0', connection: 'close', ...(body ? { 'content-type': BODY } : {}) };
  return fetch(new URL(url, home.url), { method, headers: { ...own, ...headers }, body });
}
async function create(length) {
  const made = await tus('POST', '/files/', { 'upload-length': String(length), 'upload-metadata': `filename ${Buffer.from('平角焊.mp4').toString('base64')}` });
  assert.equal(made.status, 201);
  return new URL(made.headers.get('location'), home.url).pathname;
}
const offsetOf = async (url) => Number((await tus('HEAD', url)).headers.get('upload-offset'));
const asset = (hex) =>
  until('the upload is an asset', async () => (await home.api('GET', '/api/v1/assets', { token: staff.token, status: 200 })).assets.find((is) => is.sha256 === hex));

/** The sums of all files that were brought, on their way or there. */
async function whatIsLeft() {
  const of = async (folder) => {
    const names = await readdir(path.join(home.data, folder)).catch(() => []);
    return Promise.all(names.map(async (name) => sum(await readFile(path.join(home.data, folder, name)))));
  };
  return [...(await of('spool')), ...(await of('sources'))];
}

/** The server is gone at once, and with it all it had not synced: what the file had, and what is left of it. */
async function powerCut(file) {
  const unsynced = path.join(home.data, 'unsynced');
  await writeFile(unsynced, 'nobody has asked the disk to keep this');
  home.killed = true;
  execFileSync('flock', [path.join(place, 'shadow', 'lock'), 'kill', '-9', String(home.process.pid)]);
  await home.exit;
  const had = await size(file);
  const disk = path.join(place, 'shadow', 'disk');
  const left = path.join(place, 'left');
  await cp(disk, left, { recursive: true });
  for (const folder of await readdir(path.join(place, 'data'))) await rm(path.join(place, 'data', folder), { recursive: true });
  for (const folder of await readdir(left)) await rename(path.join(left, folder), path.join(place, 'data', folder));
  for (const folder of ['disk', 'inodes']) await rm(path.join(place, 'shadow', folder), { recursive: true });
  execFileSync('find', [path.join(place, 'data'), '-mindepth', '1', '-exec', 'sync', '{}', '+']); // what the disk has, until more is synced
  assert.equal(await size(unsynced), 0, 'nothing was lost: the power was not cut');
  return { had, left: await size(file) };
}

test('what was acknowledged is there when the power comes back, and the client goes on from there', async (t) => {
  const bytes = randomBytes(24 * MiB);
  let acknowledged = 0;
  let url, cut;
  await new Promise((done, fail) => {
    const is = new Upload(bytes, {
      endpoint: `${home.url}/files/`,
      headers: { Authorization: `Bearer ${staff.token}` },
      metadata: { filename: '平角焊.mp4' },
      chunkSize: 2 * MiB,
      retryDelays: Array(40).fill(500),
      onChunkComplete: (_size, accepted) => {
        acknowledged = Math.max(acknowledged, accepted);
        if (accepted < bytes.length / 2 || cut) return;
        url = new URL(is.url).pathname;
        cut = powerCut(spooled(url)).then(async (what) => {
          const promised = acknowledged;
          await home.restart();
          return { ...what, promised, offset: await offsetOf(url) };
        });
      },
      onError: fail,
      onSuccess: done,
    });
    is.start();
  });
  const { had, left, promised, offset } = await cut;
  t.diagnostic(`${had} bytes were written, ${left} are left, ${promised} were acknowledged, ${offset} are told`);
  assert.ok(promised >= bytes.length / 2);
  assert.ok(offset >= promised, `${offset} of ${promised} acknowledged bytes are there`);
  assert.ok(await asset(sum(bytes)));
});

test('of a slow sender all that was told is there; what was not yet told may be lost, and is sent again', async (t) => {
  const bytes = randomBytes(400_000);
  const url = await create(bytes.length);
  const line = connect(home.port, '127.0.0.1').on('error', () => {});
  const head = { Host: 'localhost', Authorization: `Bearer ${staff.token}`, 'Tus-Resumable': '1.0.0', 'Content-Type': BODY, 'Upload-Offset': 0, 'Content-Length': bytes.length };
  line.write(`PATCH ${url} HTTP/1.1\r\n${Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  let sent = 0;
  const dripping = setInterval(() => sent < bytes.length - 1000 && line.write(bytes.subarray(sent, (sent += 1000))), 20);
  t.after(() => clearInterval(dripping));
  let told = 0;
  await until('some of it is certain, and more has been sent', async () => (told = told || (await offsetOf(url))) > 0 && sent > told + 20_000);
  const { had, left } = await powerCut(spooled(url));
  clearInterval(dripping);
  await home.restart();
  const offset = await offsetOf(url);
  t.diagnostic(`${had} bytes were written, ${left} are left, ${told} were told, ${offset} are told now`);
  assert.ok(offset >= told && offset <= left, `${offset}: ${told} were told, ${left} are left`);
  const rest = await tus('PATCH', url, { 'upload-offset': String(offset) }, bytes.subarray(offset));
  assert.equal(rest.status, 204);
  assert.ok(await asset(sum(bytes)));
});

test('a file whose last byte was acknowledged becomes an asset, whenever the power goes', async () => {
  const bytes = randomBytes(3 * MiB);
  const url = await create(bytes.length);
  assert.equal((await tus('PATCH', url, { 'upload-offset': '0' }, bytes)).status, 204);
  await powerCut(spooled(url));
  assert.ok((await whatIsLeft()).includes(sum(bytes)), 'the file is in the spool, or an asset already');
  await home.restart();
  assert.ok(await asset(sum(bytes)));
});
