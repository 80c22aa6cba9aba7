// A worker that dies whenever it gets work: it is hired a few times, then no more, and the master reads why.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { browser, DESKTOP, page } from './lib/browser.mjs';
import { house, until } from './lib/house.mjs';
import { publish } from './lib/publisher.mjs';
import { visitor } from './lib/views.mjs';

const DEATHS = 5; // LIVE_DEATHS_MAX
const WORKER = '#!/bin/sh\n[ "$1" = --registry ] && exit 0\nhead -c 4 <&3 >/dev/null\nexit 9\n';

let folder, home, master, lecture, encoder, chromium;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-loop-'));
  const worker = path.join(folder, 'worker'), config = path.join(folder, 'conf');
  await writeFile(worker, WORKER);
  await chmod(worker, 0o700);
  await writeFile(config, `[worker]\npath=${worker}\n`);
  home = await house('--config', config);
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master);
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180' });
});
after(async () => {
  await encoder.kill();
  await chromium?.close();
  await home.stop();
  await rm(folder, { recursive: true, force: true });
});

const metric = async (name) => Number((await (await fetch(`${home.url}/metrics`)).text()).match(new RegExp(`^${name} (\\d+)`, 'm'))[1]);

test('a worker that keeps dying is hired five times, then the class stops and its master reads why', async () => {
  await home.untilState(lecture.id, 'failed', 60_000);
  assert.equal(await metric('jiangtang_workers_hired_total'), DEATHS);
  assert.equal(await metric('jiangtang_workers_lost_total'), DEATHS);
  const { code } = await encoder.exit;
  assert.notEqual(code, null, 'the encoder was let go');
  chromium = await browser();
  const context = await visitor(chromium, home, { session: master, ...DESKTOP });
  const desk = await page(context);
  await desk.goto(`/teach/${lecture.id}`);
  const words = await desk.locator('.desk .trouble').textContent();
  assert.match(words, /课程已停止.*请一分钟后重新推流.*publish again in a minute.*exit 9/);
  await desk.getByText('RTMP', { exact: true }).click();
  await desk.getByText('rtmp://localhost').first().waitFor(); // where to publish again
  if (process.env.LOOP_SHOT) await desk.screenshot({ path: process.env.LOOP_SHOT, fullPage: true });
});

test('who publishes meanwhile is refused', async () => {
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180' });
  await encoder.exit;
  assert.equal(await home.state(lecture.id), 'failed');
  assert.equal(await metric('jiangtang_workers_hired_total'), DEATHS);
  await until('the refusal is logged', () => home.log.some((line) => line.includes('was refused: the class failed a moment ago')));
});
