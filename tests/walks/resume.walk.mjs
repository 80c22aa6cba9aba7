// A lesson in the making is ended in the middle, by force or by asking, and made on by the next worker: what was whole stays as it was, nothing is
// made twice, and the end is the same as if nothing had happened.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { lesson, probe, readTitle } from './lib/worker.mjs';

const run = promisify(execFile);
const folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-resume-'));
after(() => rm(folder, { recursive: true, force: true }));

async function make(name, ...args) {
  const file = path.join(folder, name);
  await run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30', '-f', 'lavfi', '-i',
    'sine=frequency=440:beep_factor=4:sample_rate=48000', '-t', '27', ...args, file]);
  return file;
}

/** Ends a worker once every rendition has this many segments; what stood in the title then. */
async function endAt(file, dir, facts, segments, how) {
  const worker = lesson(file, dir, facts, { on: async (kind) => {
    if (kind !== 'bell' || worker.over) return;
    const title = await readTitle(dir);
    if (worker.over || title.renditions.length === 0 || title.renditions.some((is) => is.segments.length < segments)) return;
    worker.over = true;
    worker[how]();
  } });
  const ended = await worker.ended;
  assert.ok(worker.over, 'it was ended before it was done');
  if (how === 'leave') assert.deepEqual([ended.code, ended.done, ended.failed], [0, false, null]);
  return { title: await readTitle(dir), progress_ms: ended.progress_ms };
}

async function fingerprints(title) {
  const list = title.renditions.flatMap(({ name, segments }) => segments.map((is) => path.join(title.dir, name, `${is.msn}.m4s`)));
  return Promise.all(list.map(async (file) => [file, (await stat(file)).mtimeMs, (await readFile(file)).length]));
}

const shape = (title) => Object.fromEntries(title.renditions.map(({ name, segments }) => [name, segments.map(({ msn, start, duration }) => [msn, start, duration])]));

/** How many packets each track of each rendition has, and that it decodes without a word. */
async function packets(title) {
  const counts = {};
  for (const { name, segments } of title.renditions) {
    const file = path.join(title.dir, `${name}.whole.mp4`);
    for (const [i, part] of ['init-0.mp4', ...segments.map((is) => `${is.msn}.m4s`)].entries())
      await pipeline(createReadStream(path.join(title.dir, name, part)), createWriteStream(file, { flags: i ? 'a' : 'w' }));
    const { stderr } = await run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', '-i', file, '-f', 'null', '-']);
    assert.equal(stderr, '', name);
    const { stdout } = await run('ffprobe', ['-v', 'error', '-count_packets', '-show_entries', 'stream=codec_type,nb_read_packets,duration_ts', '-of', 'compact', file]);
    counts[name] = stdout;
  }
  return counts;
}

async function goesOn(name, file, ends) {
  const facts = await probe(file);
  const whole = path.join(folder, `${name}.whole`), torn = path.join(folder, `${name}.torn`);
  assert.equal((await lesson(file, whole, facts).ended).done, true);
  // A copied film's segments are as long as its keyframes allow: no more than one of them may be lost.
  const longest = Math.max(...(await readTitle(whole)).renditions.flatMap(({ segments }) => segments.map((is) => is.duration))) / 90;
  let stood = [];
  for (const [segments, how] of ends) {
    const { title, progress_ms } = await endAt(file, torn, facts, segments, how);
    const kept = Math.min(...title.renditions.map(({ segments: list }) => (list.at(-1).start + list.at(-1).duration) / 90));
    assert.ok(progress_ms - kept <= longest, `${progress_ms} ms were reached, ${kept} ms are whole`);
    const stands = await fingerprints(title);
    assert.deepEqual(stands.filter(([of]) => stood.some(([is]) => is === of)), stood, 'what was whole was not touched');
    stood = stands;
  }
  assert.equal((await lesson(file, torn, facts).ended).done, true);
  const [a, b] = [await readTitle(whole), await readTitle(torn)];
  assert.ok(b.ended);
  assert.deepEqual(shape(b), shape(a));
  assert.deepEqual([b.discontinuities, b.renditions.find((is) => is.gaps)], [undefined, undefined]);
  assert.deepEqual(b.renditions.map((is) => is.inits), b.renditions.map(() => 1));
  assert.deepEqual(await packets(b), await packets(a));
}

test('a film that is encoded goes on behind its last whole segments after kill -9, again and again', { timeout: 300_000 }, async () => {
  const file = await make('encoded.mkv', '-c:v', 'mpeg4', '-b:v', '3M', '-c:a', 'libmp3lame');
  await goesOn('encoded', file, [[1, 'kill'], [3, 'kill'], [5, 'kill']]);
});

test('a film that is copied goes on at the same keyframes', { timeout: 300_000 }, async () => {
  const file = await make('copied.mp4', '-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '900k', '-g', '170', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2');
  assert.equal((await probe(file)).video.copyable, true);
  await goesOn('copied', file, [[1, 'kill'], [2, 'leave']]);
});

test('a transport stream, in which nothing can be sought exactly, goes on too', { timeout: 300_000 }, async () => {
  const file = await make('stream.ts', '-c:v', 'mpeg2video', '-b:v', '3M', '-c:a', 'mp2');
  await goesOn('stream', file, [[3, 'kill']]);
});

test('sound alone goes on, and its wave is the whole one', { timeout: 300_000 }, async () => {
  const file = await make('sound.mp3', '-map', '1', '-c:a', 'libmp3lame');
  await goesOn('sound', file, [[2, 'kill']]);
  const [a, b] = await Promise.all(['whole', 'torn'].map((is) => readFile(path.join(folder, `sound.${is}`, 'wave.json'), 'utf8')));
  assert.equal(b, a);
});

test('asked to leave, it leaves in order and can be made on', { timeout: 300_000 }, async () => {
  const file = await make('paused.mkv', '-c:v', 'mpeg4', '-b:v', '3M', '-c:a', 'libmp3lame');
  await goesOn('paused', file, [[2, 'leave']]);
});
