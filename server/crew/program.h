/*
 * A program of the operator's, run once: no shell and no words behind it, one text on its stdin, nothing read from it.
 *
 * It has the server's environment and stderr (its stdout goes there too), a process group of its own, and a limit:
 * who has not ended by then is killed with its group. It knows no reason why it runs.
 *
 * Runs on: the loop. SIGPIPE must be ignored: a program need not read what it is given.
 * Memory:  a run lives until `done` has returned, or program_free().
 */
#ifndef CREW_PROGRAM_H
#define CREW_PROGRAM_H

#include "crew/crew.h"

typedef struct program program;
/* Once. why: "exit 3", "signal 11", "did not end in 30 s"; "" when good. */
typedef void (*program_done)(bool good, const char *why, gpointer user);

/* The loop is copied, input kept. PEER "program_start" with the step when it cannot be started; done is not called then. */
program *program_run(const crew_loop *loop, const char *path, GBytes *input, int64_t limit_ms,
                     program_done done, gpointer user, GError **error);
/* The loop is over: done is not called. Who has read everything goes on alone, another is killed. NULL is fine. */
void program_free(program *p);

#endif
