/**
 * Which file on its way belongs to which lesson, from the moment it is picked until what became of it stands in the
 * lesson, over a reload too. A file is followed by its place in the queue; after a reload by its upload, or by its
 * print, or name and size, once it was picked again. It knows no DOM and no HTTP.
 *
 * Bounds: PAGES_MAX pages of files are read for an upload that is sought; after that it is looked for among the newest.
 */
import { reactive, watchSyncEffect } from 'vue';
import type { Asset } from '../api/make_types';
import type { UploadItem } from './upload_queue';

const PAGES_MAX = 40; // 2000 files

export interface Tie {
  /** Of the file. */
  name: string;
  bytes: number;
  /** Its row in the queue; 0 after a reload. */
  key: number;
  mark: string;
  /** The id of its upload; "" before the server has given one. */
  upload: string;
  /** The server has it all. */
  whole: boolean;
}

export interface TieParts {
  items(): readonly UploadItem[];
  kept(): string | null;
  keep(text: string): void;
}

export interface AssetsPage {
  assets: readonly Asset[];
  next: string | null;
}

/** The id in an upload's address. What it becomes has an id of its own, and names this one as `upload_id`. */
export const uploadIdOf = (url: string) => url.split('/').pop() ?? '';

function restored(text: string | null): [string, Tie][] {
  try {
    const list = JSON.parse(text ?? '[]') as [string, Partial<Tie> | string][];
    return list.map(([lesson, is]) => {
      const known = typeof is === 'string' ? { upload: is } : is;
      return [lesson, { name: known.name ?? '', bytes: known.bytes ?? 0, mark: known.mark ?? '', upload: known.upload ?? '', whole: known.whole ?? false, key: 0 }];
    });
  } catch {
    return [];
  }
}

export class LessonUploads {
  /** By lesson. */
  readonly ties = reactive(new Map<string, Tie>());
  /** Uploads that were looked for among all files. */
  private readonly sought = new Set<string>();

  constructor(private readonly parts: TieParts) {
    for (const [lesson, is] of restored(parts.kept())) this.ties.set(lesson, is);
    watchSyncEffect(() => this.follow()); // the page may be gone in the next moment
  }

  tie(lesson: string, item: UploadItem): void {
    this.ties.set(lesson, { name: item.name, bytes: item.bytes, key: item.key, mark: item.mark, upload: uploadIdOf(item.url), whole: false });
    this.store();
  }

  /** The lesson waits for no file any more. */
  drop(lesson: string): void {
    if (this.ties.delete(lesson)) this.store();
  }

  /** What was left of lessons that are no more. */
  keepOnly(lessons: ReadonlySet<string>): void {
    for (const lesson of [...this.ties.keys()]) if (!lessons.has(lesson)) this.drop(lesson);
  }

  itemOf(lesson: string): UploadItem | undefined {
    const is = this.ties.get(lesson);
    return is && this.find(is);
  }

  /** Some file is, or soon may be, among the server's. */
  get waiting(): boolean {
    return this.due().length > 0;
  }

  /**
   * Looks for what became of the files; `put` sets it into its lesson and says whether it could: until then the lesson
   * goes on waiting.
   */
  async arrive(page: (after: string) => Promise<AssetsPage>, put: (lesson: string, is: Asset) => boolean): Promise<void> {
    let after = '';
    for (let n = 0; n < PAGES_MAX && this.due().length > 0; n++) {
      const { assets, next } = await page(after);
      for (const [lesson, tie] of this.due()) {
        const is = assets.find((one) => one.upload_id === tie.upload);
        if (is && put(lesson, is) && this.ties.get(lesson)?.upload === tie.upload) this.drop(lesson);
      }
      if (!next || this.due().every(([, tie]) => this.sought.has(tie.upload))) break;
      after = next;
    }
    for (const [, tie] of this.due()) this.sought.add(tie.upload);
  }

  /** What the server may have made a file of: not while it is being sent. */
  private due(): [string, Tie][] {
    return [...this.ties].filter(([, tie]) => tie.upload !== '' && (tie.whole || !this.find(tie)));
  }

  private find(is: Tie): UploadItem | undefined {
    const items = this.parts.items();
    if (is.key) return items.find((item) => item.key === is.key);
    const again = (item: UploadItem) => {
      if (is.upload !== '' && uploadIdOf(item.url) === is.upload) return true;
      if (is.mark !== '' && item.mark !== '') return item.mark === is.mark;
      return is.mark === '' && is.bytes > 0 && item.name === is.name && item.bytes === is.bytes; // it never came to its turn
    };
    return items.find((item) => again(item) && item.phase !== 'refused');
  }

  /** An address can change while a file is sent: what the server forgot is begun anew. */
  private follow(): void {
    let changed = false;
    for (const [lesson, is] of [...this.ties]) {
      const item = this.find(is);
      if (!item) {
        if (is.key && !is.whole) changed = this.ties.delete(lesson) || changed; // it was cancelled
        continue;
      }
      const now = { ...is, key: item.key, mark: item.mark, upload: uploadIdOf(item.url) || is.upload, whole: item.phase === 'done' };
      if (now.key === is.key && now.mark === is.mark && now.upload === is.upload && now.whole === is.whole) continue;
      this.ties.set(lesson, now);
      changed = true;
    }
    if (changed) this.store();
  }

  private store(): void {
    this.parts.keep(this.ties.size ? JSON.stringify([...this.ties].map(([lesson, { key: _, ...is }]) => [lesson, is])) : '');
  }
}
