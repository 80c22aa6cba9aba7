// A file of several GB, from its sender's disk to its last second on a phone. LARGE_MB (64) is how large: 4600 is beyond
// what 32 bits count, takes some minutes and 10 GB of disk.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import path from 'node:path';
import { Upload } from 'tus-js-client';
import { assetOf, made, untilAsset } from './lib/files.mjs';
import { house, run } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';

const LARGE_MB = Number(process.env.LARGE_MB ?? 64);
const MBIT = 40; // a still picture with filler: many bytes that cost nobody much
const SECONDS = Math.ceil((LARGE_MB * 8) / MBIT);
const GB = 1e9;
let home, staff, file;

before(async () => {
  home = await house();
  staff = await home.person('wang', 'staff', '王建国');
});
after(() => home.stop());

async function sha256(name) {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(name)) hash.update(piece);
  return hash.digest('hex');
}

const memoryOf = async (pid) => Number((await run('ps', ['-o', 'rss=', '-p', String(pid)])).trim()) * 1024;

test('a large file arrives as it is; of one over 1 GB the server keeps none in memory', { timeout: 1_200_000 }, async (t) => {
  const rate = `${MBIT}M`;
  file = await made(
    home, '平角焊 全程.mp4', '-f', 'lavfi', '-i', `color=gray:size=640x360:rate=25:duration=${SECONDS}`,
    '-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${SECONDS}`, '-c:v', 'libx264', '-preset', 'ultrafast',
    '-x264-params', 'nal-hrd=cbr', '-b:v', rate, '-minrate', rate, '-maxrate', rate, '-bufsize', rate, '-g', '50', '-c:a', 'aac',
  );
  const { size } = await stat(file);
  assert.ok(size > LARGE_MB * 1e6 * 0.95, `${size}`);
  const hex = await sha256(file);
  const memory = await memoryOf(home.process.pid);
  let most = 0;
  const began = Date.now();
  const url = await new Promise((done, fail) => {
    const is = new Upload(createReadStream(file), {
      endpoint: `${home.url}/files/`,
      headers: { Authorization: `Bearer ${staff.token}` },
      metadata: { filename: path.basename(file) },
      uploadSize: size,
      chunkSize: 32 << 20,
      onChunkComplete: () => memoryOf(home.process.pid).then((now) => (most = Math.max(most, now))),
      onError: fail,
      onSuccess: () => done(is.url),
    });
    is.start();
  });
  t.diagnostic(`${(size / GB).toFixed(2)} GB in ${((Date.now() - began) / 1000).toFixed(1)} s; the server grew from ${memory >> 20} to ${most >> 20} MiB`);
  if (LARGE_MB > 1000) assert.ok(most - memory < 64 << 20, `it grew by ${(most - memory) >> 20} MiB`); // a small file says nothing of it
  await rm(file);
  const { id } = await assetOf(home, staff, url.split('/').at(-1));
  const is = await untilAsset(home, staff, id, ['probing', 'queued', 'transcoding', 'ready', 'failed'], 120_000);
  assert.equal(is.sha256, hex);
  assert.equal(is.bytes, size);
  file = id;
});

test('it becomes a lesson of its whole length, whose last segment is there', { timeout: 2_400_000 }, async (t) => {
  const began = Date.now();
  const is = await untilAsset(home, staff, file, ['ready', 'failed', 'refused'], 2_300_000);
  assert.equal(is.state, 'ready', JSON.stringify(is.trouble));
  assert.ok(Math.abs(is.duration_ms - SECONDS * 1000) < 500, `${is.duration_ms} ms of ${SECONDS} s`);
  t.diagnostic(`${SECONDS} s were made in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const learner = await new Learner(home, is.title_id, staff).takePass();
  for (const rung of is.rungs) {
    const list = await (await learner.media(`${rung}/dvr.m3u8`)).text();
    const length = [...list.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, found) => sum + Number(found[1]), 0);
    assert.ok(Math.abs(length - SECONDS) < 1, `${rung}: ${length} s`);
    const last = list.match(/^\d+\.m4s/gm).at(-1);
    const got = await learner.media(`${rung}/${last}`);
    assert.equal(got.status, 200);
    assert.ok((await got.arrayBuffer()).byteLength > 1000, `${rung}/${last}`);
  }
});
