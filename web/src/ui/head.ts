import { toValue, watchEffect, type MaybeRefOrGetter } from 'vue';
import { w } from '../core/words';

/** The document's title while a view is shown. */
export function useTitle(text: MaybeRefOrGetter<string | undefined>): void {
  watchEffect(() => {
    const own = toValue(text);
    document.title = own ? `${own} · ${w.value.name}` : w.value.name;
  });
}
