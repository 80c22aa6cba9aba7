// After vite: writes dist/csp.txt (the hashes of inlined styles, to stand in style-src) and precompressed siblings.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url).pathname;
const compressible = /\.(html|js|css|svg|json|txt|webmanifest)$/;
const smallest = 512; // bytes; below it a compressed sibling saves nothing

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

function writeCsp() {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  if (/<script(?![^>]*\ssrc=)[^>]*>/.test(html)) throw new Error('index.html has an inline script');
  if (/\sstyle="/.test(html)) throw new Error('index.html has a style attribute');
  const hashes = [...html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map(
    ([, css]) => `'sha256-${createHash('sha256').update(css, 'utf8').digest('base64')}'`,
  );
  writeFileSync(join(dist, 'csp.txt'), hashes.join(' ') + '\n');
}

function compress(path) {
  const bytes = readFileSync(path);
  if (bytes.length < smallest) return;
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(path + '.br', brotliCompressSync(bytes, { params: quality }));
  writeFileSync(path + '.gz', gzipSync(bytes, { level: 9 }));
}

// The manifest is for build/size.mjs; it does not belong among the served files.
renameSync(join(dist, 'manifest.json'), new URL('manifest.json', import.meta.url).pathname);
for (const path of files(dist)) if (/\.(br|gz)$/.test(path)) rmSync(path);
writeCsp();
for (const path of files(dist)) if (compressible.test(path) && !path.endsWith('csp.txt')) compress(path);
