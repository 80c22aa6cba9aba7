/** What a file seems to be by its name, so that an obvious slip is told at once. The server alone decides. Pure. */
import type { UploadKind } from '../api/make_types';

export type Seems = 'media' | 'document' | 'picture' | 'other_document' | 'subtitles' | 'archive' | 'playlist' | 'unknown';

const KNOWN: Readonly<Record<string, Seems>> = {};
function known(seems: Seems, names: string): void {
  for (const name of names.split(' ')) (KNOWN as Record<string, Seems>)[name] = seems;
}
known('media', 'mp4 m4v mov mkv webm avi wmv flv f4v ts mts m2ts mpg mpeg vob 3gp mxf asf rm rmvb ogv dv');
known('media', 'mp3 m4a aac wav flac ogg oga opus wma amr aif aiff');
known('document', 'pdf');
known('picture', 'jpg jpeg png gif bmp webp heic tif tiff svg psd');
known('other_document', 'doc docx ppt pptx xls xlsx wps et dps txt md rtf csv');
known('subtitles', 'srt vtt ass ssa');
known('archive', 'zip rar 7z tar gz');
known('playlist', 'm3u8 m3u pls torrent');

export function seemsOf(name: string): Seems {
  return KNOWN[(/\.([^.]+)$/.exec(name)?.[1] ?? '').toLowerCase()] ?? 'unknown';
}

export const kindOf = (name: string): UploadKind => (seemsOf(name) === 'document' ? 'handout' : 'media');

/** Not even worth trying: no server could make a lesson of it. */
export const isWrong = (seems: Seems): boolean =>
  seems === 'picture' || seems === 'other_document' || seems === 'subtitles' || seems === 'archive' || seems === 'playlist';

/** For the file picker. */
export const PICKED = 'video/*,audio/*,application/pdf,.mkv,.flv,.ts,.mts,.m2ts,.rmvb,.wmv,.mxf';
