/** What the server says over HTTP (api/openapi.json). Times are UTC milliseconds, media times title milliseconds. */

export type Role =
  | 'learner'
  | 'master'
  | 'assistant'
  | 'staff'
  | 'institution'
  | 'employer'
  | 'supervisor'
  | 'auditor'
  | 'admin';

export interface Person {
  id: number;
  login: string;
  name: string;
  role: Role;
}

export interface Me {
  person: Person | null;
  setup_needed: boolean;
}

export interface SignedIn {
  token: string;
  person: Person;
}

export type ClassState = 'planned' | 'waiting' | 'on_air' | 'interrupted' | 'closing' | 'closed' | 'failed';

/** Where an encoder sends the class: a secret of its master. */
/** What a second encoder is given; it stands by. */
export interface Backup {
  key: string;
  srt?: string;
  srt_passphrase?: string;
}

export interface Publish {
  rtmp: string;
  /** The same behind TLS; absent where there is no certificate. */
  rtmps?: string;
  key: string;
  backup: Backup;
  /** The whole address, key and passphrase included; absent where SRT is off. */
  srt?: string;
  /** Once more, for encoders with a field for it. */
  srt_passphrase?: string;
  /** For a browser's offer, with the key as bearer token; absent where WebRTC is off. */
  whip?: string;
}

export type ViewingKind = 'public' | 'signed_in' | 'enrolled' | 'institution';

export interface Institution {
  code: string;
  name: string;
}

/** What somebody who may not watch has to do first. */
export interface Need {
  to: 'sign_in' | 'enrol' | 'institution';
  course: { id: string; title: string } | null;
  institution: Institution | null;
}

export interface Viewing {
  who: ViewingKind;
  institution: Institution | null;
  /** Of whoever asks; null: they may watch. */
  need: Need | null;
}

export interface WantedViewing {
  who: ViewingKind;
  institution?: string;
}

export interface RollEntry extends Person {
  institution: Institution | null;
  blocked: boolean;
}

export interface Pupil {
  person: { id: number; login: string; name: string };
  since_ms: number;
  withdrawn: boolean;
}

/** A link that shows a class on a page elsewhere. */
export interface Embed {
  id: number;
  class_id: string;
  url: string;
  site: string;
  made_ms: number;
  until_ms: number;
  revoked_ms: number;
}

export interface LiveClass {
  id: string;
  title_id: string;
  title: string;
  state: ClassState;
  planned_ms: number;
  created_ms: number;
  started_ms: number;
  closed_ms: number;
  master: { id: number; name: string } | null;
  course: { id: string; title: string } | null;
  viewers: number;
  playback: string;
  /** UTC of title time 0; 0 while nothing was sent yet. */
  epoch_ms: number;
  duration_ms: number;
  hour_minutes: number;
  removed?: Removed | null;
  /** The staff stopped it: nobody may watch it any more. */
  cut_off: boolean;
  kept_until_ms: number;
  planned_minutes: number;
  viewing: Viewing;
  may_arrange: boolean;
  /** Whoever asks wants to be reminded. */
  reminded: boolean;
  poster: string | null;
  publish?: Publish;
  trouble?: string;
  publisher?: string;
  /** Another encoder that stands by. */
  standby?: string;
  /** Who is on air came with the backup key. */
  on_backup?: boolean;
  /** Why the staff stopped it; "" where they did not. */
  cut_reason?: string;
}

export interface Pass {
  pass: string;
  until_ms: number;
  title_id: string;
  person: Person | null;
}

export interface LessonProgress {
  covered_ms: number;
  credited_ms: number;
  content_ms: number;
  complete: boolean;
}

export type LessonState = 'ready' | ClassState;

/** recorded, audio, live: watched and counted; document and link: read, and never counted. */
export type LessonKind = 'recorded' | 'audio' | 'live' | 'document' | 'link';

/** A file to read, as PDF. */
export interface Handout {
  id: string;
  url: string;
  name?: string;
  bytes?: number;
}

export interface Lesson {
  id: string;
  title: string;
  kind: LessonKind;
  /** null where there is nothing to play. */
  title_id: string | null;
  class_id: string | null;
  state: LessonState;
  duration_ms: number;
  progress: LessonProgress | null;
  poster: string | null;
  /** Of a link. */
  url?: string | null;
  /** Of a document. */
  handout?: Handout | null;
  /** Rises when its video is replaced. */
  version?: number;
  /** One of the general modules, "" for the trade itself. */
  module?: string;
}

/** A recording that is no more: since when, and whether its time was over or a person removed it. */
export interface Removed {
  at_ms: number;
  by: 'policy' | 'person';
}

export interface LessonPage extends Lesson {
  removed?: Removed | null;
  course: { id: string; title: string } | null;
  playback: string;
  epoch_ms: number;
  viewing: Viewing;
  next_lesson_id: string | null;
}

export interface Rule {
  coverage_permille: number;
  minutes: number;
}

export interface Missing {
  condition: string;
  have: number;
  need: number;
}

export interface CourseProgress {
  covered_ms: number;
  credited_ms: number;
  content_ms: number;
  minutes_needed: number;
  coverage_permille: number;
  eligible: boolean;
  missing: Missing[];
}

/** Of a trade, lowest first. */
export const LEVELS = ['5', '4', '3', '2', '1'] as const;
/** What every trade has to learn besides. */
export const MODULES = ['quality', 'law', 'guidance', 'safety', 'fire', 'health', 'epidemic'] as const;
export type Module = (typeof MODULES)[number];

export interface Occupation {
  /** Of the national list: "2022". Codes move between editions. */
  edition: string;
  code: string;
  name: string;
}

export interface CourseMaster {
  name: string;
  /** What the master is honoured for; null: nothing whose proof staff have seen. */
  kind: string | null;
  intro: string;
}

export interface CourseChapter {
  id: string;
  title: string;
  lesson_ids: string[];
}

/** A course as a list of finds shows it. */
export interface FoundCourse {
  id: string;
  title: string;
  summary: string;
  occupation: Occupation | null;
  level: string;
  tags: string[];
  /** Declared, in hours of training; 0: none. */
  hours: number;
  /** Measured. */
  minutes: number;
  lessons: number;
  master_name: string;
  poster: string | null;
  free_until_ms: number | null;
}

/** Written by a learner at a time of a lesson, seen by nobody else. */
export interface LessonNote {
  id: number;
  at_ms: number;
  text: string;
  changed_ms: number;
}

/** Words of a title to read along, in one language. */
export interface Caption {
  lang: string;
  label: string;
  url: string;
}

export interface Course {
  id: string;
  title: string;
  summary: string;
  state?: 'draft' | 'in_review' | 'published' | 'retired';
  version?: number;
  occupation?: Occupation | null;
  /** "5" (lowest) to "1", "" for none. */
  level?: string;
  tags?: string[];
  declared_hours?: number;
  measured_minutes?: number;
  masters?: CourseMaster[];
  chapters?: CourseChapter[];
  free_from_ms?: number | null;
  free_until_ms?: number | null;
  master_name: string;
  hours_minutes: number;
  rule: Rule;
  lessons: Lesson[];
  viewing: Viewing;
  may_arrange: boolean;
  enrolled: boolean;
  progress: CourseProgress | null;
}

export interface Certificate {
  id: string;
  serial: string;
  token: string;
  course: { id: string; title: string };
  person_name: string;
  minutes: number;
  hours_text: string;
  issued_ms: number;
  from_ms: number;
  to_ms: number;
  verify_url: string;
  revoked_ms: number | null;
}

export interface Learning {
  courses: { course: Course; progress: CourseProgress; certificate: Certificate | null }[];
  classes: {
    class_id: string;
    title: string;
    title_id: string;
    credited_ms: number;
    covered_ms: number;
    last_ms: number;
  }[];
  total_credited_ms: number;
  certificates: Certificate[];
}

/** A half-open stretch of title time. */
export type Span = [from_ms: number, to_ms: number];

export interface Refused {
  reason: string;
  ms: number;
}

export interface Chapter {
  id: number;
  /** Title time. */
  at_ms: number;
  title: string;
}

/** Small pictures of a title on one sheet, from left to right and top to bottom. */
export interface Sheet {
  n: number;
  columns: number;
  rows: number;
  width: number;
  height: number;
  tiles_ms: number[];
}

export interface TitleLearning {
  covered: Span[];
  covered_ms: number;
  credited_ms: number;
  content_ms: number;
  resume_ms: number;
  refused: Refused[];
}
