import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { effectScope, type EffectScope } from 'vue';
import { usePoll } from '../src/ui/usePoll';
import { useResource, type Resource } from '../src/core/resource';

const SLOW_MS = 7000; // an answer on a bad line
const EVERY_MS = 2000;
let scope: EffectScope;
let page: EventTarget & { visibilityState: string };

beforeEach(() => {
  vi.useFakeTimers();
  scope = effectScope();
  page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', page);
});
afterEach(() => {
  scope.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('a list that is looked at every two seconds is there though each answer takes seven', async () => {
  let asked = 0;
  let got: Resource<number> | undefined;
  scope.run(() => {
    got = useResource(async () => {
      asked++;
      await new Promise((answer) => setTimeout(answer, SLOW_MS));
      return asked;
    });
    usePoll(() => got?.reload(), EVERY_MS);
  });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(got?.data.value).toBeGreaterThan(0);
  expect(asked).toBeLessThan(6);
});

it('a look that failed is no reason to look no more', async () => {
  let looks = 0;
  scope.run(() =>
    usePoll(async () => {
      looks++;
      throw new Error('no line');
    }, EVERY_MS),
  );
  await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
  expect(looks).toBe(3);
});

it('nobody who cannot see it makes it look, and coming back does at once', async () => {
  let looks = 0;
  scope.run(() => usePoll(() => looks++, EVERY_MS));
  page.visibilityState = 'hidden';
  await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
  expect(looks).toBe(0);
  page.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  expect(looks).toBe(1);
});
