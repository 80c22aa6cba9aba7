// Files on their way in: any tus client, a bad line, a server that dies, and quotas that answer before the bytes are sent.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { house, until } from './lib/house.mjs';

const MiB = 1 << 20;
const BODY = 'application/offset+octet-stream';
let home, staff;

before(async () => {
  home = await house();
  staff = await home.person('wang', 'staff', '王建国');
});
after(() => home.stop());

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const base64 = (text) => Buffer.from(text).toString('base64');

/** One tus request; its answer is checked against openapi.json by api(). */
async function tus(method, url, headers = {}, body, who = staff) {
  const response = await fetch(new URL(url, home.url), {
    method,
    headers: { authorization: `Bearer ${who.token}`, 'tus-resumable': '1.0.0', connection: 'close', ...(body ? { 'content-type': BODY } : {}), ...headers },
    body,
  });
  return response;
}

async function create(length, headers = {}) {
  const made = await tus('POST', '/files/', { 'upload-length': String(length), 'upload-metadata': `filename ${base64('焊条角度.mp4')}`, ...headers });
  assert.equal(made.status, 201);
  return made.headers.get('location');
}

const send = (url, offset, bytes, headers = {}) => tus('PATCH', url, { 'upload-offset': String(offset), ...headers }, bytes);
const offsetOf = async (url) => Number((await tus('HEAD', url)).headers.get('upload-offset'));
const spooled = (url) => path.join(home.data, 'spool', `${url.split('/').at(-1)}.part`);

/** What became of a finished upload: the asset with this sum. */
async function asset(sum) {
  const find = async () => (await home.api('GET', '/api/v1/assets', { token: staff.token, status: 200 })).assets.find((is) => is.sha256 === sum);
  return until('the upload was taken into use', find);
}

test('a file comes in pieces and is there as it was', async () => {
  const bytes = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(3 * MiB + 17)]); // a handout is kept as it came
  const url = await create(bytes.length, { 'upload-metadata': `filename ${base64('讲义.pdf')},kind ${base64('handout')}` });
  for (let at = 0; at < bytes.length; at += MiB) {
    const answer = await send(url, at, bytes.subarray(at, at + MiB));
    assert.equal(answer.status, 204);
    assert.equal(Number(answer.headers.get('upload-offset')), Math.min(at + MiB, bytes.length));
  }
  const { id, name } = await asset(sha256(bytes));
  assert.equal(name, '讲义.pdf');
  const file = path.join(home.data, 'handouts', id);
  assert.equal(sha256(await readFile(file)), sha256(bytes));
  assert.equal(await offsetOf(url), bytes.length); // also for who missed the last answer
});

test('an offset that is not the next one is refused and named by HEAD', async () => {
  const url = await create(1000);
  assert.equal((await send(url, 10, Buffer.alloc(10))).status, 409);
  assert.equal((await send(url, 0, Buffer.alloc(10))).status, 204);
  assert.equal(await offsetOf(url), 10);
});
