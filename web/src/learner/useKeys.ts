/** Keys of a lesson, wherever on its page they are pressed; a person may do without them. */
import { onBeforeUnmount, onMounted } from 'vue';
import { habits } from '../core/habits';
import { isForPlayer } from '../core/keys';

const EDITABLE = 'input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]';
/** Somebody is writing, or could be. */
export const isWriting = (at: Element | null): boolean => at?.matches(EDITABLE) ?? false;
const APART = 'dialog, [role=tablist], [role=listbox], [role=menu]';

export function useKeys(press: (event: KeyboardEvent) => void): void {
  const hear = (event: KeyboardEvent) => {
    const at = event.target instanceof Element ? event.target : document.body;
    const meant = isForPlayer({
      key: event.key,
      tag: at.tagName,
      editable: isWriting(at),
      apart: at.closest(APART) !== null,
      free: at === document.body || at.matches('main') || at.closest('.player') !== null,
    });
    if (habits.keys && meant && !event.defaultPrevented && !event.isComposing) press(event);
  };
  onMounted(() => document.addEventListener('keydown', hear));
  onBeforeUnmount(() => document.removeEventListener('keydown', hear));
}
