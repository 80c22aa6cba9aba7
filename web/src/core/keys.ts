/** Whether a key pressed somewhere on the page is meant for the player. Pure. */
export interface Pressed {
  key: string;
  /** Of what has the focus. */
  tag: string;
  editable: boolean;
  /** In a dialog, a row of tabs or another thing with keys of its own. */
  apart: boolean;
  /** In the player, or nowhere in particular. */
  free: boolean;
}

/** Space and Enter press buttons, arrows scroll: outside the player they are let be unless nothing has the focus. */
const BUSY = [' ', 'Enter', 'ArrowLeft', 'ArrowRight'];
/** They scroll the page wherever one is. */
const NEVER = ['ArrowUp', 'ArrowDown', 'Escape', 'Tab'];

export function isForPlayer({ key, tag, editable, apart, free }: Pressed): boolean {
  if (editable || apart || NEVER.includes(key)) return false;
  if (key === ' ' && /^(BUTTON|A|INPUT|SUMMARY|LABEL)$/.test(tag)) return false;
  if (/^Arrow/.test(key) && tag === 'INPUT') return false;
  return !BUSY.includes(key) || free;
}
