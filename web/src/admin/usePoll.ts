/** Looks again every so often while somebody can see it, and at once when they come back to it. */
import { onScopeDispose } from 'vue';

export function usePoll(look: () => unknown, everyMs: number, wanted: () => boolean = () => true): void {
  const seen = () => document.visibilityState !== 'hidden' && wanted();
  const timer = window.setInterval(() => seen() && look(), everyMs);
  const back = () => seen() && look();
  document.addEventListener('visibilitychange', back);
  onScopeDispose(() => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', back);
  });
}
