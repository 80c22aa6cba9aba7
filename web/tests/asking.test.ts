import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { effectScope, nextTick, type EffectScope } from 'vue';
import { ApiError } from '../src/api/http';
import '../src/core/sign_words';
import { useDoing } from '../src/core/doing';
import { net } from '../src/core/net';
import { useResource } from '../src/core/resource';
import { session } from '../src/core/session';

const chen = { id: 7, login: 'chen', name: '陈静', role: 'learner' as const };
const busyFor = (s: number) => new ApiError('busy', 503, '', '', s);
let scope: EffectScope;
let asked: number;
let answer: () => unknown;

const resource = () => {
  const got = scope.run(() =>
    useResource(async () => {
      asked++;
      return answer();
    }),
  );
  if (!got) throw new Error('the scope is stopped');
  return got;
};
const failing = (error: unknown) => () => {
  throw error;
};

beforeEach(() => {
  vi.useFakeTimers();
  scope = effectScope();
  asked = 0;
  session.person = { ...chen };
  net.online = true;
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

describe('what is fetched for a page', () => {
  it('is asked for again when the busy server said, thrice and no more', async () => {
    answer = failing(busyFor(2));
    resource();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(4);
  });

  it('is not asked for again by itself without a Retry-After, nor after a long one, nor when the page is left', async () => {
    answer = failing(new ApiError('busy', 503));
    resource();
    answer = failing(busyFor(3600));
    resource();
    await vi.advanceTimersByTimeAsync(10_000_000);
    expect(asked).toBe(2);
    answer = failing(busyFor(2));
    resource();
    await vi.advanceTimersByTimeAsync(0);
    scope.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(3);
  });

  it('that failed is asked for again when the network is back; what is there is left alone', async () => {
    answer = failing(new ApiError('offline', 0));
    const got = resource();
    await vi.advanceTimersByTimeAsync(0);
    answer = () => 'here';
    for (const online of [false, true, false, true]) {
      net.online = online;
      await nextTick();
      await vi.advanceTimersByTimeAsync(0);
    }
    expect([got.data.value, got.error.value, asked]).toEqual(['here', null, 2]);
  });
});

describe('what a person asks for', () => {
  it('tells what is wrong at a field the form shows, and anything else at large', async () => {
    const { failed, wrong, run } = useDoing('login');
    await run(async () => failing(new ApiError('login_taken', 409, '', 'login'))());
    expect([failed.value, wrong.value]).toEqual(['', { login: '这个账号已经有人用了' }]);
    await run(async () => failing(new ApiError('setup_invalid', 400, '', 'token'))());
    expect([failed.value, wrong.value]).toEqual(['这个链接已经用过或已失效', {}]);
  });

  it('is begun once while it is on its way', async () => {
    const { busy, run } = useDoing();
    let begun = 0;
    const act = () => new Promise<void>((done) => (begun++, setTimeout(done, 50)));
    const both = Promise.all([run(act), run(act)]);
    expect(busy.value).toBe(true);
    await vi.advanceTimersByTimeAsync(100);
    await both;
    expect([begun, busy.value]).toEqual([1, false]);
  });

  it('makes the page a guest\'s when the session has ended, but not for a wrong password', async () => {
    const { run } = useDoing();
    await run(async () => failing(new ApiError('sign_in_failed', 401))());
    expect(session.person).toEqual(chen);
    await run(async () => failing(new ApiError('sign_in', 401))());
    expect(session.person).toBeNull();
  });
});
