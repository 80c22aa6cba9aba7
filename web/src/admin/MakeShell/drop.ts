/** A file dropped anywhere on these pages never opens in the browser in their place: whoever wants it takes it first. */
import { onBeforeUnmount, onMounted } from 'vue';

export const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

const hold = (event: DragEvent) => hasFiles(event) && event.preventDefault();

export function useNoDropAway(): void {
  onMounted(() => {
    addEventListener('dragover', hold);
    addEventListener('drop', hold);
  });
  onBeforeUnmount(() => {
    removeEventListener('dragover', hold);
    removeEventListener('drop', hold);
  });
}
