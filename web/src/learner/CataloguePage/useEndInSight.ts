/** Calls when the end of a list comes near the screen, again as long as it stays there. */
import { onBeforeUnmount, useTemplateRef, watch } from 'vue';

const NEAR = '600px'; // the next page is there before the thumb is

/** Of the element with ref="end"; without the browser's help there is still the button. */
export function useEndInSight(near: () => unknown): void {
  const end = useTemplateRef<HTMLElement>('end');
  const watcher =
    'IntersectionObserver' in window
      ? new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && near(), { rootMargin: NEAR })
      : null;
  watch(end, (now, before) => {
    if (before) watcher?.unobserve(before);
    if (now) watcher?.observe(now);
  });
  onBeforeUnmount(() => watcher?.disconnect());
}
