/** The open jobs as they stand: what runs, what waits and in which order, and where one would be moved to. Pure. */
import type { Job } from '../api/make_types';

export interface JobList {
  running: Job[];
  /** Queued or paused, in the order they will be taken. */
  waiting: Job[];
}

const RANK = { high: 0, normal: 1, low: 2 } as const;

export function jobList(jobs: readonly Job[]): JobList {
  const order = (a: Job, b: Job) =>
    Number(a.kind !== 'probe') - Number(b.kind !== 'probe') || RANK[a.priority] - RANK[b.priority] || a.place - b.place;
  return {
    running: jobs.filter((one) => one.state === 'running'),
    waiting: jobs.filter((one) => one.state === 'queued' || one.state === 'paused').sort(order),
  };
}

/** Probes stand apart: they come before all transcodes. */
const peers = (waiting: readonly Job[], job: Job) => waiting.filter((one) => one.kind === job.kind);

/**
 * The place it takes (from 1) when dropped before `before`; null when nothing would move. It takes the priority of the
 * place it is given.
 */
export function placeBefore(waiting: readonly Job[], id: string, before: string | null): number | null {
  const job = waiting.find((one) => one.id === id);
  if (!job) return null;
  const row = peers(waiting, job);
  const others = waiting.filter((one) => one.id !== id);
  const cut = before === null ? others.length : others.findIndex((one) => one.id === before);
  if (cut < 0) return null;
  const ahead = others.slice(0, cut).filter((one) => one.kind === job.kind).length;
  return ahead === row.indexOf(job) ? null : ahead + 1;
}

/** One up or down. */
export function placeStep(waiting: readonly Job[], id: string, by: -1 | 1): number | null {
  const job = waiting.find((one) => one.id === id);
  if (!job) return null;
  const row = peers(waiting, job);
  const at = row.indexOf(job) + by;
  return at >= 0 && at < row.length ? at + 1 : null;
}

export const jobShare = (job: Job): number => (job.length_ms > 0 ? Math.max(0, Math.min(1, job.done_ms / job.length_ms)) : 0);
