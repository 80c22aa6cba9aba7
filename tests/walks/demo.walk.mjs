// What a newcomer finds with --demo: people with passwords, a course with a recorded lesson, a class on air.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { house, until } from './lib/house.mjs';

let home;
before(async () => (home = await house('--demo')));
after(() => home.stop());

test('the sample people can sign in with the printed passwords', async () => {
  const people = [...home.said.matchAll(/^ {2}(\w+) +(\w+) +\S+ \((\w+)\)$/gm)];
  assert.ok(people.length >= 4, home.said);
  for (const [, login, password, role] of people) {
    const { person } = await home.api('POST', '/api/v1/session', { body: { login, password }, status: 200 });
    assert.equal(person.role, role);
  }
});

test('a class is on air without anybody publishing', async () => {
  const { classes } = await until('a class on air', async () => {
    const answer = await home.api('GET', '/api/v1/classes?state=on_air', { status: 200 });
    return answer.classes.length && answer;
  }, 60_000);
  await home.untilState(classes[0].id, 'on_air');
});

test('the course gets its recorded lesson, made by a worker', async () => {
  await until('a lesson that is ready', async () => {
    const { courses } = await home.api('GET', '/api/v1/courses', { status: 200 });
    const course = await home.api('GET', `/api/v1/courses/${courses[0].id}`, { status: 200 });
    return course.lessons.some((lesson) => lesson.kind === 'recorded' && lesson.duration_ms > 100_000);
  }, 240_000);
});
