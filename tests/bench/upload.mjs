// Processor time per GB of an upload beside @tus/server with its file store: curl sends the same file to each in turns, in one
// body and in bodies of 8 MB. Ours syncs every byte before it answers and has the SHA-256 of the file at the end; that one does neither.
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { build, freePort, house, until } from '../walks/lib/house.mjs';
import { cpuSeconds, median, peakMegabytes, row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const PAIRS = SHORT ? 2 : 5;
const BLOCK = 8_000_000, BLOCKS = SHORT ? 25 : 125, BYTES = BLOCK * BLOCKS;
const GB = BYTES / 1e9;
const TUS = ['-H', 'Tus-Resumable: 1.0.0'];

/** A file of BYTES that is no media file, and its sum. */
function makeFile(file) {
  const sum = createHash('sha256');
  const fd = openSync(file, 'w');
  const block = randomBytes(BLOCK);
  for (let i = 0; i < BLOCKS; i++) {
    block.writeUInt32LE(i + 1);
    writeSync(fd, block);
    sum.update(block);
  }
  closeSync(fd);
  return sum.digest('hex');
}

function curl(args, input) {
  const ran = spawnSync('curl', ['-sS', '--fail-with-body', ...args], { encoding: 'utf8', input });
  if (ran.status !== 0) throw new Error(`curl: ${ran.stderr} ${ran.stdout}`);
  return ran.stdout;
}

/** Sends the file to a server in bodies of so many bytes; the address of the upload. */
function send(side, file, bodyBytes) {
  const made = curl(['-i', '-X', 'POST', ...TUS, ...side.auth, '-H', `Upload-Length: ${BYTES}`, side.endpoint]);
  const url = new URL(made.match(/location: (\S+)/i)[1], side.endpoint).href;
  const patch = ['-X', 'PATCH', ...TUS, ...side.auth, '-H', 'Content-Type: application/offset+octet-stream', '-o', '/dev/null'];
  if (bodyBytes === BYTES) {
    curl([...patch, '-H', 'Upload-Offset: 0', '-T', file, url]);
    return url;
  }
  const fd = openSync(file), piece = Buffer.alloc(bodyBytes);
  for (let at = 0; at < BYTES; at += bodyBytes) {
    readSync(fd, piece, 0, bodyBytes, at);
    curl([...patch, '-H', `Upload-Offset: ${at}`, '--data-binary', '@-', url], piece);
  }
  closeSync(fd);
  return url;
}

async function startOurs() {
  const home = await house('--srt-port', '-1'); // it polls: that is the price of another door
  const staff = await home.person('wang', 'staff');
  const auth = ['-H', `Authorization: Bearer ${staff.token}`];
  const complete = async (sum) => {
    const find = async () => (await home.api('GET', '/api/v1/assets', { token: staff.token })).assets.filter((is) => is.sha256 === sum).length;
    const known = side.known;
    await until('the upload is complete', async () => (side.known = await find()) > known, 120_000);
  };
  const side = { pid: home.process.pid, endpoint: `${home.url}/files/`, auth, known: 0, complete, stop: () => home.stop() };
  return side;
}

async function startTheirs(folder) {
  const port = await freePort();
  await mkdir(folder);
  const child = spawn('node', [new URL('tus_server.mjs', import.meta.url).pathname, port, folder], { stdio: 'inherit' });
  const endpoint = `http://127.0.0.1:${port}/files`;
  await until('@tus/server answers', () => fetch(endpoint, { method: 'OPTIONS' }).then((is) => is.ok, () => false));
  const complete = async (sum, url) => void curl(['-X', 'DELETE', ...TUS, url]);
  return { pid: child.pid, endpoint, auth: [], complete, stop: () => child.kill() };
}

/** { cpu: seconds per GB, wall: seconds } of one upload, all of it. */
async function measure(side, file, sum, bodyBytes) {
  const cpu = cpuSeconds(side.pid), began = performance.now();
  const url = send(side, file, bodyBytes);
  const wall = (performance.now() - began) / 1000;
  await side.complete(sum, url);
  return { cpu: (cpuSeconds(side.pid) - cpu) / GB, wall };
}

async function compare(what, sides, file, sum, bodyBytes, wanted) {
  const pairs = [];
  for (let i = 0; i < PAIRS; i++) {
    const order = i % 2 ? [1, 0] : [0, 1];
    const pair = [];
    for (const which of order) pair[which] = await measure(sides[which], file, sum, bodyBytes);
    pairs.push(pair);
  }
  const [ours, theirs] = [0, 1].map((which) => ({ cpu: median(pairs.map((pair) => pair[which].cpu)), wall: median(pairs.map((pair) => pair[which].wall)) }));
  const words = ({ cpu, wall }) => `${cpu.toFixed(2)} s CPU a GB, ${((GB * 1000) / wall).toFixed(0)} MB/s`;
  row(what, words(ours), `@tus/server ${words(theirs)}`, median(pairs.map(([a, b]) => a.cpu / b.cpu)), wanted);
}

process.env.TMPDIR = build; // both sides on the same disk
const folder = await mkdtemp(path.join(build, 'upload-')); // on a disk: a temporary folder may be memory
const file = path.join(folder, 'film');
const sum = makeFile(file);
const sides = [await startOurs(), await startTheirs(path.join(folder, 'theirs'))];
try {
  await compare(`upload of ${GB.toFixed(1)} GB in one body, synced, with its SHA-256`, sides, file, sum, BYTES, 0.5);
  await compare('the same in bodies of 8 MB', sides, file, sum, BLOCK, 0.5);
  row('memory at its highest', `${peakMegabytes(sides[0].pid).toFixed(0)} MB`, `@tus/server ${peakMegabytes(sides[1].pid).toFixed(0)} MB`);
} finally {
  for (const side of sides) await side.stop();
  await rm(folder, { recursive: true, force: true });
}
