/** The name of the occupation in the address, which carries only its edition and code. */
import { ref, watch, type Ref } from 'vue';
import { occupations } from '../../api/catalogue_calls';

/** Names seen so far, by "<edition>:<code>". */
const names = new Map<string, string>();

export const keyOf = (is: { edition: string; code: string }) => `${is.edition}:${is.code}`;
export const remember = (is: { edition: string; code: string; name: string }) => void names.set(keyOf(is), is.name);

export function useOccupation(key: () => string): Ref<string> {
  const name = ref('');
  watch(
    key,
    async (now) => {
      const code = now.split(':')[1] ?? '';
      name.value = names.get(now) ?? code;
      if (!now || names.has(now)) return;
      const found = await occupations(code).catch(() => []);
      found.forEach(remember);
      if (key() === now) name.value = names.get(now) ?? code;
    },
    { immediate: true },
  );
  return name;
}
