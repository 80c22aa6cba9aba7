import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue';

type PhoneVideo = HTMLVideoElement & { webkitEnterFullscreen?(): void };
type OldBox = HTMLElement & { webkitRequestFullscreen?(): void };
type OldDocument = Document & { webkitFullscreenElement?: Element | null; webkitExitFullscreen?(): void };

/** The whole box where that is allowed; on iPhones only the video itself can be. */
export function useFullscreen(box: Readonly<Ref<HTMLElement | null>>, video: Readonly<Ref<HTMLVideoElement | null>>) {
  const full = ref(false);
  const old = document as OldDocument;
  const now = () => document.fullscreenElement ?? old.webkitFullscreenElement ?? null;
  const read = () => (full.value = now() !== null && now() === box.value);

  async function toggle(): Promise<void> {
    const element = box.value as OldBox | null;
    if (!element) return;
    if (now()) return void (document.exitFullscreen?.() ?? old.webkitExitFullscreen?.());
    if (element.requestFullscreen) await element.requestFullscreen().catch(() => undefined);
    else if (element.webkitRequestFullscreen) element.webkitRequestFullscreen();
    else (video.value as PhoneVideo | null)?.webkitEnterFullscreen?.();
  }

  onMounted(() => {
    document.addEventListener('fullscreenchange', read);
    document.addEventListener('webkitfullscreenchange', read);
  });
  onBeforeUnmount(() => {
    document.removeEventListener('fullscreenchange', read);
    document.removeEventListener('webkitfullscreenchange', read);
  });
  return { full, toggle };
}
