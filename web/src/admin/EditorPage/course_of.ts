/** A draft, or what a version held, in the shape learners' components draw. */
import type { Course, CourseMaster, Lesson, LessonKind } from '../../api/types';
import type { Draft, DraftLesson, DraftMaster } from '../../api/make_types';
import { hoursOf, lessonMs } from '../../core/draft_view';
import { mw } from '../../core/staff_words';
import type { Editor } from './editor';

const KINDS: Readonly<Record<DraftLesson['kind'], LessonKind>> = { video: 'recorded', audio: 'audio', live: 'live', document: 'document', link: 'link' };

function lessonOf(editor: Editor, is: DraftLesson): Lesson {
  const asset = editor.assets.get(is.asset_id || is.handout_id || '');
  return {
    id: is.id,
    title: is.title,
    kind: KINDS[is.kind],
    title_id: asset?.title_id ?? is.title_id ?? null,
    class_id: is.class_id || null,
    state: 'ready',
    duration_ms: lessonMs(is, editor.sources),
    progress: null,
    poster: asset?.poster ?? null,
    url: is.url || null,
    module: is.module,
  };
}

/** What a master is honoured for is shown once staff have seen its proof. */
const masterOf = (is: DraftMaster, proven: boolean): CourseMaster => ({ name: is.name, kind: proven ? is.kind : null, intro: is.intro });

/** `proven`: for each master, whether its proof was seen. `occupation`: the name of its occupation, if it is known. */
export function courseOf(editor: Editor, draft: Draft, proven: readonly boolean[], occupation: string): Course {
  return {
    id: editor.courseId,
    title: draft.title || mw.value.editor.untitled,
    summary: draft.summary,
    occupation: draft.occupation && { ...draft.occupation, name: occupation || draft.occupation.code },
    level: draft.level,
    tags: draft.tags,
    declared_hours: draft.declared_hours,
    measured_minutes: hoursOf(draft, editor.sources).measured,
    master_name: draft.masters.map((one) => one.name).join('、'),
    masters: draft.masters.map((one, i) => masterOf(one, proven[i] ?? false)).filter((one) => one.name),
    chapters: draft.chapters.map((one, i) => ({ id: one.id, title: one.title || mw.value.editor.chapterN(i + 1), lesson_ids: one.lessons.map((is) => is.id) })),
    free_until_ms: draft.free_until_ms,
    hours_minutes: draft.hour_minutes,
    rule: draft.rule,
    lessons: draft.chapters.flatMap((one) => one.lessons).map((is) => lessonOf(editor, is)),
    viewing: { who: draft.viewing?.who ?? 'public', institution: null, need: null },
    may_arrange: false,
    enrolled: false,
    progress: null,
  };
}
