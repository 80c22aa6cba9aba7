/** Whether there is room for two columns: the desktop of the look. */
import { onScopeDispose, ref, type Ref } from 'vue';

export function useWide(): Ref<boolean> {
  const query = matchMedia('(min-width: 960px)');
  const wide = ref(query.matches);
  const read = () => (wide.value = query.matches);
  query.addEventListener?.('change', read);
  onScopeDispose(() => query.removeEventListener?.('change', read));
  return wide;
}
