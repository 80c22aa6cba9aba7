/*
 * The queue and its history, a page at a time.
 *
 * Who is at work comes first, then those that wait in the order they are begun; of what is over, the newest first. It
 * changes nothing.
 *
 * Runs on: a connection that reads (readers.h): a long queue keeps nobody who writes.
 * Memory:  job_page_clear() frees what a page holds.
 */
#ifndef TRANSCODE_JOB_PAGE_H
#define TRANSCODE_JOB_PAGE_H

#include "transcode/job.h"

#define JOBS_PAGE_MAX 100     /* in one page */
#define JOBS_COUNTED_MAX 1000 /* ended ones behind a page: more are not counted */

typedef struct {
    job is;
    int64_t nth; /* among all of its kind that wait, from 1; 0: it does not wait */
} job_listed;

typedef struct {
    GArray *jobs; /* of job_listed */
    int64_t more; /* so many are behind these */
} job_page;

void job_page_clear(job_page *page);

/* owner 0: everybody's. from: so many of them are passed over. */
bool jobs_open_page(records *db, int64_t owner, int64_t from, job_page *page, GError **error);
bool jobs_ended_page(records *db, int64_t owner, int64_t from, job_page *page, GError **error);

/* Where one job stands: as job_listed.nth. Also on the clerk's thread. */
bool job_nth(records *db, const job *is, int64_t *nth, GError **error);

#endif
