/** A draft in the shape learners' components draw. */
import type { Course, Lesson } from '../../api/types';
import type { DraftLesson } from '../../api/make_types';
import { lessonMs } from '../../core/draft_view';
import type { Editor } from './editor';

export function lessonOf(editor: Editor, is: DraftLesson): Lesson {
  const asset = editor.assets.get(is.asset_id ?? '');
  return {
    id: is.id,
    title: is.title,
    kind: is.kind === 'live' ? 'live' : 'recorded',
    title_id: asset?.title_id ?? '',
    class_id: is.class_id || null,
    state: 'ready',
    duration_ms: lessonMs(is, editor.sources),
    progress: null,
    poster: asset?.poster ?? null,
  };
}

export function courseOf(editor: Editor): Course {
  const draft = editor.draft.value!;
  return {
    id: editor.courseId,
    title: draft.title,
    summary: draft.summary,
    master_name: draft.masters.map((one) => one.name).join(' '),
    hours_minutes: draft.hour_minutes,
    rule: draft.rule,
    lessons: draft.chapters.flatMap((one) => one.lessons).map((is) => lessonOf(editor, is)),
    viewing: { who: draft.viewing?.who ?? 'public', institution: null, need: null },
    may_arrange: false,
    enrolled: false,
    progress: null,
  };
}
