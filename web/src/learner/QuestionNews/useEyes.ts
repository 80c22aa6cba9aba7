/** Is this before somebody's eyes: on the screen, in a page that is seen, under nothing that fills the screen? */
import { computed, onBeforeUnmount, onMounted, ref, type ComputedRef, type Ref } from 'vue';
import { useFullElement } from './useFullElement';

const ENOUGH = 0.2; // of it

export function useEyes(element: Readonly<Ref<HTMLElement | null>>): ComputedRef<boolean> {
  const inView = ref(false);
  const awake = ref(document.visibilityState !== 'hidden');
  const { full } = useFullElement();
  const observer = new IntersectionObserver(
    (all) => (inView.value = (all[all.length - 1]?.intersectionRatio ?? 0) >= ENOUGH),
    { threshold: [0, ENOUGH] },
  );
  const turned = () => (awake.value = document.visibilityState !== 'hidden');
  document.addEventListener('visibilitychange', turned);
  onMounted(() => element.value && observer.observe(element.value));
  onBeforeUnmount(() => {
    observer.disconnect();
    document.removeEventListener('visibilitychange', turned);
  });
  return computed(() => inView.value && awake.value && (!full.value || full.value.contains(element.value)));
}
