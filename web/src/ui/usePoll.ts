/**
 * Looks again every so often while somebody can see it, and at once when they come back to it. A look that is still
 * under way is waited for: on a slow line a next one would only make its answer too late to count.
 */
import { onScopeDispose } from 'vue';

export function usePoll(look: () => unknown, everyMs: number, wanted: () => boolean = () => true): void {
  let looking = false;
  const next = async () => {
    if (looking || document.visibilityState === 'hidden' || !wanted()) return;
    looking = true;
    try {
      await look();
    } catch {
      // whoever looks tells what went wrong; the next look is taken all the same
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void next(), everyMs);
  const back = () => void next();
  document.addEventListener('visibilitychange', back);
  onScopeDispose(() => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', back);
  });
}
