// The catalogue over 1,000 courses with 100,000 lessons: how long its pages take through the real server, one after another as
// a reader asks them, and four at a time. Processor time holds on a busy machine, too.
import { mkdtemp, stat } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, run, House, freePorts } from '../walks/lib/house.mjs';
import { cpuSeconds, peakMegabytes, row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const COURSES = SHORT ? 200 : 1000, LESSONS = 100, ROUNDS = SHORT ? 5 : 25, WANTED_MS = 20;

/** Names of groups, and what is asked in each. */
const groups = {
  'pages by filters': ['', 'sort=hours', 'occupation=6', 'occupation=4-10', 'occupation=2022%3A6-18-02-04', 'level=5', 'tag=urgent', 'tag=%E5%B9%B3%E8%A7%92%E7%84%8A', 'free=1', 'facets=1', 'level=4&tag=mass&occupation=6'],
  'Chinese words': ['焊', '第', '焊工', '养老护理', '安全生产', '第 12 讲', '电工基础 调试', '师傅示范', '果树栽培考前复习', '没有的词', '赵铁柱'].map((q) => `q=${encodeURIComponent(q)}`),
  'pinyin and initials': ['h', 'hg', 'dg', 'ylhl', 'aqsc', 'han', 'hangong', 'yanglaohuli', 'anquanshengchan', 'zhaotiezhu', 'ztz', 'zzzz'].map((q) => `q=${q}`),
};

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** Milliseconds of one page. */
function ask(home, agent, query) {
  const began = performance.now();
  return new Promise((done, fail) =>
    get(`${home.url}/api/v1/catalogue?${query}`, { agent }, (response) => {
      if (response.statusCode !== 200) fail(new Error(`${query}: ${response.statusCode}`));
      response.resume().on('end', () => done(performance.now() - began));
    }).on('error', fail));
}

async function measure(home, name, queries, lanes) {
  const agent = new Agent({ keepAlive: true, maxSockets: lanes }), took = [];
  for (const query of queries) await ask(home, agent, query); // pages of the file into memory
  const todo = Array.from({ length: ROUNDS }, () => queries).flat();
  const lane = async () => {
    for (let query; (query = todo.pop()) !== undefined; ) took.push([await ask(home, agent, query), query]);
  };
  const before = cpuSeconds(home.process.pid);
  await Promise.all(Array.from({ length: lanes }, lane));
  const cpuMs = ((cpuSeconds(home.process.pid) - before) * 1000) / took.length;
  agent.destroy();
  took.sort((a, b) => a[0] - b[0]);
  const ms = took.map(([one]) => one), p95 = quantile(ms, 0.95);
  const verdict = lanes > 1 ? '' : p95 <= WANTED_MS ? `p95 ≤ ${WANTED_MS} ms, met` : `p95 ≤ ${WANTED_MS} ms, **missed**`;
  row(`catalogue of ${COURSES * LESSONS} lessons: ${name}${lanes > 1 ? `, ${lanes} at a time` : ''}`,
    `p50 ${quantile(ms, 0.5).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms; ${cpuMs.toFixed(1)} ms CPU a page`,
    `slowest ${ms.at(-1).toFixed(1)} ms (${decodeURIComponent(took.at(-1)[1])})`, undefined, verdict);
}

const data = await mkdtemp(path.join(tmpdir(), 'jiangtang-catalogue-'));
const database = path.join(data, 'jiangtang.db');
const filled = JSON.parse(await run(path.join(build, 'school_fill_bench'), [database, String(COURSES), String(LESSONS)]));
const home = await new House(data, await freePorts(), []).start();
for (const [name, queries] of Object.entries(groups)) await measure(home, name, queries, 1);
await measure(home, 'all of these', Object.values(groups).flat(), 4);
row('listing a course of 100 lessons anew', `${((filled.seconds * 1000) / COURSES).toFixed(0)} ms`, `database ${((await stat(database)).size / 1e6).toFixed(0)} MB, server ${peakMegabytes(home.process.pid).toFixed(0)} MB`);
await home.stop();
