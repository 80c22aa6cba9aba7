// Files as people bring them: made by ffmpeg, uploaded by tus, followed until something has become of them.
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { run, until } from './house.mjs';

const PIECE = 8 << 20;
const base64 = (text) => Buffer.from(text).toString('base64');

/** A file made by ffmpeg with these words before its name; its path, in the house's data directory. */
export async function made(home, name, ...words) {
  const file = path.join(home.data, name);
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...words, file]);
  return file;
}

/** A moving picture with a tone: words for made(). mpeg4 has to be encoded, libx264 may be copied. */
export const movie = ({ size = '320x180', fps = 25, seconds = 10, video = 'mpeg4', audio = 'aac' } = {}) => [
  '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}`, '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
  '-t', String(seconds), '-c:v', video, '-pix_fmt', 'yuv420p', '-b:v', '800k', '-g', String(fps * 2), '-c:a', audio, '-ac', '2',
];

/** Brings a file in, all of it; its upload's id. */
export async function upload(home, who, file, { name = path.basename(file), kind = 'media' } = {}) {
  const bytes = await readFile(file);
  const headers = { authorization: `Bearer ${who.token}`, 'tus-resumable': '1.0.0', connection: 'close' };
  const metadata = `filename ${base64(name)},kind ${base64(kind)}`;
  const created = await fetch(`${home.url}/files/`, { method: 'POST', headers: { ...headers, 'upload-length': String(bytes.length), 'upload-metadata': metadata } });
  assert.equal(created.status, 201, await created.text());
  const url = new URL(created.headers.get('location'), home.url);
  for (let at = 0; at < bytes.length; at += PIECE) {
    const body = bytes.subarray(at, at + PIECE);
    const sent = await fetch(url, { method: 'PATCH', headers: { ...headers, 'upload-offset': String(at), 'content-type': 'application/offset+octet-stream' }, body });
    assert.equal(sent.status, 204, await sent.text());
  }
  await rm(file);
  return url.pathname.split('/').at(-1);
}

/** The asset an upload became. */
export async function assetOf(home, who, uploadId) {
  return until(`upload ${uploadId} becomes an asset`, async () => {
    const { assets } = await home.api('GET', '/api/v1/assets', { token: who.token, status: 200 });
    return assets.find((asset) => asset.upload_id === uploadId);
  }, 60_000);
}

export const asset = (home, who, id) => home.api('GET', `/api/v1/assets/${id}`, { token: who.token, status: 200 });

/** The asset once it is in one of these states, or whatever is asked of it holds. */
export async function untilAsset(home, who, id, wanted, deadlineMs = 180_000) {
  let is;
  const fits = typeof wanted === 'function' ? wanted : (it) => [].concat(wanted).includes(it.state);
  await until(`asset ${id} is ${wanted} (is ${() => JSON.stringify(is)})`, async () => fits((is = await asset(home, who, id))), deadlineMs).catch((error) => {
    throw new Error(`${error.message}\n${JSON.stringify(is)}`);
  });
  return is;
}

/** Brings a file in and waits for this. */
export async function bring(home, who, file, wanted, more = {}) {
  const { id } = await assetOf(home, who, await upload(home, who, file, more));
  return untilAsset(home, who, id, wanted);
}
