/** The one queue of uploads: it lives on while the person goes from page to page, and asks before they leave. */
import { computed, effectScope, watch } from 'vue';
import { ApiError } from '../../api/http';
import { uploads } from '../../api/make_calls';
import { realClock } from '../../core/clock';
import { keep, kept } from '../../core/keep';
import { LessonUploads } from '../../core/lesson_uploads';
import { net } from '../../core/net';
import { uploadMemory } from '../../core/upload_memory';
import { UploadQueue, type Sender, type UploadItem } from '../../core/upload_queue';

const doneBells = new Set<(item: UploadItem) => void>();

/** Fetched when it is first needed; what cannot be fetched now can be when the line is back. */
const tus = () =>
  import('./tus_sender').then(
    (all) => all.tusSender,
    () => {
      throw new ApiError('offline', 0);
    },
  );
const sender: Sender<File> = {
  mark: async (file) => (await tus()).mark(file),
  send(item, file, hooks) {
    let stopped = false;
    let going: { stop(): void } | null = null;
    void tus().then(
      (real) => {
        if (!stopped) going = real.send(item, file, hooks);
      },
      (error: ApiError) => hooks.onError(error),
    );
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

const ties = new Map<string, LessonUploads>();

/** The files on their way to a course's lessons: they are followed while the person is on other pages, too. */
export function lessonUploads(courseId: string): LessonUploads {
  const name = `pending.${courseId}`;
  const known = ties.get(courseId);
  if (known) return known;
  const parts = { items: () => queue.state.items, kept: () => kept(name), keep: (text: string) => keep(name, text) };
  const made = effectScope(true).run(() => new LessonUploads(parts)) as LessonUploads;
  ties.set(courseId, made);
  return made;
}

addEventListener('beforeunload', (event) => {
  if (queue.busy) event.preventDefault();
});
watch(
  () => net.online,
  (online) => online && queue.wake(),
);
