/** Alt with an arrow moves a row by one place; but a list to choose from is opened by it. Pure. */
export function stepOf(event: { altKey: boolean; key: string }, tag: string): -1 | 0 | 1 {
  if (!event.altKey || /^(SELECT|INPUT|TEXTAREA)$/.test(tag)) return 0;
  return event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
}
