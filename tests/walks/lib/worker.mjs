// The worker by itself, without a server: a job goes down its line (a socket as descriptor 3, as media/wire tells), and what it says comes back.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from './house.mjs';

const VERSION = 2;
const KIND = { JOB: 1, LEAVE: 4, FINISH: 5 };
const SAID = { 64: 'ready', 65: 'bell', 66: 'note', 67: 'done', 68: 'failed', 69: 'progress', 70: 'gauge', 71: 'probed', 72: 'later' };
const TASK = { title: 0, probe: 1, lesson: 2 };
const SOURCE_FILE = 1;
/** The head of a lesson's title, as media/wire/wire.h has it. */
export const LESSON = { part: 360000, segment: 360000, target_s: 11 };

function message(kind, body = Buffer.alloc(0)) {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(body.length, 0);
  head[4] = kind;
  head[5] = VERSION;
  return Buffer.concat([head, body]);
}

function number(value, bytes) {
  const out = Buffer.alloc(8);
  out.writeBigInt64LE(BigInt(value));
  return out.subarray(0, bytes);
}

function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length, 2), bytes]);
}

/** A WIRE_JOB about a file. */
function jobOf(task, file, { title = '', length_ms = 0, gain_mdb = 0, may_copy = false, lines_max = 0 } = {}) {
  return message(KIND.JOB, Buffer.concat([
    number(SOURCE_FILE, 1), number(TASK[task], 1), text(title), text(file), text(''), number(length_ms, 8), number(LESSON.part, 4),
    number(LESSON.segment, 4), number(LESSON.target_s, 4), number(1700000000000, 8), number(0, 8), number(lines_max, 4), number(gain_mdb, 4),
    number(may_copy ? 1 : 0, 1), number(0, 1),
  ]));
}

/** Calls `hear(kind, body)` for every whole message. */
function reader(hear) {
  let kept = Buffer.alloc(0);
  return (bytes) => {
    kept = Buffer.concat([kept, bytes]);
    while (kept.length >= 8 && kept.length >= 8 + kept.readUInt32LE(0)) {
      const size = kept.readUInt32LE(0);
      hear(SAID[kept[4]] ?? `kind ${kept[4]}`, kept.subarray(8, 8 + size));
      kept = kept.subarray(8 + size);
    }
  };
}

/**
 * Starts a worker on a file. `ended` gives {code, signal, done, failed, probed, notes, progress_ms, bells, stderr};
 * `leave()` asks it to stop, `kill()` does not ask; `is` is the same as far as it is known, `on` is called after each message.
 */
export function startWorker(task, file, { on, ...options } = {}) {
  const is = { done: false, failed: null, probed: null, notes: [], progress_ms: 0, bells: 0, stderr: '' };
  const child = spawn(path.join(build, 'jiangtang-worker'), [], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const line = child.stdio[3];
  const hear = {
    done: () => (is.done = true),
    bell: () => is.bells++,
    failed: (body) => (is.failed = body.toString()),
    note: (body) => is.notes.push(body.toString()),
    progress: (body) => (is.progress_ms = Number(body.readBigInt64LE())),
    probed: (body) => (is.probed = JSON.parse(body.toString())),
  };
  child.stderr.on('data', (bytes) => (is.stderr += bytes));
  line.on('error', () => {});
  line.on('data', reader((kind, body) => {
    hear[kind]?.(body);
    on?.(kind, is);
  }));
  line.write(jobOf(task, file, options));
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ ...is, code, signal })));
  return { pid: child.pid, is, ended, leave: () => line.write(message(KIND.LEAVE)), kill: () => child.kill('SIGKILL') };
}

/** What the worker says a file is. */
export async function probe(file) {
  const ended = await startWorker('probe', file).ended;
  if (ended.code !== 0 || !ended.probed) throw new Error(`probe of ${file}: exit ${ended.code} ${ended.signal}, ${ended.failed} ${ended.stderr}`);
  return ended.probed;
}

/** Makes a lesson of a file that was probed. */
export const lesson = (file, title, facts, more = {}) => startWorker('lesson', file, {
  title, length_ms: facts.duration_ms, gain_mdb: Math.round((facts.audio?.gain_db ?? 0) * 1000), may_copy: facts.video?.copyable ?? false, ...more });

/** What a title's journal says: its renditions with their segments, and whether it has ended. */
export async function readTitle(dir) {
  const title = { dir, renditions: [], ended: false, duration_ms: 0 };
  const find = (name) => title.renditions.find((is) => is.name === name);
  for (const line of (await readFile(path.join(dir, 'journal'), 'utf8')).split('\n')) {
    const [kind, name, ...rest] = line.split(' ');
    if (kind === 'rendition' && !find(name))
      title.renditions.push({ name, kind: rest[0], codecs: rest[1], width: Number(rest[2]), height: Number(rest[3]), fps_milli: Number(rest[4]), inits: 0, segments: [] });
    if (kind === 'init') find(name).inits++;
    if (kind === 'segment') find(name).segments.push({ msn: Number(rest[0]), start: Number(rest[1]), duration: Number(rest[2]), bytes: Number(rest[3]) });
    if (kind === 'gap') find(name).gaps = (find(name).gaps ?? 0) + 1;
    if (kind === 'discontinuity') title.discontinuities = (title.discontinuities ?? 0) + 1;
    if (kind === 'end') Object.assign(title, { ended: true, duration_ms: Number(name) / 90 });
  }
  return title;
}
