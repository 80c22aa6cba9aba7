// A disk that runs full. Under a class: it goes on in a window, its master is told, and the recording that is left plays.
// Under an upload: it is told so, and goes on from what it has when there is room.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { mkdtemp, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { house, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

const MiB = 1 << 20;
const DISK_MB = 560, FILL_MB = 60; // what is left is under the 512 MB a live title wants free
let disk, usual, home, master, staff, lecture, encoder;

/** A small disk of its own, in memory; only what is written takes any. */
async function mountDisk() {
  disk = await mkdtemp(path.join(tmpdir(), 'jiangtang-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'jiangtang', disk]);
  usual = process.env.TMPDIR;
  process.env.TMPDIR = disk;
}

const journal = () => readFile(path.join(home.data, 'titles', lecture.title_id, 'journal'), 'utf8');
const lost = async () => ((await journal()).match(/^lost src \d+$/gm) ?? []).map((line) => Number(line.split(' ')[2]));
const fileOf = (msn) => path.join(home.data, 'titles', lecture.title_id, 'src', `${msn}.m4s`);

before(async () => {
  await mountDisk();
  const config = path.join(disk, 'jiangtang.conf');
  await writeFile(config, '[upload]\nreserve_gb=0\n'); // or no file would begin on so small a disk
  home = await house('--config', config);
  staff = await home.person('wang', 'staff', '王建国');
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master);
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180', gop: 1 });
  await home.untilState(lecture.id, 'on_air');
});
after(async () => {
  await encoder.kill();
  await home.stop();
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
  execFileSync('umount', [disk]);
  await rm(disk, { recursive: true });
});

test('with room on the disk nothing goes; without, the oldest goes and the class goes on', { timeout: 180_000 }, async () => {
  await until('a minute and more is there', async () => ((await journal()).match(/^segment src /gm) ?? []).length > 36, 120_000);
  assert.deepEqual(await lost(), []);
  await writeFile(path.join(disk, 'others'), Buffer.alloc(FILL_MB * MiB));
  await until('the oldest is given up', async () => (await lost()).length > 0, 30_000);
  assert.equal((await lost())[0], 0);
  assert.equal(await stat(fileOf(0)).catch(() => null), null);
  assert.equal(await home.state(lecture.id), 'on_air');
});

test('its master is told in words', async () => {
  const told = async () => (await home.api('GET', `/api/v1/classes/${lecture.id}`, { token: master.token, status: 200 })).trouble;
  await until('the desk says so', async () => /磁盘将满/.test(await told()));
});

test('what is lost is a gap in the recording, and is not asked for', async () => {
  const learner = await new Learner(home, lecture.title_id, null).takePass();
  const whole = await (await learner.media('src/dvr.m3u8')).text();
  assert.match(whole, /#EXT-X-GAP\n#EXTINF:[\d.]+,\n0\.m4s/);
  assert.equal((await learner.media('src/0.m4s')).status, 404);
  const window = await (await learner.media('src/index.m3u8')).text();
  const gone = await lost();
  assert.ok(window.includes('.m4s') && !gone.some((msn) => window.includes(`\n${msn}.m4s`)), `${gone}: ${window}`);
});

test('with room again nothing more goes, and a restart finds it all as it was', async () => {
  await rm(path.join(disk, 'others'));
  await encoder.kill();
  await home.kill();
  const gone = (await lost()).length;
  await home.restart();
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180', gop: 1 });
  const segments = ((await journal()).match(/^segment src /gm) ?? []).length;
  await until('the recording goes on', async () => ((await journal()).match(/^segment src /gm) ?? []).length > segments + 3, 40_000);
  assert.ok((await lost()).length <= gone + 4, 'at most what one more segment gave up before the room was seen');
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token });
  await home.untilState(lecture.id, 'closed');
});

test('a disk that runs full under an upload: its sender is told, keeps what was acknowledged, and goes on when there is room', async () => {
  const bytes = randomBytes(24 * MiB);
  const own = { authorization: `Bearer ${staff.token}`, 'tus-resumable': '1.0.0', connection: 'close' };
  const tus = (method, at, headers) => fetch(new URL(at, home.url), { method, headers: { ...own, ...headers } });
  const made = await tus('POST', '/files/', { 'upload-length': String(bytes.length), 'upload-metadata': `filename ${Buffer.from('平角焊.mp4').toString('base64')}` });
  assert.equal(made.status, 201);
  const at = made.headers.get('location');
  /** All from there, in pieces that come when they come; the answer. */
  const send = async (offset, pieces = [bytes.subarray(offset)]) => {
    const headers = { ...own, 'upload-offset': offset, 'content-type': 'application/offset+octet-stream', 'content-length': bytes.length - offset };
    const body = request(new URL(at, home.url), { method: 'PATCH', headers }).on('error', () => {});
    const answered = once(body, 'response');
    Readable.from(pieces).pipe(body);
    const [response] = await answered;
    const text = Buffer.concat(await response.toArray()).toString();
    return { status: response.statusCode, code: text ? JSON.parse(text).code : '' };
  };
  const offsetOf = async () => Number((await tus('HEAD', at)).headers.get('upload-offset'));
  const fill = async (left) => {
    const { bavail, bsize } = await statfs(disk);
    execFileSync('fallocate', ['-l', String(bavail * bsize - left), path.join(disk, 'others')]); // at once: the sender may not stall
  };
  const pieces = async function* () {
    yield bytes.subarray(0, 8 * MiB);
    await until('what came first is certain', async () => (await offsetOf()) === 8 * MiB);
    await fill(4 * MiB);
    yield bytes.subarray(8 * MiB);
  };
  assert.deepEqual(await send(0, pieces()), { status: 507, code: 'disk_full' });
  assert.deepEqual(await send(await offsetOf()), { status: 507, code: 'disk_reserve' }, 'what would not fit is not taken');
  const kept = await offsetOf();
  assert.ok(kept >= 8 * MiB && kept < bytes.length, `${kept}`);
  await rm(path.join(disk, 'others'));
  assert.equal((await send(kept)).status, 204);
  const hex = createHash('sha256').update(bytes).digest('hex');
  await until('it is an asset', async () => (await home.api('GET', '/api/v1/assets', { token: staff.token, status: 200 })).assets.find((is) => is.sha256 === hex));
});
