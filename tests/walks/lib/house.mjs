// A real server on ports and a data directory of its own, and the words to talk to it.
import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate } from '../openapi.mjs';

export const top = fileURLToPath(new URL('../../..', import.meta.url));
export const build = process.env.JIANGTANG_BUILD ?? path.join(top, 'build');
const SANITIZER = /ERROR: (Address|Leak|Thread)Sanitizer|runtime error:/;

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until the answer is true-ish; fails with the sentence after the deadline, and with what `seen` says of it. */
export async function until(what, ask, deadlineMs = 120_000, seen = () => '') {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) assert.fail(`not within ${deadlineMs} ms: ${what} ${await seen()}`.trim());
    await wait(50);
  }
}

/** Two free ports of this machine, for a server that must keep them over a restart. */
export async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

/** The same for UDP. */
async function freeUdpPort() {
  const probe = createSocket('udp4');
  await new Promise((done) => probe.bind(0, '127.0.0.1', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

/** What a process has open; nothing when it is gone. */
async function openFiles(pid) {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
}

export class House {
  constructor(data, ports, extra) {
    const { port, rtmpPort } = ports;
    Object.assign(this, { data, ...ports, extra, log: [], said: '' });
    this.url = `http://localhost:${port}`;
    this.rtmp = `rtmp://127.0.0.1:${rtmpPort}/live`;
  }

  /** Starts the process and waits until it listens. */
  async start() {
    const args = ['serve', '--data', this.data, '--bind', '127.0.0.1', '--port', String(this.port)];
    args.push('--rtmp-port', String(this.rtmpPort), '--srt-port', String(this.srtPort), '--whip-port', '0', ...this.extra);
    const known = this.log.length;
    const before = this.log.length; // a restart is not heard by what the last process said
    const child = spawn(path.join(build, 'jiangtang'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    this.exit = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
    child.stdout.on('data', (bytes) => (this.said += bytes));
    child.stderr.on('data', (bytes) => this.log.push(...String(bytes).split('\n').filter(Boolean)));
    let over = false;
    this.killed = false;
    this.exit.then(({ code, signal }) => {
      over = true;
      if (!this.killed) process.stderr.write(`the server is gone: ${code} ${signal}\n${this.log.slice(-80).join('\n')}\n`);
    });
    await until('the server listens', () => over || this.log.slice(known).some((line) => line.includes('listening:')), 30_000);
    if (over) assert.fail(`the server did not start:\n${this.log.join('\n')}`);
    return this;
  }

  /** The hard death: nothing is flushed, nothing is told. */
  async kill() {
    this.killed = true;
    this.process.kill('SIGKILL');
    await this.exit;
  }

  async restart() {
    await this.start();
  }

  /** An orderly end; a sanitizer's report or a wrong exit code fails the walk. */
  async stop() {
    this.killed = true;
    this.process.kill('SIGTERM');
    const late = setTimeout(() => this.process.kill('SIGKILL'), 30_000);
    const { code, signal } = await this.exit;
    clearTimeout(late);
    const reports = this.log.findIndex((line) => SANITIZER.test(line));
    assert.equal(reports, -1, reports < 0 ? '' : this.log.slice(reports, reports + 60).join('\n'));
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, this.log.slice(-40).join('\n'));
    if (!this.keep) await rm(this.data, { recursive: true, force: true });
  }

  /** One API call; its answer is checked against openapi.json. */
  async api(method, pathname, { body, token, headers = {}, status } = {}) {
    const response = await fetch(this.url + pathname, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        connection: 'close', // a kept one may be to a server that was killed meanwhile
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const json = text && /json/.test(response.headers.get('content-type')) ? JSON.parse(text) : null;
    validate(method, pathname.split('?')[0], response.status, text ? json : undefined);
    if (status) assert.equal(response.status, status, `${method} ${pathname}: ${text}`);
    return Object.assign(json ?? {}, { $status: response.status, $headers: response.headers });
  }

  /** A person made by the command line, signed in: { token, person }. */
  async person(login, role, name = login) {
    const password = `${login}-password`;
    const args = ['person', 'add', '--data', this.data, '--login', login, '--name', name, '--role', role];
    await command([...args, '--password-stdin'], password + '\n');
    return this.api('POST', '/api/v1/session', { body: { login, password }, status: 200 });
  }

  /** A class of this master: its JSON with publish.key. */
  async classOf(master, title = '焊条角度', more = {}) {
    return this.api('POST', '/api/v1/classes', { token: master.token, body: { title, ...more }, status: 201 });
  }

  /** A course as masters come by one: drafted, given its lessons by `fill`, published by staff. */
  async courseOf(master, staff, body, fill) {
    const { id } = await this.api('POST', '/api/v1/courses', { token: master.token, body, status: 201 });
    await fill(id);
    await this.api('POST', `/api/v1/courses/${id}/publish`, { token: staff.token, body: { note: '首版' }, status: 200 });
    return this.api('GET', `/api/v1/courses/${id}`, { status: 200 });
  }

  async state(id) {
    return (await this.api('GET', `/api/v1/classes/${id}`, { status: 200 })).state;
  }

  async untilState(id, state, deadlineMs = 90_000) {
    await until(`class ${id} is ${state}`, async () => (await this.state(id)) === state, deadlineMs);
  }

  /** Process ids of all workers this server has now: also of receivers, and of those that stand by. */
  async crew() {
    const pids = await run('pgrep', ['-P', String(this.process.pid), '-f', 'jiangtang-worker']).catch(() => '');
    return pids.trim().split('\n').filter(Boolean).map(Number);
  }

  /** Of those that write a title. */
  async workers() {
    const crew = await this.crew();
    const open = await Promise.all(crew.map((pid) => openFiles(pid)));
    return crew.filter((_, i) => open[i].some((file) => file.includes('/titles/')));
  }
}

export function run(file, args, { input, env } = {}) {
  return new Promise((done, fail) => {
    const child = execFile(file, args, { maxBuffer: 64 << 20, env: env ?? process.env }, (error, out, err) =>
      error ? fail(Object.assign(error, { out, err })) : done(out),
    );
    if (input !== undefined) child.stdin.end(input);
  });
}

export const command = (args, input) => run(path.join(build, 'jiangtang'), args, { input });

export const freePorts = async () => ({ port: await freePort(), rtmpPort: await freePort(), srtPort: await freeUdpPort() });

/** A running server of its own; the caller stops it. */
export async function house(...extra) {
  const data = await mkdtemp(path.join(tmpdir(), 'jiangtang-walk-'));
  return new House(data, await freePorts(), extra).start();
}
