// What people bring: files of every kind, through the real worker. Each is either a lesson with the facts that are told here, or refused
// with its code. Whatever it is, the worker ends by itself and says why.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, appendFile, copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { lesson, probe, readTitle } from './lib/worker.mjs';

const run = promisify(execFile);
const ffmpeg = (...args) => run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...args], { maxBuffer: 1 << 26 });
const DURATION_SLACK_MS = 120;

// ---- how they are made ----

const picture = (size = '320x180', rate = 25) => ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`];
const sound = (more = '') => ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000${more}`];
const seconds = (s = 1.6) => ['-t', String(s)];
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25'];
const aac = ['-c:a', 'aac', '-b:a', '64k'];
/** Picture and sound with these arguments. */
const film = (...args) => (file) => ffmpeg(...picture(), ...sound(), ...seconds(), ...args, file);
const plain = film(...x264, ...aac);
const bytes = (content) => (file) => writeFile(file, content);
const still = (codec) => (file) => ffmpeg(...picture('800x600'), '-frames:v', '1', '-c:v', codec, '-f', 'image2', file);

/** A picture that stands on its side, with the matrix that turns it upright. */
const turned = (degrees) => async (file) => {
  await plain(`${file}.mp4`);
  await ffmpeg('-i', `${file}.mp4`, '-c', 'copy', '-metadata:s:v', `rotate=${degrees}`, file);
};

/** What is left when a copy stops on the way: of a file with its index in front, or behind. */
const cut = (share, ...flags) => async (file) => {
  await ffmpeg(...picture(), ...sound(), ...seconds(8), ...x264, ...aac, ...flags, file);
  await truncate(file, Math.floor((await stat(file)).size * share));
};

const FAST = ['-movflags', '+faststart'];

// ---- the table: name, how it is made, what it must be ----

/** `is`: facts that must be so; `rungs`: of the title; `copied`: src is the file's own picture. */
const accepted = [
  ['usual.mp4', plain, { is: { container: 'mp4' }, video: { codec: 'h264', width: 320, height: 180, copyable: true }, rungs: 'src audio' }],
  ['faststart.mp4', film(...x264, ...aac, ...FAST), { video: { copyable: true }, rungs: 'src audio' }],
  ['fragmented.mp4', film(...x264, ...aac, '-movflags', 'frag_keyframe+empty_moov'), { video: { codec: 'h264' } }],
  ['usual.mkv', plain, { is: { container: 'matroska' }, video: { copyable: true } }],
  ['usual.mov', plain, { is: { container: 'mov' } }],
  ['usual.flv', plain, { is: { container: 'flv' } }],
  ['usual.ts', plain, { is: { container: 'mpegts' }, video: { copyable: false }, rungs: '180p audio' }],
  ['phone.3gp', (file) => ffmpeg(...picture('176x144', 15), ...sound(), ...seconds(), '-c:v', 'h263', ...aac, file), { video: { codec: 'h263' }, rungs: '144p audio' }],
  ['xvid.avi', film('-c:v', 'mpeg4', '-vtag', 'XVID', '-bf', '2', '-c:a', 'libmp3lame'), { is: { container: 'avi' }, video: { codec: 'mpeg4' }, audio: { codec: 'mp3' } }],
  ['mjpeg.avi', film('-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-c:a', 'pcm_s16le'), { video: { codec: 'mjpeg' } }],
  ['old.wmv', film('-c:v', 'wmv2', '-c:a', 'wmav2'), { is: { container: 'asf' } }],
  ['dvd.mpg', film('-c:v', 'mpeg2video', '-c:a', 'mp2'), { is: { container: 'mpeg' }, video: { codec: 'mpeg2video' } }],
  ['hevc.mp4', film('-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error', '-tag:v', 'hvc1', ...aac), { video: { codec: 'hevc', copyable: false }, rungs: '180p audio' }],
  ['vp9.webm', film('-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'), { video: { codec: 'vp9' }, audio: { codec: 'opus' } }],
  ['vp8.webm', film('-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libvorbis'), { video: { codec: 'vp8' }, audio: { codec: 'vorbis' } }],
  ['av1.mp4', film('-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime', ...aac), { video: { codec: 'av1' } }],
  ['prores.mov', film('-c:v', 'prores_ks', '-c:a', 'pcm_s24le'), { video: { codec: 'prores', chroma: '4:2:2', bit_depth: 10 } }],
  ['animation.mov', film('-c:v', 'qtrle', '-pix_fmt', 'rgb24', ...aac), { video: { chroma: 'rgb' } }],
  ['moving.gif', (file) => ffmpeg(...picture('160x90', 10), ...seconds(), file), { is: { container: 'gif' }, audio: null, rungs: '90p' }],
  ['ten_bits.mp4', film('-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', ...aac), { video: { bit_depth: 10, copyable: false } }],
  ['422.mkv', film('-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv422p', ...aac), { video: { chroma: '4:2:2', copyable: false } }],
  ['444.mkv', film('-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p', ...aac), { video: { chroma: '4:4:4', copyable: false } }],
  ['hdr.mkv', film('-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', '-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace',
    'bt2020nc', '-x265-params', 'log-level=error', ...aac), { video: { hdr: true, bit_depth: 10 } }],
  ['hdr-primaries-unnamed.mkv', film('-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', '-color_trc', 'smpte2084', '-colorspace',
    'bt2020nc', '-x265-params', 'log-level=error', ...aac), { video: { hdr: true, bit_depth: 10 } }],
  ['fields.mkv', film('-vf', 'tinterlace=interleave_top', '-c:v', 'libx264', '-preset', 'ultrafast', '-flags', '+ildct+ilme', '-x264opts', 'tff=1', '-pix_fmt', 'yuv420p', ...aac),
    { video: { interlaced: true, copyable: false } }],
  ['vfr.mp4', film('-vf', "select='not(mod(n,3))+lt(n,12)'", '-vsync', 'vfr', ...x264, ...aac), { video: { vfr: true } }],
  ['surround.mp4', film(...x264, '-c:a', 'aac', '-ac', '6'), { audio: { channels: 6 } }],
  ['telephone.mp4', film(...x264, '-c:a', 'aac', '-ar', '8000', '-ac', '1', '-b:a', '12k'), { audio: { rate: 8000, channels: 1 } }],
  ['turned_90.mp4', turned(90), { video: { width: 180, height: 320, copyable: false }, shape: [180, 320] }],
  ['turned_180.mp4', turned(180), { video: { width: 320, height: 180, rotation: 180 } }],
  ['turned_270.mp4', turned(270), { video: { width: 180, height: 320 }, shape: [180, 320] }],
  ['upright.mp4', (file) => ffmpeg(...picture('202x360'), ...sound(), ...seconds(), ...x264, ...aac, file), { video: { width: 202, height: 360, copyable: true }, shape: [202, 360] }],
  ['fast.mp4', (file) => ffmpeg(...picture('320x180', 120), ...sound(), ...seconds(), '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error', ...aac, file),
    { video: { fps_milli: 120000 }, fps: 30000 }],
  ['slow.mkv', (file) => ffmpeg(...picture('320x180', 2), ...sound(), ...seconds(5), '-c:v', 'ffv1', ...aac, file), { video: { codec: 'ffv1', fps_milli: 2000 } }],
  ['large.mp4', (file) => ffmpeg(...picture('3840x2160', 10), ...sound(), ...seconds(0.8), ...x264, ...aac, file),
    { video: { width: 3840, height: 2160, copyable: false }, rungs: '1080p 720p 480p 360p 180p audio', shape: [1920, 1080] }],
  ['odd_sides.mkv', (file) => ffmpeg(...picture(), ...sound(), ...seconds(), '-vf', 'scale=321:179,setsar=1', '-c:v', 'ffv1', '-pix_fmt', 'yuv444p', ...aac, file), { video: { width: 321, height: 179 } }],
  ['wide_pixels.mp4', film('-vf', 'scale=240:180,setsar=4/3', ...x264, ...aac), { video: { width: 320, height: 180, copyable: false }, shape: [320, 180] }],
  ['silent.mp4', (file) => ffmpeg(...picture(), ...seconds(), ...x264, file), { audio: null, rungs: 'src' }],
  ['quiet.mp4', film(...x264, '-af', 'volume=-20dB', ...aac), { louder: true }],
  ['two_languages.mkv', (file) => ffmpeg(...picture(), ...sound(), ...sound(':duration=2'), ...seconds(), '-map', '0', '-map', '1', '-map', '2', ...x264, ...aac, file), { audio: { tracks: 2 } }],
  ['subtitled.mkv', async (file) => {
    await writeFile(`${file}.srt`, '1\n00:00:00,000 --> 00:00:01,000\n第一句\n');
    await ffmpeg(...picture(), ...sound(), '-i', `${file}.srt`, ...seconds(), '-map', '0', '-map', '1', '-map', '2', ...x264, ...aac, '-c:s', 'srt', file);
  }, { video: { codec: 'h264' } }],
  ['lesson.mp3', (file) => ffmpeg(...sound(), ...seconds(), '-c:a', 'libmp3lame', file), { video: null, audio: { codec: 'mp3' }, rungs: 'sound audio' }],
  ['covered.mp3', async (file) => {
    await still('mjpeg')(`${file}.jpg`);
    await ffmpeg(...sound(), '-i', `${file}.jpg`, ...seconds(), '-map', '0', '-map', '1', '-c:a', 'libmp3lame', '-disposition:v', 'attached_pic', '-c:v', 'copy', file);
  }, { video: null, rungs: 'sound audio' }],
  ['lesson.m4a', (file) => ffmpeg(...sound(), ...seconds(), ...aac, file), { video: null, rungs: 'sound audio' }],
  ['lesson.wav', (file) => ffmpeg(...sound(), ...seconds(), '-c:a', 'pcm_s24le', '-ac', '1', file), { audio: { channels: 1 }, rungs: 'sound audio' }],
  ['lesson.flac', (file) => ffmpeg(...sound(), ...seconds(), file), { audio: { codec: 'flac' }, rungs: 'sound audio' }],
  ['lesson.ogg', (file) => ffmpeg(...sound(), ...seconds(), '-c:a', 'libvorbis', file), { is: { container: 'ogg' }, rungs: 'sound audio' }],
  ['music.mp4', (file) => ffmpeg(...sound(), ...seconds(), ...aac, file), { video: null }],
  ['blink.wav', (file) => ffmpeg(...sound(), ...seconds(0.05), file), { rungs: 'sound audio' }],
  ['shifted.ts', film(...x264, ...aac, '-output_ts_offset', '3600'), { video: { codec: 'h264' } }],
  ['below_zero.mkv', (file) => ffmpeg('-itsoffset', '-0.5', ...picture(), ...sound(), ...seconds(), ...x264, ...aac, '-avoid_negative_ts', 'disabled', file), { video: { codec: 'h264' } }],
  ['late_picture.mkv', (file) => ffmpeg('-itsoffset', '0.8', ...picture(), ...sound(), ...seconds(2.4), ...x264, ...aac, file), { video: { copyable: false } }],
  ['edit_list.mp4', async (file) => {
    await plain(`${file}.mp4`);
    await ffmpeg('-ss', '0.4', '-i', `${file}.mp4`, '-c', 'copy', file);
  }, { video: { codec: 'h264' } }],
  ['spoken_picture.mp4', async (file) => {
    await still('png')(`${file}.png`);
    await ffmpeg('-i', `${file}.png`, ...sound(), ...seconds(), '-map', '0', '-map', '1', '-vf', 'scale=320:180,setsar=1', ...x264, ...aac, file);
  }, { video: { width: 320 } }],
  ['sound_longer.mkv', (file) => ffmpeg(...picture(), ...sound(':duration=5'), '-filter_complex', '[0:v]trim=duration=1[v]', '-map', '[v]', '-map', '1:a', ...x264, ...aac, file), { video: { copyable: false } }],
  ['broken_inside.ts', async (file) => {
    await film('-c:v', 'mpeg2video', '-c:a', 'mp2')(file);
    const all = await readFile(file);
    all.fill(0x55, Math.floor(all.length * 0.4), Math.floor(all.length * 0.5));
    await writeFile(file, all);
  }, { video: { codec: 'mpeg2video' }, damaged: true }],
  ['garbage_behind.mp4', async (file) => {
    await plain(file);
    await appendFile(file, Buffer.alloc(50_000, 0xa5));
  }, { video: { copyable: true } }],
  ['第一课 焊接（上）.mp4', plain, { rungs: 'src audio' }],
  ['no_ending', async (file) => {
    await plain(`${file}.mkv`);
    await copyFile(`${file}.mkv`, file);
  }, { is: { container: 'matroska' } }],
];

const refused = [
  ['zero.mp4', bytes(''), 'empty', /0 bytes/],
  ['letter.mp4', bytes('Dear sir, here is the lesson.\n'.repeat(50)), 'not_media', /text/],
  ['letter_gb.mp4', bytes(Buffer.concat([Buffer.from('welding \xb5\xda\xd2\xbb\xbf\xce lesson ', 'latin1')])), 'not_media', /text/],
  ['list.m3u8', bytes('#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n/etc/passwd\n#EXT-X-ENDLIST\n'), 'not_media', /text/],
  ['concat.mp4', bytes("ffconcat version 1.0\nfile '/etc/passwd'\n"), 'not_media', /text/],
  ['paper.mp4', bytes('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n'), 'not_media', /PDF/],
  ['slides.pptx', bytes(Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(3000)])), 'not_media', /Office/],
  ['picture.mp4', still('png'), 'image', /PNG image 800 x 600/],
  ['photo.mp4', still('mjpeg'), 'image', /JPEG image 800 x 600/],
  ['single.gif', (file) => ffmpeg(...picture('160x90'), '-frames:v', '1', file), 'image', /160 x 90/],
  ['one_picture.mp4', (file) => ffmpeg(...picture(), '-frames:v', '1', ...x264, file), 'image', /one picture/],
  ['noise.mp4', bytes(Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 2654435761) >>> ((i % 3) * 8)))), 'not_media', /./],
  ['locked.mp4', film(...x264, ...aac, '-encryption_scheme', 'cenc-aes-ctr', '-encryption_key', '76a6c65c5ea762046bd749a2e632ccbb', '-encryption_kid',
    'a7e61c373e219033c21091fa607bf3b8'), 'encrypted', /key/],
  ['half_fast.mp4', cut(0.5, ...FAST), 'truncated', /s of 8/],
  ['half.mp4', cut(0.5), 'truncated', /MB are here/],
  ['half.mkv', cut(0.5), 'truncated', /s of 8/],
  ['words_only.mkv', async (file) => {
    await writeFile(`${file}.srt`, '1\n00:00:00,000 --> 00:00:01,000\nwords\n');
    await ffmpeg('-i', `${file}.srt`, '-c:s', 'srt', file);
  }, 'no_streams', /neither/],
  ['unknown_codec.avi', async (file) => {
    await film('-c:v', 'mpeg4', '-c:a', 'pcm_s16le')(file);
    const all = await readFile(file);
    for (let at = all.indexOf('FMP4'); at >= 0; at = all.indexOf('FMP4', at)) all.write('QQQQ', at);
    await writeFile(file, all);
  }, 'unsupported_codec', /./],
  ['giant.mkv', (file) => ffmpeg('-f', 'lavfi', '-i', 'color=size=8256x64:rate=5', '-t', '0.4', '-c:v', 'ffv1', file), 'too_large_picture', /8256/],
];

// ---- what must be ----

const folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-files-'));
after(() => rm(folder, { recursive: true, force: true }));

/** One rendition as one file, and what ffprobe says of it. */
async function played(title, rendition, damaged) {
  const file = path.join(title.dir, `${rendition.name}.whole.mp4`);
  for (const [i, part] of [`init-0.mp4`, ...rendition.segments.map((is) => `${is.msn}.m4s`)].entries())
    await pipeline(createReadStream(path.join(title.dir, rendition.name, part)), createWriteStream(file, { flags: i ? 'a' : 'w' }));
  const { stderr } = await run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', '-i', file, '-f', 'null', '-']);
  if (!damaged) assert.equal(stderr, '', `${rendition.name} decodes without a word`);
  const { stdout } = await run('ffprobe', ['-v', 'error', '-count_packets', '-show_entries', 'stream=codec_type,codec_name,width,height,nb_read_packets,r_frame_rate', '-of', 'json', file]);
  return JSON.parse(stdout).streams;
}

function checkAligned(title) {
  const guide = title.renditions[0];
  for (const other of title.renditions) {
    assert.equal(other.segments.length, guide.segments.length, `${other.name} has as many segments as ${guide.name}`);
    assert.deepEqual(other.segments.map(({ msn, start, duration }) => [msn, start, duration]), guide.segments.map(({ msn, start, duration }) => [msn, start, duration]));
  }
}

async function checkLesson(file, facts, want) {
  const dir = path.join(folder, `${path.basename(file)}.title`);
  const ended = await lesson(file, dir, facts).ended;
  assert.deepEqual([ended.code, ended.signal, ended.done, ended.failed], [0, null, true, null], ended.stderr);
  assert.doesNotMatch(ended.stderr, /ERROR: \w+Sanitizer|runtime error:/);
  const title = await readTitle(dir);
  assert.ok(title.ended);
  checkAligned(title);
  if (want.rungs) assert.deepEqual(new Set(title.renditions.map((is) => is.name)), new Set(want.rungs.split(' ')));
  if (!want.damaged) assert.ok(Math.abs(title.duration_ms - facts.duration_ms) <= DURATION_SLACK_MS, `${title.duration_ms} ms of ${facts.duration_ms}`);
  const byHeight = title.renditions.toSorted((a, b) => b.height - a.height);
  for (const rendition of new Set([byHeight[0], byHeight.at(-1)])) {
    const streams = await played(title, rendition, want.damaged);
    assert.equal(streams.some((is) => is.codec_type === 'audio'), true, 'there is always sound, be it silence');
    const video = streams.find((is) => is.codec_type === 'video');
    assert.equal(video !== undefined, rendition.height > 0);
    if (video) assert.deepEqual([video.width, video.height], [rendition.width, rendition.height]);
  }
  if (want.shape) assert.deepEqual([byHeight[0].width, byHeight[0].height], want.shape);
  if (want.fps) assert.equal(byHeight[0].fps_milli, want.fps);
  await access(path.join(dir, facts.video ? 'poster.jpg' : 'wave.json'));
}

const dir = (name) => path.join(folder, name);

describe('files people bring become lessons', { concurrency: 2 }, () => {
  for (const [name, make, want] of accepted)
    test(name, { timeout: 120_000 }, async () => {
      await make(dir(name));
      const facts = await probe(dir(name));
      assert.equal(facts.refused, null, JSON.stringify(facts.refused));
      assert.ok(facts.measured && facts.duration_ms > 0);
      for (const [field, value] of Object.entries(want.is ?? {})) assert.equal(facts[field], value, field);
      for (const side of ['video', 'audio']) {
        if (want[side] === null) assert.equal(facts[side], null);
        for (const [field, value] of Object.entries(want[side] ?? {})) assert.equal(facts[side]?.[field], value, `${side}.${field}`);
      }
      if (want.louder) assert.ok(facts.audio.gain_db > 10, `${facts.audio.gain_db} dB`);
      await checkLesson(dir(name), facts, want);
    });
});

describe('files that cannot become lessons are refused with what was found', { concurrency: 2 }, () => {
  for (const [name, make, code, found] of refused)
    test(`${name} is ${code}`, { timeout: 60_000 }, async () => {
      await make(dir(name));
      const facts = await probe(dir(name));
      assert.equal(facts.refused?.code, code, JSON.stringify(facts));
      assert.match(facts.refused.found, found);
    });
});
