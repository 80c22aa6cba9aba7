/** The name of an occupation, of which a draft has only the code. */
import { ref, watch, type Ref } from 'vue';
import { occupations } from '../../api/make_calls';
import type { Draft } from '../../api/make_types';

const known = new Map<string, string>();
const keyOf = (is: NonNullable<Draft['occupation']>) => `${is.edition} ${is.code}`;

/** Whoever has seen it tells it here: it is not asked for again. */
export const tellOccupation = (is: NonNullable<Draft['occupation']>, name: string) => void known.set(keyOf(is), name);

/** '' while it is not known. */
export function useOccupationName(picked: () => Draft['occupation']): Ref<string> {
  const name = ref('');
  watch(
    picked,
    async (is) => {
      name.value = (is && known.get(keyOf(is))) ?? '';
      if (!is || name.value) return;
      const all = await occupations(is.code).catch(() => []);
      const one = all.find((other) => other.code === is.code && other.edition === is.edition);
      if (!one) return;
      tellOccupation(one, one.name);
      if (picked()?.code === one.code) name.value = one.name;
    },
    { immediate: true },
  );
  return name;
}
