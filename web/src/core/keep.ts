/** What the browser keeps between visits. A browser that keeps nothing (private mode) just forgets. */
const PREFIX = 'jt.';

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // full or forbidden: the choice holds until the page is closed
  }
}
