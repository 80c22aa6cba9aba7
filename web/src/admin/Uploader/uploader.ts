/** The one queue of uploads: it lives on while the person goes from page to page, and asks before they leave. */
import { computed, watch } from 'vue';
import { uploads } from '../../api/make_calls';
import { realClock } from '../../core/clock';
import { net } from '../../core/net';
import { uploadMemory } from '../../core/upload_memory';
import { UploadQueue, type Sender, type UploadItem } from '../../core/upload_queue';

const doneBells = new Set<(item: UploadItem) => void>();

/** Fetched when it is first needed. */
const tus = () => import('./tus_sender').then((all) => all.tusSender);
const sender: Sender<File> = {
  mark: async (file) => (await tus()).mark(file),
  send(item, file, hooks) {
    let stopped = false;
    let going: { stop(): void } | null = null;
    void tus().then((real) => {
      if (!stopped) going = real.send(item, file, hooks);
    });
    return {
      stop: () => {
        stopped = true;
        going?.stop();
      },
    };
  },
  end: async (url) => (await tus()).end(url),
};

export const queue = new UploadQueue<File>({
  sender,
  memory: uploadMemory,
  clock: realClock,
  online: () => net.online,
  onDone: (item) => doneBells.forEach((ring) => ring(item)),
});

/** Rings when a file is wholly with the server; call what it returns to hear no more. */
export function onUploaded(ring: (item: UploadItem) => void): () => void {
  doneBells.add(ring);
  return () => doneBells.delete(ring);
}

/** What the server has unfinished, and its limits. */
export const lookUp = async () => queue.know(await uploads());

/** All that is under way, as one bead. */
export const together = computed(() => {
  const all = queue.state.items.filter((item) => ['waiting', 'marking', 'sending', 'retrying'].includes(item.phase));
  const bytes = all.reduce((sum, item) => sum + item.bytes, 0);
  const sent = all.reduce((sum, item) => sum + item.sent, 0);
  return { count: all.length, share: bytes > 0 ? sent / bytes : 0 };
});

/** The upload's id in its address, which is its asset's id too. */
export const idOf = (item: Pick<UploadItem, 'url'>) => item.url.split('/').pop() ?? '';

addEventListener('beforeunload', (event) => {
  if (queue.busy) event.preventDefault();
});
watch(
  () => net.online,
  (online) => online && queue.wake(),
);
