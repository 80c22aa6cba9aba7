/** What the server says to those who make recorded courses (api/openapi.json). Times are UTC milliseconds. */
import type { LEVELS, Module, Rule, WantedViewing } from './types';

export { LEVELS, MODULES, type Module, type Occupation } from './types';

export type UploadKind = 'media' | 'handout';

/** An upload the server has not all of yet. */
export interface UploadLeft {
  id: string;
  name: string;
  kind: UploadKind;
  bytes: number;
  offset: number;
  created_ms: number;
  expires_ms: number;
  url: string;
  /** The page's own print of the content, given when it began; "" where none was. */
  mark?: string;
}

export interface Uploads {
  uploads: UploadLeft[];
  quota: { used_bytes: number; max_bytes: number };
  /** Of one file. */
  max_bytes: number;
}

/** What a probe found; of what was refused, little. */
export interface Probe {
  container?: string;
  duration_ms: number;
  video?: { codec: string; width: number; height: number; rotation: number; fps_milli: number; interlaced?: boolean; hdr?: boolean | string } | null;
  audio?: { codec: string; rate: number; channels: number; loudness_lufs?: number | null } | null;
}

/** Why something did not work, by a stable code, with what was found. */
export interface MakeTrouble {
  code: string;
  found?: string;
  detail?: string;
}

export type AssetState = 'probing' | 'refused' | 'queued' | 'transcoding' | 'paused' | 'ready' | 'failed' | 'cancelled';
export type AssetKind = 'video' | 'audio' | 'handout';

export interface Asset {
  id: string;
  /** Of the file it came from. */
  upload_id?: string;
  name: string;
  kind: AssetKind;
  bytes: number;
  sha256: string;
  owner: { id: number; name: string } | null;
  created_ms: number;
  state: AssetState;
  probe: Probe | null;
  trouble: MakeTrouble | null;
  title_id: string | null;
  /** It can be watched, though not all of it may be done. */
  playable: boolean;
  duration_ms: number;
  poster: string | null;
  posters: string[];
  rungs: string[];
  job: Job | null;
  used_by: { course_id: string; course_title: string; lesson_title: string; draft?: boolean }[];
}

export type JobState = 'queued' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled';

export interface Job {
  id: string;
  asset_id: string;
  name: string;
  kind: 'probe' | 'transcode';
  state: JobState;
  priority: 'high' | 'normal' | 'low';
  place: number;
  done_ms: number;
  length_ms: number;
  left_ms: number | null;
  speed: number | null;
  attempts: number;
  trouble: MakeTrouble | null;
  created_ms: number;
  started_ms: number;
  ended_ms: number;
}

export interface Queue {
  jobs: Job[];
  /** Behind those. */
  more: number;
  /** The whole queue stands still. */
  paused: boolean;
  running: number;
  cores: number;
}

export const STORES = ['recordings', 'live_replays', 'sources', 'spool', 'handouts', 'database'] as const;
export type Store = (typeof STORES)[number];

export interface Stored {
  /** recording, replay, source, handout, other. */
  kind: string;
  /** Of its file, or of its class. */
  id: string;
  name: string;
  bytes: number;
  created_ms: number;
  used: boolean;
  /** The first course that has it. */
  used_by?: string | null;
  /** Only its draft does. */
  used_by_draft?: boolean;
  deletable: boolean;
  kept_until_ms: number | null;
}

export interface Storage {
  disk: { total_bytes: number; free_bytes: number };
  used: Record<Store, number>;
  largest: Stored[];
  retention: Record<string, number>;
}

export type CourseState = 'draft' | 'in_review' | 'published' | 'retired';
export const MASTER_KINDS = [
  'grand_award',
  'technical_expert',
  'skill_master',
  'worldskills',
  'post_model',
  'heritage',
  'unique_craft',
  'work_method',
  'rural_talent',
  'other',
] as const;
export type MasterKind = (typeof MASTER_KINDS)[number];
/** Kinds of trade the state asks for; any other tag is a word of the school's own. */
export const TRADE_TAGS = ['urgent', 'mass', 'new'] as const;

export type LessonKind = 'video' | 'audio' | 'live' | 'document' | 'link';

export interface DraftLesson {
  id: string;
  title: string;
  kind: LessonKind;
  asset_id?: string;
  title_id?: string;
  class_id?: string;
  handout_id?: string;
  url?: string;
  module: Module | '';
}

export interface DraftChapter {
  id: string;
  title: string;
  lessons: DraftLesson[];
}

export interface DraftMaster {
  name: string;
  kind: MasterKind;
  proof: string;
  intro: string;
}

export interface Draft {
  title: string;
  summary: string;
  occupation: { edition: string; code: string } | null;
  level: '' | (typeof LEVELS)[number];
  tags: string[];
  declared_hours: number;
  hour_minutes: number;
  rule: Rule & { general_max_permille?: number | null };
  modules_required: Module[];
  masters: DraftMaster[];
  free_from_ms: number | null;
  free_until_ms: number | null;
  cover_asset: string;
  viewing: WantedViewing | null;
  chapters: DraftChapter[];
}

/** What keeps a draft from being published; `path` leads to the field ("chapters.0.lessons.2"). */
export interface Problem {
  code: string;
  path: string;
  have?: number;
  need?: number;
  text?: string;
}

export interface DraftPage {
  course_id: string;
  /** Which saving this is: whoever saves says which one they began from. */
  edit: number;
  state: CourseState;
  version: number;
  changed_ms: number | null;
  draft: Draft;
  problems: Problem[];
  /** What this house asks of every course: a draft may ask for more, not for less. */
  house?: { modules_required: Module[]; general_max_permille: number | null };
  /** One for each master: when staff saw that the proof is good. */
  proofs?: ({ at_ms: number; by_name: string } | null)[];
  measured_minutes?: number;
  review: { reason: string; by: { id: number; name: string } | null; at_ms: number } | null;
}

export interface CourseVersion {
  version: number;
  published_ms: number;
  by: { id: number; name: string } | null;
  note: string;
  lessons: number;
  minutes: number;
}

/** A course as its makers list it. */
export interface MadeCourse {
  id: string;
  title: string;
  state?: CourseState;
  version?: number;
  master_name: string;
  measured_minutes?: number;
  declared_hours?: number;
  lessons?: { id: string; poster?: string | null }[];
  changed_ms?: number;
}

export interface Caption {
  lang: string;
  label: string;
  offset_ms: number;
  cues: number;
  url: string;
}
