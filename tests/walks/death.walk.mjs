// kill -9 in mid-part: of the worker, of the server, of the publisher, and under beats. The class goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { command, house, run, until, wait } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

let home, master, chen, lecture, encoder;

before(async () => {
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
  chen = await home.person('chen', 'learner', '陈静');
  lecture = await home.classOf(master);
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360' });
  await home.untilState(lecture.id, 'on_air');
});
after(async () => {
  await encoder.kill();
  await home.stop();
});

const journal = () => readFile(path.join(home.data, 'titles', lecture.title_id, 'journal'), 'utf8');
const count = (text, word) => text.split('\n').filter((line) => line.startsWith(word)).length;
const parts = async () => count(await journal(), 'part ');
const grows = async (than) => until('the journal grows', async () => (await parts()) > than, 20_000);

test('the worker dies in mid-part: another goes on in the same title behind a discontinuity', async () => {
  await grows(20);
  const [pid] = await home.workers();
  process.kill(pid, 'SIGKILL');
  const before = await parts();
  await until('another worker', async () => (await home.workers()).some((other) => other !== pid));
  await grows(before + 12);
  const is = await home.api('GET', `/api/v1/classes/${lecture.id}`, { status: 200 });
  assert.equal(is.state, 'on_air');
  assert.equal(is.title_id, lecture.title_id);
  assert.ok(count(await journal(), 'discontinuity ') >= 1);
});

test('the server dies in mid-part: it comes back, the encoder reconnects, the same title goes on', async () => {
  await home.kill();
  const before = await parts();
  await encoder.exit;
  await home.restart();
  assert.equal(await home.state(lecture.id), 'interrupted');
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360' });
  await home.untilState(lecture.id, 'on_air');
  await grows(before + 12);
  assert.ok(count(await journal(), 'discontinuity ') >= 2);
});

test('the server dies under beats: at most the last second is lost, never one gained', async () => {
  const { epoch_ms: epoch } = await home.api('GET', `/api/v1/classes/${lecture.id}`, { status: 200 });
  const is = await new Learner(home, lecture.title_id, chen).takePass();
  const whole = async () => {
    const segments = await is.segments('audio', { epoch });
    await is.fetchSegments('audio', segments);
    return segments.at(-1).to;
  };
  await grows((await parts()) + 80); // well behind the holes that the deaths have left
  const from = (await whole()) - 3000;
  await is.join();
  await is.watch();
  await wait(5000);
  await whole();
  const ack = await is.beat(from, from + 5000);
  assert.ok(ack.credited_ms > 4500, JSON.stringify(ack));
  await wait(1500); // longer than a flush: from here on it is kept
  await wait(3500);
  await whole();
  const last = await is.beat(from + 5000, from + 9000);
  await home.kill();
  await encoder.exit;
  await home.restart();
  const kept = await home.api('GET', `/api/v1/learning/${lecture.title_id}`, { token: chen.token, status: 200 });
  assert.ok(kept.credited_ms >= ack.credited_ms, `${kept.credited_ms} of ${ack.credited_ms}`);
  assert.ok(kept.credited_ms <= last.credited_ms, `${kept.credited_ms} of ${last.credited_ms}`);
  assert.equal((await run('sqlite3', [path.join(home.data, 'jiangtang.db'), 'PRAGMA integrity_check'])).trim(), 'ok');
  await command(['verify', '--data', home.data]);
});

test('what was recorded through all deaths plays as one title', async () => {
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`, { size: '640x360' });
  await home.untilState(lecture.id, 'on_air');
  await grows((await parts()) + 6);
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  const is = await new Learner(home, lecture.title_id, chen).takePass();
  for (const rendition of ['src', '180p', 'audio']) {
    const playlist = await (await is.media(`${rendition}/index.m3u8`)).text();
    assert.match(playlist, /#EXT-X-ENDLIST/);
    assert.ok((playlist.match(/#EXT-X-DISCONTINUITY$/gm) ?? []).length >= 3, rendition);
    const numbers = [...playlist.matchAll(/^(\d+)\.m4s/gm)].map((m) => Number(m[1]));
    const gaps = (playlist.match(/#EXT-X-GAP/g) ?? []).length;
    assert.equal(new Set(numbers).size, numbers.length);
    assert.ok(numbers.at(-1) - numbers[0] + 1 <= numbers.length + gaps, 'no number is missing');
  }
  const url = `${home.url}/media/${lecture.title_id}/main.m3u8?pass=${is.pass}`;
  const probe = await run('ffprobe', ['-v', 'error', '-headers', `Cookie: jt_pass=${is.pass}\r\n`, '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', url]);
  assert.match(probe, /h264/);
  assert.match(probe, /aac/);
});

test('a killed publisher leaves the class interrupted, the same key brings it back, a second one takes over', async () => {
  const again = await home.classOf(master, '第二讲');
  const first = publish(`${home.rtmp}/${again.publish.key}`, { size: '320x180' });
  await home.untilState(again.id, 'on_air');
  await first.kill();
  await home.untilState(again.id, 'interrupted');
  const second = publish(`${home.rtmp}/${again.publish.key}`, { size: '320x180' });
  await home.untilState(again.id, 'on_air');
  const third = publish(`${home.rtmp}/${again.publish.key}`, { size: '320x180' });
  const { code } = await second.exit;
  assert.notEqual(code, null, 'the older one was cut off');
  await home.untilState(again.id, 'on_air');
  await home.api('POST', `/api/v1/classes/${again.id}/close`, { token: master.token, status: 200 });
  await home.untilState(again.id, 'closed');
  await third.exit;
});
