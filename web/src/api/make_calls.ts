/** The calls of those who make recorded courses: files, jobs, the disk, drafts. Lists are never missing after this door. */
import { classes } from './calls';
import { call } from './http';
import type {
  Asset,
  Caption,
  CourseState,
  CourseVersion,
  Draft,
  DraftPage,
  Job,
  MadeCourse,
  Queue,
  Storage,
  Uploads,
} from './make_types';
import type { Course } from './types';

export { occupations } from './catalogue_calls';

const v1 = '/api/v1';
const id = encodeURIComponent;
const query = (all: Readonly<Record<string, string>>) => {
  const given = Object.entries(all).filter(([, value]) => value !== '');
  return given.length ? `?${new URLSearchParams(given).toString()}` : '';
};

/** An address of our own without its host: it is compared, and a proxy may name the host otherwise. */
export const pathOf = (url: string) => url.replace(/^https?:\/\/[^/]+/, '');

export const uploads = async (): Promise<Uploads> => {
  const got = await call<Partial<Uploads>>('GET', `${v1}/uploads`);
  return {
    uploads: (got.uploads ?? []).map((one) => ({ ...one, url: pathOf(one.url) })),
    quota: got.quota ?? { used_bytes: 0, max_bytes: 0 },
    max_bytes: got.max_bytes ?? 0,
  };
};

export interface AssetPage {
  assets: Asset[];
  next: string | null;
}
const wholeAsset = (is: Asset): Asset => ({ ...is, posters: is.posters ?? [], rungs: is.rungs ?? [], used_by: is.used_by ?? [] });
export const assets = async (wanted: { state?: string; kind?: string; q?: string; after?: string } = {}): Promise<AssetPage> => {
  const got = await call<Partial<AssetPage>>('GET', `${v1}/assets${query({ ...wanted })}`);
  return { assets: (got.assets ?? []).map(wholeAsset), next: got.next ?? null };
};
export const asset = async (assetId: string) => wholeAsset(await call<Asset>('GET', `${v1}/assets/${id(assetId)}`));
export const editAsset = async (assetId: string, wanted: { name?: string; poster_choice?: number }) =>
  wholeAsset(await call<Asset>('PATCH', `${v1}/assets/${id(assetId)}`, wanted));
export const deleteAsset = (assetId: string) => call<void>('DELETE', `${v1}/assets/${id(assetId)}`);
/** The uploaded file alone; what was made of it stays. */
export const deleteSource = (assetId: string) => call<void>('DELETE', `${v1}/assets/${id(assetId)}/source`);

const jobPage = async (state: 'open' | 'ended', from: number): Promise<Queue> => {
  const got = await call<Partial<Queue>>('GET', `${v1}/jobs?state=${state}&from=${from}`);
  return { jobs: got.jobs ?? [], more: got.more ?? 0, paused: got.paused ?? false, running: got.running ?? 0, cores: got.cores ?? 0 };
};
/** As many pages from the front as are wanted. What moved between two of them is there once. */
export const jobs = async (state: 'open' | 'ended', pages = 1): Promise<Queue> => {
  const got = await jobPage(state, 0);
  for (let n = 1; n < pages && got.more > 0; n++) {
    const page = await jobPage(state, got.jobs.length);
    const known = new Set(got.jobs.map((one) => one.id));
    const added = page.jobs.filter((one) => !known.has(one.id));
    if (!added.length) break;
    got.jobs.push(...added);
    got.more = page.more;
  }
  return got;
};
export type JobDeed = 'pause' | 'resume' | 'retry' | 'cancel';
export const jobDo = (jobId: string, deed: JobDeed) => call<Job>('POST', `${v1}/jobs/${id(jobId)}/${deed}`, {});
export const jobOrder = (jobId: string, wanted: { priority: Job['priority'] } | { place: number }) =>
  call<Job>('PATCH', `${v1}/jobs/${id(jobId)}`, wanted);
export const pauseQueue = (paused: boolean) => call<unknown>('POST', `${v1}/queue`, { paused });

/** The recording of a class; the class itself stays. */
export const deleteReplay = (classId: string) => call<void>('DELETE', `${v1}/classes/${id(classId)}/recording`);
export const storage = () => call<Storage>('GET', `${v1}/storage`);

export interface MadePage {
  courses: MadeCourse[];
  next: string | null;
}
export const made = async (state: CourseState | '' = '', after = ''): Promise<MadePage> => {
  const got = await call<Partial<MadePage>>('GET', `${v1}/courses${query({ mine: '1', state, after })}`);
  return { courses: got.courses ?? [], next: got.next ?? null };
};
const PAGES_MAX = 20;
/** All courses a lesson can be put into by whoever asks; what is not shown any more is not among them. */
export async function coursesToFill(): Promise<MadeCourse[]> {
  const courses: MadeCourse[] = [];
  let after = '';
  for (let n = 0; n < PAGES_MAX; n++) {
    const page = await made('', after);
    courses.push(...page.courses.filter((one) => one.state !== 'retired'));
    if (!page.next) break;
    after = page.next;
  }
  return courses;
}
export const beginCourse = (title: string) =>
  call<Course>('POST', `${v1}/courses`, { title, summary: '', rule: { coverage_permille: 900, minutes: 0 }, draft: true });

const wholeDraft = (page: DraftPage): DraftPage => ({ ...page, problems: page.problems ?? [] });
const draftPath = (courseId: string) => `${v1}/courses/${id(courseId)}/draft`;
export const draft = async (courseId: string) => wholeDraft(await call<DraftPage>('GET', draftPath(courseId)));
export const saveDraft = async (courseId: string, edit: number, is: Draft) =>
  wholeDraft(await call<DraftPage>('PUT', draftPath(courseId), { edit, draft: is }));

const deed = (courseId: string, name: string, body: unknown = {}) =>
  call<unknown>('POST', `${v1}/courses/${id(courseId)}/${name}`, body);
export const submitCourse = (courseId: string) => deed(courseId, 'submit');
export const withdrawReview = (courseId: string) => deed(courseId, 'withdraw_review');
export const rejectCourse = (courseId: string, reason: string) => deed(courseId, 'reject', { reason });
/** `edit`: the draft that was seen; when somebody saved another meanwhile, nothing is published. */
export const publishCourse = (courseId: string, note: string, edit: number) => deed(courseId, 'publish', { note, edit });
export const retireCourse = (courseId: string, reason: string) => deed(courseId, 'retire', { reason });
export const checkProof = async (courseId: string, n: number, edit: number, checked: boolean) =>
  call<unknown>('POST', `${v1}/courses/${id(courseId)}/masters/${n}/check`, { edit, checked });
export const versions = async (courseId: string) =>
  (await call<{ versions?: CourseVersion[] }>('GET', `${v1}/courses/${id(courseId)}/versions`)).versions ?? [];
/** What one of them held. */
export const courseVersion = async (courseId: string, n: number) =>
  (await call<{ draft: Draft }>('GET', `${v1}/courses/${id(courseId)}/versions/${n}`)).draft;

/** Their recordings become lessons with no work at all. */
export const endedClasses = async () => (await classes('mine')).filter((is) => is.state === 'closed' && is.duration_ms > 0);

const captionsPath = (titleId: string) => `${v1}/titles/${id(titleId)}/captions`;
export const captions = async (titleId: string) =>
  (await call<{ captions?: Caption[] }>('GET', captionsPath(titleId))).captions ?? [];
export const editCaption = (titleId: string, lang: string, wanted: { offset_ms?: number; label?: string }) =>
  call<unknown>('PATCH', `${captionsPath(titleId)}/${id(lang)}`, wanted);
export const deleteCaption = (titleId: string, lang: string) => call<void>('DELETE', `${captionsPath(titleId)}/${id(lang)}`);
/** The file goes as it is: the server reads WebVTT and SRT, UTF-8 and GB18030. */
export const putCaption = (titleId: string, lang: string, label: string, file: Blob) =>
  call<unknown>('PUT', `${captionsPath(titleId)}/${id(lang)}${query({ label })}`, file);
