// How soon a class is on air: from the encoder's start (ffmpeg, which copies a film to RTMP) to the first part on disk, with a worker
// that stands by and without one, in turns; and what the one that stands by holds in memory.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { house, wait } from '../walks/lib/house.mjs';
import { makeFilm, median, peakMegabytes, row } from './lib.mjs';

const SHORT = process.argv.includes('--short');
const TURNS = SHORT ? 3 : 9, WAIT_MS = 5;

async function firstParts(home, master, film) {
  const is = await home.classOf(master);
  const journal = path.join(home.data, 'titles', is.title_id, 'journal');
  const started = performance.now();
  const encoder = spawn('ffmpeg', ['-v', 'error', '-re', '-i', film, '-c', 'copy', '-f', 'flv', `${home.rtmp}/${is.publish.key}`], { stdio: 'ignore' });
  const ms = {};
  for (const rendition of ['src', '180p']) {
    while (!(await readFile(journal, 'utf8').catch(() => '')).includes(`\npart ${rendition} `)) await wait(WAIT_MS);
    ms[rendition] = performance.now() - started;
  }
  encoder.kill('SIGKILL');
  await home.api('POST', `/api/v1/classes/${is.id}/close`, { token: master.token });
  return ms;
}

const folder = await mkdtemp(path.join(tmpdir(), 'jiangtang-start-'));
const film = path.join(folder, 'film.flv');
makeFilm(film, 8);
const sides = [];
for (const warm of [1, 0]) {
  const config = path.join(folder, `${warm}.conf`);
  await writeFile(config, `[worker]\nwarm=${warm}\n`);
  const home = await house('--config', config);
  sides.push({ home, master: await home.person('master', 'master'), ms: [] });
}
for (let i = 0; i < TURNS; i++)
  for (const side of sides) {
    await wait(3000); // closed, and the next one stands by
    side.ms.push(await firstParts(side.home, side.master, film));
  }
const [spare] = await sides[0].home.crew();
for (const rendition of ['src', '180p']) {
  const [warm, cold] = sides.map((side) => median(side.ms.map((ms) => ms[rendition])));
  row(`encoder started to the first part of ${rendition}, a worker standing by`, `${warm.toFixed(0)} ms`, `without ${cold.toFixed(0)} ms`, warm / cold);
}
row('memory of a worker that stands by', `${peakMegabytes(spare).toFixed(0)} MB`);
for (const { home } of sides) await home.stop();
await rm(folder, { recursive: true, force: true });
