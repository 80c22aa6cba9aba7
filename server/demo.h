/*
 * The demonstration house: sample people, a course with a recorded lesson, and a class on air, all made here.
 *
 * Passwords are random, kept in <data>/demo-people.txt (mode 0600) and printed at each start; nothing of it exists
 * without --demo.
 *
 * Runs on: demo_prepare() on the main thread before the loop; demo_start() on the loop's thread.
 * Memory:  keeps nothing but what waits for the lesson to be made.
 */
#ifndef DEMO_H
#define DEMO_H

#include "base/clock.h"
#include "live/live.h"
#include "records/clerk.h"
#include "shelf/shelf.h"

/* People, course and class rows, if they are not there yet; prints and keeps the people when they are. */
bool demo_prepare(records *db, base_clock *clock, const char *data_dir, GError **error);

/* Has the recorded lesson made by a worker when the course has none, and adds it when it is ready. */
void demo_start(clerk *clerk, live *live, shelf *shelf, base_clock *clock);

#endif
