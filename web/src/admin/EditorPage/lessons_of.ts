/** Lessons of files that were picked or dropped: each stands at once, its file comes after. */
import type { DraftLesson } from '../../api/make_types';
import { titleOfFile } from '../../core/draft_view';
import { kindOf } from '../../core/file_kind';
import { newId } from '../../core/outline_edit';
import { mw } from '../../core/staff_words';
import { FILES_MAX } from '../../core/upload_queue';
import { codeText } from '../../core/words';
import type { Editor } from './editor';

function kindFor(file: File): DraftLesson['kind'] {
  if (kindOf(file.name) === 'handout') return 'document';
  return file.type.startsWith('audio/') ? 'audio' : 'video';
}

/** `told`: in words, which files can be no lesson and how many found no room; "" when all can. `into`: the lesson of one. */
export function lessonsOf(editor: Editor, files: readonly File[], into?: string): { lessons: DraftLesson[]; told: string } {
  const lessons: DraftLesson[] = [];
  const told: string[] = [];
  let full = 0;
  for (const file of files) {
    const id = into ?? newId();
    const refused = editor.uploadInto(id, file);
    if (!refused) lessons.push({ id, title: titleOfFile(file.name), kind: kindFor(file), module: '' });
    else if (refused === 'uploads_full') full++;
    else told.push(`${file.name}: ${(mw.value.wrong as Record<string, string>)[refused] ?? codeText(refused)}`);
  }
  if (full) told.push(mw.value.upload.tooMany(full, FILES_MAX));
  return { lessons, told: told.join(' ') };
}
