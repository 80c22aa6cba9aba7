/** What a reader of the screen is told politely: one line for all pages of this part. */
import { ref } from 'vue';

export const said = ref('');

/** The same sentence twice is said twice. */
export function say(text: string): void {
  said.value = said.value === text ? `${text}\u00a0` : text;
}
