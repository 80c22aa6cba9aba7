// A disk that runs full under a class: it goes on in a window, its master is told, and the recording that is left plays.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { house, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

const DISK_MB = 560, FILL_MB = 60; // what is left is under the 512 MB a live title wants free
let disk, usual, home, master, lecture, encoder;

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
  home = await house();
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
  await writeFile(path.join(disk, 'others'), Buffer.alloc(FILL_MB << 20));
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
  assert.ok(!window.includes('EXT-X-GAP'), window);
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
