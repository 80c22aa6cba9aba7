// The description given to strangers is true to itself: its examples, and the validator other walks use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examples, findPath, validate } from './openapi.mjs';

test('every example in the description is one', () => {
  let count = 0;
  for (const { where, check, example } of examples()) {
    count++;
    assert.ok(check(example), `${where}: ${JSON.stringify(check.errors)}`);
  }
  assert.ok(count > 20);
});

test('a literal segment beats a placeholder', () => {
  assert.equal(findPath('/media/klmnopqrst45/480p/index.m3u8'), '/media/{title}/{rendition}/index.m3u8');
  assert.equal(findPath('/media/klmnopqrst45/480p/12.3.m4s'), '/media/{title}/{rendition}/{name}');
  assert.equal(findPath('/nowhere'), undefined);
});

test('an answer with a field nobody described is refused', () => {
  validate('GET', '/api/v1/me', 200, { person: null, setup_needed: true });
  assert.throws(() => validate('GET', '/api/v1/me', 200, { person: null, setup_needed: true, more: 1 }), /additional/);
});

test('a problem without its code is refused', () => {
  const problem = { type: 'about:blank', title: 'Not Found', status: 404, detail: 'No.' };
  validate('GET', '/api/v1/courses/abc', 404, { ...problem, code: 'no_course' });
  assert.throws(() => validate('GET', '/api/v1/courses/abc', 404, problem), /code/);
});
