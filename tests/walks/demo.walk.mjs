// What a newcomer finds with --demo: people with passwords, a course with a recorded lesson, a class on air, all to be
// seen and heard in a browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, page, PHONE } from './lib/browser.mjs';
import { house, until } from './lib/house.mjs';
import { visitor } from './lib/views.mjs';

const LESSON_MS = 180_000;
const SLIP_MS = 1000; // a lesson ends with whole frames and whole sound packets

let home, chromium, onAir, lesson, chen;
before(async () => {
  home = await house('--demo');
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  await home.stop();
});

/** What the player has shown and sounded so far, and a few points of its lower right corner, where the clock runs. */
const heardAndSeen = (it) =>
  it.evaluate(() => {
    const video = document.querySelector('video');
    if (!video || video.readyState < 2) return null;
    const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 });
    const pen = canvas.getContext('2d');
    pen.drawImage(video, 0, 0, 160, 90);
    const corner = [...pen.getImageData(96, 72, 60, 14).data].join();
    return {
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      sound: video.webkitAudioDecodedByteCount,
      muted: video.muted,
      corner,
    };
  });

/** The picture moves, its clock runs, and there is sound that is not turned off. */
async function plays(it) {
  const first = await until('the first picture', () => heardAndSeen(it), 60_000);
  const later = await until('picture and sound go on, and the clock runs', async () => {
    const now = await heardAndSeen(it);
    return now && now.frames > first.frames + 30 && now.sound > first.sound && now.corner !== first.corner && now;
  }, 60_000);
  assert.equal(later.muted, false);
}

/** A learner's browser at this path; the view is left when it has played. */
async function watch(path) {
  const context = await visitor(chromium, home, { ...PHONE, session: chen });
  const it = await page(context);
  await it.goto(path);
  await plays(it);
  assert.deepEqual(it.faults, []);
  await context.close();
}

test('the sample people can sign in with the printed passwords', async () => {
  const people = [...home.said.matchAll(/^ {2}(\w+) +(\w+) +\S+ \((\w+)\)$/gm)];
  assert.deepEqual(people.map(([, , , role]) => role).sort(), ['admin', 'learner', 'learner', 'master', 'staff'], home.said);
  for (const [, login, password, role] of people) {
    const signed = await home.api('POST', '/api/v1/session', { body: { login, password }, status: 200 });
    assert.equal(signed.person.role, role);
    if (role === 'learner') chen = signed;
  }
});

test('a class is on air without anybody publishing', async () => {
  const { classes } = await until('a class on air', async () => {
    const answer = await home.api('GET', '/api/v1/classes?state=on_air', { status: 200 });
    return answer.classes.length && answer;
  }, 60_000);
  onAir = classes[0];
});

test('the class is seen and heard in a browser', () => watch(`/c/${onAir.id}`));

test('the course gets its recorded lesson of three minutes, made by a worker', async () => {
  lesson = await until('a lesson that is ready', async () => {
    const { courses } = await home.api('GET', '/api/v1/courses', { status: 200 });
    const course = await home.api('GET', `/api/v1/courses/${courses[0].id}`, { status: 200 });
    return course.lessons.find(({ kind, state }) => kind === 'recorded' && state === 'ready');
  }, 240_000);
  assert.ok(Math.abs(lesson.duration_ms - LESSON_MS) < SLIP_MS, String(lesson.duration_ms));
});

test('the lesson is seen and heard in a browser', () => watch(`/lessons/${lesson.id}`));
