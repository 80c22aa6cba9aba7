// Weighs what a learner's phone fetches before the player, gzipped, and fails over budget.
import { readFileSync, existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BEFORE_PLAYER = 45; // KB
const WITH_ROOM = 66; // KB: talk, bead and the player's own controls too, but not hls.js
const web = new URL('../', import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(new URL('manifest.json', import.meta.url), 'utf8'));

const weigh = (file) => {
  const path = `${web}dist/${file}`;
  return existsSync(`${path}.gz`) ? readFileSync(`${path}.gz`).length : gzipSync(readFileSync(path), { level: 9 }).length;
};

/** The chunk, all it imports at once, and their styles; what is imported lazily is left out. */
function reach(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const css of chunk.css ?? []) seen.add(css);
  for (const next of chunk.imports ?? []) reach(next, seen);
  return seen;
}

const room = (name) => [`src/learner/${name}Page/${name}Room.vue`, 'src/media/PlayerBox/PlayerBox.vue'];
const pages = [
  ['home', BEFORE_PLAYER, ['src/learner/HomePage/HomePage.vue']],
  ['class before the room', BEFORE_PLAYER, ['src/learner/ClassPage/ClassPage.vue']],
  ['lesson before the room', BEFORE_PLAYER, ['src/learner/LessonPage/LessonPage.vue']],
  ['class with its room', WITH_ROOM, ['src/learner/ClassPage/ClassPage.vue', ...room('Class')]],
  ['lesson with its room', WITH_ROOM, ['src/learner/LessonPage/LessonPage.vue', ...room('Lesson')]],
];
let over = 0;
for (const [name, budget, keys] of pages) {
  const files = new Set(['index.html', ...keys].flatMap((key) => [...reach(key)]));
  const kb = [...files].reduce((sum, file) => sum + weigh(file), 0) / 1024;
  if (kb > budget) over++;
  console.log(`${kb > budget ? 'OVER' : 'ok'}  ${name}: ${kb.toFixed(1)} KB gz of ${budget} (${files.size} files)`);
}
for (const [key, chunk] of Object.entries(manifest))
  if (chunk.isDynamicEntry || chunk.isEntry) console.log(`  ${(weigh(chunk.file) / 1024).toFixed(1).padStart(6)} ${key}`);
if (over) {
  console.error(`${over} over budget`);
  process.exit(1);
}
