// Odd streams: a table of inputs that real encoders send, or could, each with what must become of it.
// ODD=all runs the whole table; without it only the entries marked `always`.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { house, run, until, wait } from './lib/house.mjs';
import { publish } from './lib/publisher.mjs';
import { AUDIO, RtmpEncoder, tagsOf, VIDEO } from './lib/rtmp.mjs';

const LANES = Number(process.env.ODD_LANES ?? 7);
const HOUR = 3600_000;

let home, master, folder;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-odd-'));
  home = await house();
  master = await home.person('zhao', 'master', '赵铁柱');
});
after(async () => {
  await home.stop();
  await rm(folder, { recursive: true, force: true });
});

// ---- what is sent ----

const made = new Map();

/** A clip of `seconds` as FLV tags, made once. `picture` and `sound`: ffmpeg's encoder arguments; null: none. */
async function clip({ seconds = 8, size = '320x180', fps = 30, gop = 60, picture = [], sound = [], filter = 'null', pixels = 'yuv420p' } = {}) {
  const args = ['-hide_banner', '-loglevel', 'error', '-y'];
  if (picture) args.push('-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps},${filter}`);
  if (sound) args.push('-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000');
  args.push('-t', String(seconds));
  if (picture) args.push('-vsync', 'passthrough', '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', pixels, '-g', String(gop), '-sc_threshold', '0', '-b:v', '400k', ...picture);
  if (sound) args.push('-c:a', 'aac', '-b:a', '64k', '-ac', '2', ...sound);
  const wanted = args.join(' ');
  if (!made.has(wanted)) {
    const file = path.join(folder, `${made.size}.flv`);
    made.set(wanted, run('ffmpeg', [...args, '-f', 'flv', file]).then(() => readFile(file)));
  }
  return tagsOf(await made.get(wanted));
}

const end = (tags) => Math.max(...tags.map((tag) => tag.ms)) + 33;
const later = (tags, ms) => tags.map((tag) => ({ ...tag, ms: tag.ms + ms }));
const inOrder = (tags) => tags.map((tag, i) => [tag, i]).sort(([a, i], [b, j]) => a.ms - b.ms || i - j).map(([tag]) => tag);
/** The one, then the other, on one clock. */
const then = (first, second) => [...first, ...later(second, end(first))];
/** Sent when it was meant to be, but stamped otherwise. */
const restamped = (tags, stamp) => tags.map((tag) => ({ ...tag, at: tag.ms, ms: stamp(tag) }));
const isConfig = (tag) => tag.body[1] === 0 && (tag.type === AUDIO || (tag.body[0] & 15) === 7);
const isKey = (tag) => tag.type === VIDEO && tag.body[0] >> 4 === 1;
const only = (type, tags) => tags.filter((tag) => tag.type === type);
const without = (type, from, to, tags) => tags.filter((tag) => tag.type !== type || isConfig(tag) || tag.ms < from || tag.ms >= to);

/** The same tag in an enhanced header. */
function enhanced(tag, fourCC = 'avc1') {
  if (tag.type !== VIDEO) return tag;
  const head = Buffer.from([0x80 | (tag.body[0] & 0x70) | (isConfig(tag) ? 0 : 1), ...Buffer.from(fourCC)]);
  return { ...tag, body: Buffer.concat([head, tag.body.subarray(isConfig(tag) ? 5 : 2)]) };
}

/** Without pictures, the container's own words would be the only ones. */
const slowly = (tags, ms) => tags.map((tag) => ({ ...tag, at: tag.ms >= ms ? tag.ms + 5000 : tag.ms }));

const mono441 = ['-ar', '44100', '-ac', '1'];

// ---- what must become of it ----
// plays: n seconds in each rendition, no discontinuity · breaks: the same, behind this many · refused: the encoder is cut off
// and the master's desk says the words · waits: nothing can be shown, the desk says the words · shown: the desk says so while it plays

const TABLE = [
  { what: 'an ordinary class', send: () => clip(), plays: 8 },
  { what: 'a keyframe every 10 s', send: () => clip({ seconds: 12, gop: 300 }), plays: 11, breaks: 1, shown: /关键帧间隔.*2 s/, always: true },
  { what: 'a keyframe twice a second', send: () => clip({ gop: 15 }), plays: 8 },
  { what: 'pictures renewed bit by bit, one keyframe in all', send: () => clip({ seconds: 10, gop: 60, picture: ['-x264opts', 'intra-refresh=1'] }), plays: 9, breaks: 1, shown: /关键帧间隔/ },
  { what: 'no sound', send: () => clip({ sound: null }), plays: 8, sound: 48000, always: true },
  { what: 'sound alone', send: () => clip({ picture: null }), plays: 7, only: ['audio'], always: true },
  { what: 'sound that comes after 4 s', send: async () => inOrder(without(AUDIO, 0, 4000, await clip()).map((tag) => (tag.type === AUDIO && isConfig(tag) ? { ...tag, ms: 4000 } : tag))), plays: 7, breaks: 1, always: true },
  { what: 'pictures that come after 5 s of sound', send: async () => [...later(only(AUDIO, await clip({ seconds: 5 })), 0), ...later(await clip(), 5000)], plays: 11, breaks: 1, uneven: true },
  { what: 'sound that goes away', send: async () => without(AUDIO, 3000, HOUR, await clip()), plays: 7 },
  { what: 'pictures that go away while the sound goes on', send: async () => without(VIDEO, 3000, HOUR, await clip({ seconds: 11 })), plays: 10, breaks: 1, shown: /没有收到画面/, uneven: true },
  { what: 'pictures that stay away for 5 s', send: async () => without(VIDEO, 3000, 8000, await clip({ seconds: 12 })), plays: 11, breaks: 2, uneven: true },
  { what: 'B-frames', send: () => clip({ picture: ['-tune', 'film', '-preset', 'fast', '-bf', '3'] }), plays: 8, always: true },
  { what: 'B-frames and open GOPs', send: () => clip({ picture: ['-tune', 'film', '-preset', 'fast', '-bf', '3', '-x264opts', 'open-gop=1'] }), plays: 7, breaks: 1, shown: /关键帧间隔/ },
  { what: '1080p60', send: () => clip({ seconds: 6, size: '1920x1080', fps: 60, gop: 120, picture: ['-b:v', '3M'] }), plays: 6, size: [1920, 1080], fps: 60, alone: true },
  { what: 'a phone held upright', send: () => clip({ seconds: 6, size: '720x1280' }), plays: 6, size: [720, 1280], rungs: { '480p': [480, 854] }, alone: true },
  { what: '10 pictures a second', send: () => clip({ fps: 10, gop: 20 }), plays: 8, fps: 10 },
  { what: 'a size that changes', send: async () => then(await clip({ seconds: 4 }), await clip({ seconds: 5, size: '640x360' })), plays: 8, breaks: 1, always: true },
  { what: 'a phone that is turned', send: async () => then(await clip({ seconds: 4 }), await clip({ seconds: 5, size: '180x320' })), plays: 8, breaks: 1 },
  { what: 'another parameter set, the same size', send: async () => then(await clip({ seconds: 4 }), await clip({ seconds: 5, picture: ['-profile:v', 'high', '-preset', 'veryfast'] })), plays: 8, breaks: 1 },
  { what: 'sound that changes to 44.1 kHz mono', send: async () => then(await clip({ seconds: 4 }), await clip({ seconds: 5, sound: mono441 })), plays: 8, breaks: 1, sound: 44100 },
  { what: 'a rate of pictures that changes', send: async () => then(await clip({ seconds: 4 }), await clip({ seconds: 5, fps: 15, gop: 30 })), plays: 8, breaks: 1 },
  { what: '44.1 kHz mono', send: () => clip({ sound: mono441 }), plays: 8, sound: 44100, always: true },
  { what: '5.1 sound', send: () => clip({ sound: ['-ac', '6'] }), plays: 8, sound: 48000 },
  { what: '22.05 kHz sound', send: () => clip({ sound: ['-ar', '22050'] }), plays: 8, sound: 48000 },
  { what: 'a variable rate of pictures', send: () => clip({ filter: "select='if(lt(mod(t,2),1),1,not(mod(n,4)))'" }), plays: 8, always: true },
  { what: 'stamps that are 40 ms off now and then', send: async () => restamped(await clip(), ({ ms }) => ms + (ms % 7 === 0 ? 40 : 0)), plays: 8 },
  { what: 'a clock that passes 2^32 ms', send: async () => restamped(await clip(), ({ ms }) => ms + 2 ** 32 - 4000), plays: 8 },
  { what: 'a clock that jumps an hour ahead', send: async () => restamped(await clip(), ({ ms }) => ms + (ms > 4000 ? HOUR : 0)), plays: 6, breaks: 1, shown: /时间戳跳变/ },
  { what: 'a clock that jumps an hour back', send: async () => restamped(await clip(), ({ ms }) => ms + (ms > 4000 ? 0 : HOUR)), plays: 6, breaks: 1, shown: /时间戳跳变/ },
  { what: 'H.264 in enhanced headers', send: async () => (await clip()).map((tag) => enhanced(tag)), plays: 8 },
  { what: 'H.265 in enhanced headers', send: async () => (await clip()).map((tag) => enhanced(tag, 'hvc1')), refused: /H\.265.*H\.264/, always: true },
  { what: 'AV1 in enhanced headers', send: async () => (await clip()).map((tag) => enhanced(tag, 'av01')), refused: /AV1.*H\.264/ },
  { what: 'VP9 in enhanced headers', send: async () => (await clip()).map((tag) => enhanced(tag, 'vp09')), refused: /VP9.*H\.264/ },
  { what: 'H.265 in the headers of Chinese CDNs', send: async () => (await clip()).map((tag) => (tag.type === VIDEO ? { ...tag, body: Buffer.concat([Buffer.from([(tag.body[0] & 0xf0) | 12]), tag.body.subarray(1)]) } : tag)), refused: /H\.265.*H\.264/ },
  { what: 'several tracks in one stream', send: async () => (await clip()).map((tag) => (tag.type === VIDEO ? { ...tag, body: Buffer.concat([Buffer.from([0x96, 0]), tag.body]) } : tag)), refused: /多轨.*multitrack/ },
  { what: 'MP3 sound', send: () => clip({ sound: ['-c:a', 'libmp3lame', '-ar', '44100'] }), refused: /MP3.*AAC/ },
  { what: 'a configuration of garbage', send: async () => (await clip()).map((tag) => (tag.type === VIDEO && isConfig(tag) ? { ...tag, body: Buffer.concat([tag.body.subarray(0, 5), Buffer.alloc(40, 0xa5)]) } : tag)), only: ['audio'], plays: 6, shown: /无法识别视频编码参数.*H\.264/, always: true },
  { what: 'pictures without a single keyframe', send: async () => (await clip({ seconds: 14 })).filter((tag) => isConfig(tag) || !isKey(tag)), only: ['audio'], plays: 13, shown: /没有收到关键帧.*2 s/ },
  { what: 'the same, and no sound', send: async () => (await clip({ seconds: 9, sound: null })).filter((tag) => isConfig(tag) || !isKey(tag)), waits: /没有收到关键帧.*2 s/ },
  { what: 'a start in the middle of a GOP', send: async () => (await clip({ gop: 90 })).filter((tag) => isConfig(tag) || tag.ms > 1000), plays: 5 },
  { what: 'frames before their configuration', send: async () => restamped(await clip({ seconds: 10 }), ({ ms }) => ms).map((tag) => (isConfig(tag) ? { ...tag, at: 2100 } : tag)).sort((a, b) => a.at - b.at), plays: 5 },
  { what: '10 bits, 4:2:2', send: () => clip({ pixels: 'yuv422p10le', picture: ['-profile:v', 'high422'] }), plays: 8, encoded: true },
  { what: '4:4:4 of odd width and height', send: () => clip({ size: '321x181', pixels: 'yuv444p', picture: ['-profile:v', 'high444'] }), plays: 8, encoded: true },
  { what: 'interlaced pictures', send: () => clip({ size: '320x192', picture: ['-flags', '+ilme+ildct', '-x264opts', 'interlaced=1'] }), plays: 8, encoded: true },
  { what: 'pixels that are not square', send: () => clip({ size: '352x288', filter: 'setsar=16/11' }), plays: 8, size: [352, 288] },
  { what: 'a picture of 64×36', send: () => clip({ size: '64x36' }), plays: 8, size: [64, 36] },
  { what: 'a picture of 322×182', send: () => clip({ size: '322x182' }), plays: 8, size: [322, 182] },
  { what: 'empty frames in between', send: async () => (await clip()).flatMap((tag) => (isConfig(tag) ? [tag] : [{ ...tag, body: tag.body.subarray(0, tag.type === VIDEO ? 5 : 2) }, tag, { ...tag, body: tag.body.subarray(0, 1) }, { ...tag, body: Buffer.alloc(0) }])), plays: 8 },
  { what: 'frames of garbage in between', send: async () => (await clip()).map((tag, i) => (i % 40 === 39 && !isConfig(tag) && !isKey(tag) ? { ...tag, body: Buffer.concat([tag.body.subarray(0, 5), Buffer.alloc(tag.body.length - 5, 0x5a)]) } : tag)), plays: 7, torn: true },
  { what: 'an encoder that says nothing for 5 s', send: async () => slowly(await clip(), 3000), plays: 7, interrupted: true, uneven: true, always: true },
  { what: 'B-frames over SRT', srt: { more: ['-tune', 'film', '-bf', '3'] }, plays: 7 },
  { what: 'no sound over SRT', srt: { audio: false }, plays: 6, sound: 48000 },
  { what: 'MPEG-1 sound over SRT', srt: { more: ['-c:a', 'mp2'] }, plays: 6, shown: /音频.*AAC/ },
];

// ---- what became of it ----

const show = (lecture) => home.api('GET', `/api/v1/classes/${lecture.id}`, { token: master.token, status: 200 });

async function journal(lecture) {
  const text = await readFile(path.join(home.data, 'titles', lecture.title_id, 'journal'), 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1).map((line) => line.split(' '));
}

/** Sends it all; the words the desk showed on the way and the states the class was in. */
async function watchWhile(lecture, sending) {
  const seen = { words: '', states: new Set() };
  let over = false;
  sending.finally(() => (over = true)).catch(() => {});
  while (!over) {
    const { state, trouble } = await show(lecture);
    if (trouble && !seen.words.includes(trouble)) seen.words += `${trouble}\n`;
    seen.states.add(state);
    await wait(200);
  }
  await sending;
  return seen;
}

async function sendOverRtmp(lecture, entry) {
  const tags = await entry.send();
  const encoder = await new RtmpEncoder(`${home.rtmp}/${lecture.publish.key}`).publish();
  assert.match(encoder.said, /NetStream\.Publish\.Start/);
  const seen = await watchWhile(lecture, encoder.play(tags));
  if (entry.refused) await until('the encoder is cut off', () => encoder.closed);
  else assert.equal(encoder.closed, false, `the encoder was cut off: ${encoder.said.slice(-300)}`);
  return { ...seen, encoder, stop: () => encoder.cut() };
}

async function sendOverSrt(lecture, entry) {
  const url = lecture.publish.srt.replace('//localhost', '//127.0.0.1');
  const encoder = publish(url, { format: 'mpegts', size: '320x180', seconds: 9, ...entry.srt });
  const seen = await watchWhile(lecture, encoder.exit);
  return { ...seen, stop: () => encoder.kill() };
}

/** The stretches of one rendition between two inits, each as a file of the bytes a player would get. */
async function stretches(lines, lecture, rendition) {
  const at = path.join(home.data, 'titles', lecture.title_id, rendition);
  const found = [];
  for (const [word, name, n] of lines) {
    if (name !== rendition) continue;
    if (word === 'init') found.push([await readFile(path.join(at, `init-${n}.mp4`))]);
    if (word === 'segment') found.at(-1).push(await readFile(path.join(at, `${n}.m4s`)));
  }
  const files = [];
  for (const one of found.filter((pieces) => pieces.length > 1)) {
    files.push(path.join(folder, `${randomUUID()}.mp4`));
    await writeFile(files.at(-1), Buffer.concat(one));
  }
  return files;
}

async function assertDecodes(file, what) {
  const said = await run('sh', ['-c', 'ffmpeg -v error -i "$0" -vsync passthrough -enc_time_base -1 -f null - 2>&1', file]);
  assert.equal(said, '', what);
}

async function probe(file) {
  const said = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_type,pix_fmt,sample_rate,profile', '-of', 'json', file]);
  return Object.fromEntries(JSON.parse(said).streams.map((one) => [one.codec_type, one]));
}

const seconds = (lines, rendition) => lines.filter(([word, name]) => word === 'part' && name === rendition).reduce((sum, fields) => sum + Number(fields[7]) / 90000, 0);

function described(lines, rendition) {
  const [, , , , width, height, fps] = lines.findLast(([word, name]) => word === 'rendition' && name === rendition);
  return { size: [Number(width), Number(height)], fps: Number(fps) / 1000 };
}

const told = (lines) => lines.map((fields) => fields.join(' ')).join('\n');

function assertLasted(entry, lines, rendition) {
  const lasted = seconds(lines, rendition);
  assert.ok(lasted > entry.plays - 1.2 && lasted < entry.plays + 7, `${rendition} has ${lasted} s:\n${told(lines)}`);
}

async function assertPlays(entry, lecture, seen) {
  const lines = await journal(lecture);
  const renditions = [...new Set(lines.filter(([word]) => word === 'rendition').map(([, name]) => name))];
  const followed = (msn) => lines.some(([word, , n]) => word === 'segment' && Number(n) >= Number(msn));
  const breaks = lines.filter(([word, msn]) => word === 'discontinuity' && followed(msn)).length;
  if (entry.only) assert.deepEqual(renditions, entry.only);
  else assert.ok(renditions.includes('src') && renditions.includes('audio'), `${renditions}`);
  if (!entry.interrupted) assert.equal(breaks, entry.breaks ?? 0, `discontinuities; ${seen.words}\n${told(lines)}`);
  for (const rendition of entry.uneven || entry.only ? ['audio'] : ['src', 'audio']) assertLasted(entry, lines, rendition);
  for (const rendition of renditions)
    for (const [i, file] of (await stretches(lines, lecture, rendition)).entries())
      if (!entry.torn) await assertDecodes(file, `${rendition}, stretch ${i}`);
  await assertLooks(entry, lines, lecture, renditions.includes('src') ? 'src' : 'audio');
}

async function assertLooks(entry, lines, lecture, top) {
  const is = await probe((await stretches(lines, lecture, top)).at(-1));
  if (entry.size) assert.deepEqual(described(lines, top).size, entry.size);
  if (entry.fps) assert.equal(described(lines, top).fps, entry.fps);
  for (const [rung, size] of Object.entries(entry.rungs ?? {})) assert.deepEqual(described(lines, rung).size, size);
  if (entry.encoded) assert.deepEqual([is.video.pix_fmt, is.video.profile], ['yuv420p', 'High']);
  if (entry.sound) assert.equal(Number(is.audio.sample_rate), entry.sound);
}

async function walk(entry) {
  const lecture = await home.classOf(master, entry.what.slice(0, 50));
  const seen = await (entry.srt ? sendOverSrt : sendOverRtmp)(lecture, entry);
  const words = entry.refused ?? entry.waits ?? entry.shown;
  if (words) await until(`the desk says ${words}, not ${seen.words}`, async () => words.test(seen.words + (await show(lecture)).trouble));
  if (entry.refused ?? entry.waits) {
    assert.equal(await home.state(lecture.id), 'waiting');
    assert.ok(!seen.states.has('on_air'));
  } else {
    await wait(300);
    assert.ok(seen.states.has('on_air'), `it was never on air: ${seen.words}`);
    if (entry.interrupted) assert.ok(seen.states.has('interrupted'));
  }
  seen.stop();
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  if (entry.plays) await assertPlays(entry, lecture, seen);
}

const wanted = TABLE.filter((entry) => (process.env.ODD ? process.env.ODD === 'all' || entry.what.includes(process.env.ODD) : entry.always));

test('the table is long enough', () => assert.ok(TABLE.length >= 25));

test('odd streams, side by side', { concurrency: LANES }, async (t) => {
  await Promise.all(wanted.filter((entry) => !entry.alone).map((entry) => t.test(entry.what, () => walk(entry))));
});

test('odd streams that need the machine for themselves', { concurrency: 1 }, async (t) => {
  for (const entry of wanted.filter((one) => one.alone)) await t.test(entry.what, () => walk(entry));
});
