/** Something fetched for a page: its data, whether it is on its way, what went wrong, and how to ask again. */
import { ref, shallowRef, watch, type Ref, type ShallowRef, type WatchSource } from 'vue';
import { ApiError } from '../api/http';
import { session } from './session';

export interface Resource<T> {
  data: ShallowRef<T | null>;
  error: ShallowRef<unknown>;
  busy: Ref<boolean>;
  reload(): Promise<void>;
}

/** Loads at once, and anew whenever `source` changes; only the newest answer counts. */
export function useResource<T>(load: () => Promise<T>, source?: WatchSource): Resource<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  const busy = ref(false);
  let turn = 0;

  async function reload(): Promise<void> {
    const mine = ++turn;
    busy.value = true;
    try {
      const got = await load();
      if (mine !== turn) return;
      data.value = got;
      error.value = null;
    } catch (failure) {
      if (mine !== turn) return;
      error.value = failure;
      // The session ended meanwhile: the page shows a guest, who may sign in again.
      if (failure instanceof ApiError && failure.status === 401) session.person = null;
    } finally {
      if (mine === turn) busy.value = false;
    }
  }

  if (source)
    watch(source, () => {
      data.value = null;
      void reload();
    });
  void reload();
  return { data, error, busy, reload };
}
