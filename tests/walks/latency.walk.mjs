// The low-latency setting: shorter parts and a shorter hold-back for titles that begin with it, and never a change in one's life.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { watch } from '../hls-rules/watch.mjs';
import { house, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

const WATCH_S = 8;
let folder, home, master, lecture, encoder;

const settle = (latency) => writeFile(path.join(folder, 'conf'), `[live]\nlatency=${latency}\n`);

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-latency-'));
  await settle('low');
  home = await house('--config', path.join(folder, 'conf'));
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master);
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360' });
  await home.untilState(lecture.id, 'on_air');
});
after(async () => {
  await encoder.kill();
  await home.stop();
  await rm(folder, { recursive: true, force: true });
});

async function playlistOf(is) {
  const learner = await new Learner(home, is.title_id, null).takePass();
  return until('the playlist is there', async () => {
    const answer = await learner.media('src/index.m3u8');
    return answer.ok && answer.text();
  });
}

test('parts of a fifth of a second, 0.8 s held back, by all the rules', { timeout: 60_000 }, async (t) => {
  const text = await playlistOf(lecture);
  assert.match(text, /#EXT-X-PART-INF:PART-TARGET=0\.20000/);
  assert.match(text, /PART-HOLD-BACK=0\.800/);
  const is = await new Learner(home, lecture.title_id, null).takePass();
  await until('all renditions have media', async () => ((await (await is.media('main.m3u8')).text()).match(/STREAM-INF/g) ?? []).length >= 3);
  const report = await watch(`${home.url}/media/${lecture.title_id}/main.m3u8`, { seconds: WATCH_S, headers: { cookie: `jt_pass=${is.pass}` } });
  t.diagnostic(String(report).split('\n')[0]);
  assert.equal(report.violations.length, 0, String(report));
});

test('a class that goes on under another setting keeps its parts; a new one does not', async () => {
  await home.kill();
  await encoder.exit;
  await settle('standard');
  await home.restart();
  const other = await home.classOf(master, '第二讲');
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '320x180' });
  await home.untilState(lecture.id, 'on_air');
  assert.match(await playlistOf(lecture), /PART-TARGET=0\.20000/);
  const second = publish(`${home.rtmp}/${other.publish.key}`, { size: '320x180' });
  await home.untilState(other.id, 'on_air');
  const text = await playlistOf(other);
  await second.kill();
  assert.match(text, /PART-TARGET=0\.33334/);
  assert.match(text, /PART-HOLD-BACK=1\.001/);
});
