/**
 * One course being edited: its draft that saves itself, what can be undone, and the files its lessons are made of. The
 * parts of the page draw it and tell it what the person does.
 */
import { computed, inject, onScopeDispose, provide, reactive, ref, watch, type InjectionKey } from 'vue';
import { ApiError } from '../../api/http';
import * as api from '../../api/make_calls';
import { oneClass } from '../../api/calls';
import type { Asset, Draft, DraftChapter, DraftLesson, DraftPage } from '../../api/make_types';
import type { LiveClass } from '../../api/types';
import { realClock } from '../../core/clock';
import { DraftSync, type Kept } from '../../core/draft_sync';
import { hoursOf, type Sources } from '../../core/draft_view';
import { keep, kept } from '../../core/keep';
import { net } from '../../core/net';
import { applyOp, type OutlineOp } from '../../core/outline_edit';
import { mayCut, session } from '../../core/session';
import { mw } from '../../core/staff_words';
import { UndoStack } from '../../core/undo';
import { say } from '../MakeShell/say';
import { settle, show, snack, type Snack } from '../Snack/snack';
import { lessonUploads, onUploaded, queue } from '../Uploader/uploader';
import { usePoll } from '../../ui/usePoll';

const LOOK_MS = 3000;
const MOVING = ['probing', 'queued', 'transcoding'];

function parse<T>(text: string | null): T | null {
  try {
    return text ? (JSON.parse(text) as T) : null;
  } catch {
    return null;
  }
}

export function makeEditor(courseId: string) {
  const keptName = `draft.${courseId}`;
  const sync = new DraftSync({
    load: () => api.draft(courseId),
    save: (edit, draft) => api.saveDraft(courseId, edit, draft),
    kept: () => parse<Kept>(kept(keptName)),
    keep: (what) => keep(keptName, what ? JSON.stringify(what) : ''),
    clock: realClock,
    utc: () => Date.now(),
  });
  const { state } = sync;
  const undoStack = new UndoStack<OutlineOp>();
  const undoTop = ref('');
  const opened = ref('');
  const assets = reactive(new Map<string, Asset>());
  const classes = reactive(new Map<string, LiveClass>());
  /** Lessons whose file is still on its way. */
  const uploads = lessonUploads(courseId);
  watch(
    () => state.draft !== null,
    (there) => there && uploads.keepOnly(new Set(state.draft?.chapters.flatMap((one) => one.lessons.map((is) => is.id)))),
    { flush: 'sync' },
  );

  const draft = computed(() => state.draft);
  const page = computed(() => state.page);
  const inReview = computed(() => state.page?.state === 'in_review');
  /** What the reviewers look at stays as it is. */
  const locked = computed(() => inReview.value && !mayCut());
  const sources: Sources = {
    asset: (id) => assets.get(id),
    classMs: (id) => classes.get(id)?.duration_ms ?? 0,
  };
  const hours = computed(() => (state.draft ? hoursOf(state.draft, sources) : null));

  function set(patch: Partial<Draft>): void {
    if (state.draft && !locked.value) sync.change({ ...state.draft, ...patch });
  }
  const eachLesson = (chapters: readonly DraftChapter[], change: (is: DraftLesson) => DraftLesson) =>
    chapters.map((one) => ({ ...one, lessons: one.lessons.map(change) }));
  function setLesson(id: string, patch: Partial<DraftLesson>): void {
    if (state.draft) set({ chapters: eachLesson(state.draft.chapters, (is) => (is.id === id ? { ...is, ...patch } : is)) });
  }
  function setChapter(id: string, title: string): void {
    if (state.draft) set({ chapters: state.draft.chapters.map((one) => (one.id === id ? { ...one, title } : one)) });
  }

  function apply(op: OutlineOp): OutlineOp | null {
    const changed = state.draft && !locked.value ? applyOp(state.draft.chapters, op) : null;
    if (!changed) return null;
    set({ chapters: changed.chapters });
    return changed.inverse;
  }
  /** Does it, and remembers how to take it back. `text`: how it is told. */
  function act(op: OutlineOp, text: string): boolean {
    const inverse = apply(op);
    if (!inverse) return false;
    undoStack.did({ op: inverse, text });
    undoTop.value = text;
    settleMine();
    if (op.do === 'removeLesson' || op.do === 'removeChapter') mine = offer(text, undo);
    return true;
  }
  /** The line that offers to take back the last deed: with the next one it goes, or it would take back another. */
  let mine: Snack | null = null;
  /** `back` takes back this deed and no other: its line may stay. */
  function offer(text: string, back: () => void): Snack {
    const line = { text: mw.value.editor.didDelete(text), undo: back };
    offered.add(line);
    show(line);
    return line;
  }
  function settleMine(): void {
    if (mine && snack.value === mine) settle();
    mine = null;
  }
  const offered = new WeakSet<Snack>();
  onScopeDispose(() => snack.value && offered.has(snack.value) && settle());
  function undo(): void {
    settleMine();
    const deed = undoStack.undo(apply);
    undoTop.value = undoStack.top?.text ?? '';
    say(deed ? mw.value.undone(deed.text) : mw.value.editor.nothing);
  }
  function redo(): void {
    settleMine();
    const deed = undoStack.redo(apply);
    undoTop.value = undoStack.top?.text ?? '';
    if (deed) say(mw.value.redone(deed.text));
  }

  /** What the lessons are made of, as the server knows it now. */
  async function look(chapters: readonly DraftChapter[] = state.draft?.chapters ?? []): Promise<void> {
    const lessons = chapters.flatMap((one) => one.lessons);
    const wanted = new Set([
      ...lessons.map((one) => one.asset_id || one.handout_id || '').filter((id) => id && (!assets.has(id) || MOVING.includes(assets.get(id)?.state ?? ''))),
    ]);
    await Promise.all([
      ...[...wanted].map((id) => api.asset(id).then((is) => assets.set(id, is), () => undefined)),
      ...lessons
        .filter((one) => one.class_id && !classes.has(one.class_id))
        .map((one) => oneClass(one.class_id as string).then((is) => classes.set(is.id, is), () => undefined)),
      arrive(),
    ]);
  }
  const hasLesson = (id: string) => state.draft?.chapters.some((one) => one.lessons.some((is) => is.id === id)) ?? false;
  /** Into its lesson, in the place of what was there. False: it cannot be changed now. */
  function put(lesson: string, is: Asset): boolean {
    if (locked.value || !hasLesson(lesson)) return false;
    assets.set(is.id, is);
    const none = { asset_id: '', title_id: '', class_id: '', handout_id: '', url: '' };
    setLesson(lesson, is.kind === 'handout' ? { ...none, kind: 'document', handout_id: is.id } : { ...none, kind: is.kind, asset_id: is.id });
    return true;
  }
  /** Uploads that became assets meanwhile are put into their lessons. */
  async function arrive(): Promise<void> {
    if (state.draft && !locked.value) await uploads.arrive((after) => api.assets({ after }), put).catch(() => undefined);
  }

  /** The problems and measures depend on files that change by themselves. */
  async function renew(): Promise<void> {
    const fresh = await api.draft(courseId).catch(() => null);
    if (fresh) sync.renew(fresh);
  }

  usePoll(
    async () => {
      const before = [...assets.values()].map((is) => is.state).join();
      await look();
      if (before !== [...assets.values()].map((is) => is.state).join() && state.phase === 'saved') await renew();
    },
    LOOK_MS,
    () => uploads.waiting || [...assets.values()].some((is) => MOVING.includes(is.state)),
  );
  watch(() => state.draft?.chapters, () => void look());
  watch(
    () => net.online,
    (online) => online && sync.wake(),
  );
  onScopeDispose(onUploaded(() => void look()));
  onScopeDispose(() => void sync.end());

  /** A file picked here: the lesson stands at once, its file comes after. A code tells why it does not. */
  function uploadInto(lesson: string, file: File): string {
    const item = queue.add([file])[0];
    if (!item) return 'uploads_full';
    if (item.phase === 'refused') return item.wrong ?? item.error?.code ?? 'unknown';
    uploads.tie(lesson, item);
    return '';
  }

  async function deed(does: () => Promise<unknown>): Promise<DraftPage> {
    if (!(await sync.flush())) throw state.error ?? new Error('unsaved');
    try {
      await does();
    } catch (error) {
      await renew();
      throw error instanceof ApiError && error.code === 'edited_elsewhere' ? new ApiError('deed_stale', 409) : error;
    }
    const fresh = await api.draft(courseId);
    sync.renew(fresh);
    return fresh;
  }

  void sync.open();
  return {
    courseId, sync, state, draft, page, inReview, locked, hours, sources, assets, classes, uploads, opened, undoTop,
    set, setLesson, setChapter, act, offer, undo, redo, look, renew, uploadInto, deed,
    mayPublish: computed(() => mayCut()),
    mine: computed(() => session.person?.name ?? ''),
  };
}

export type Editor = ReturnType<typeof makeEditor>;
const KEY: InjectionKey<Editor> = Symbol('editor');
export const provideEditor = (editor: Editor) => provide(KEY, editor);
export function useEditor(): Editor {
  const editor = inject(KEY);
  if (!editor) throw new Error('no course is being edited here');
  return editor;
}
