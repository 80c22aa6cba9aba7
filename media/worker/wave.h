/*
 * How a lesson of sound alone looks: `wave.json` beside the journal, {"step_ms":...,"peaks":[0..255, ...]}.
 *
 * Runs on: any thread.
 * Memory:  borrows everything.
 */
#ifndef WORKER_WAVE_H
#define WORKER_WAVE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define WAVE_POINTS_MAX 4000 /* more are drawn together, two by two */

/* peaks: one byte each step. Written whole or not at all. STORAGE error. */
bool wave_write(const char *title_dir, GBytes *peaks, int64_t step_ms, GError **error);

#endif
