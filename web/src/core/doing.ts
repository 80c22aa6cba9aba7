/** Something a person asks of the server: whether it is on its way, and in words what went wrong. */
import { ref, type Ref } from 'vue';
import { ApiError } from '../api/http';
import { noticeExpiry } from './session';
import { errorText } from './words';

export interface Doing {
  busy: Ref<boolean>;
  /** What went wrong at large. */
  failed: Ref<string>;
  /** And at one field of the form. */
  wrong: Ref<Record<string, string>>;
  /** One at a time: while busy, another is not begun. */
  run(act: () => Promise<unknown>): Promise<void>;
}

/** `fields`: those the form shows; what is wrong with any other is told at large. */
export function useDoing(...fields: string[]): Doing {
  const busy = ref(false);
  const failed = ref('');
  const wrong = ref<Record<string, string>>({});

  async function run(act: () => Promise<unknown>): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    failed.value = '';
    wrong.value = {};
    try {
      await act();
    } catch (error) {
      noticeExpiry(error);
      const field = error instanceof ApiError ? error.field : '';
      if (fields.includes(field)) wrong.value = { [field]: errorText(error) };
      else failed.value = errorText(error);
    } finally {
      busy.value = false;
    }
  }

  return { busy, failed, wrong, run };
}
