/** Something fetched for a page: its data, whether it is on its way, what went wrong, and how to ask again. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef, type WatchSource } from 'vue';
import { ApiError } from '../api/http';
import { net } from './net';
import { noticeExpiry } from './session';

const AGAIN_MAX = 3; // times it asks again by itself when the server is busy and says when to come back
const AGAIN_LATEST_S = 30; // a longer pause than this is the reader's own affair

export interface Resource<T> {
  data: ShallowRef<T | null>;
  error: ShallowRef<unknown>;
  busy: Ref<boolean>;
  reload(): Promise<void>;
}

/** Loads at once, anew whenever `source` changes or the network is back; only the newest answer counts. */
export function useResource<T>(load: () => Promise<T>, source?: WatchSource): Resource<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  const busy = ref(false);
  let turn = 0;
  let again = 0;
  let timer = 0;

  function comeBack(failure: unknown): void {
    const pause = failure instanceof ApiError ? failure.retryAfterS : 0;
    if (pause <= 0 || pause > AGAIN_LATEST_S || again >= AGAIN_MAX) return;
    again++;
    timer = setTimeout(() => void reload(), pause * 1000 * (1 + Math.random())) as unknown as number;
  }

  async function reload(): Promise<void> {
    const mine = ++turn;
    clearTimeout(timer);
    busy.value = true;
    try {
      const got = await load();
      if (mine !== turn) return;
      data.value = got;
      error.value = null;
      again = 0;
    } catch (failure) {
      if (mine !== turn) return;
      error.value = failure;
      noticeExpiry(failure);
      comeBack(failure);
    } finally {
      if (mine === turn) busy.value = false;
    }
  }

  if (source)
    watch(source, () => {
      data.value = null;
      void reload();
    });
  watch(
    () => net.online,
    (online) => {
      if (online && error.value) void reload();
    },
  );
  onScopeDispose(() => {
    turn++;
    clearTimeout(timer);
  });
  void reload();
  return { data, error, busy, reload };
}
