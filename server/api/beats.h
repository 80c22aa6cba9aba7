/*
 * Beats between a room's members and the ledger: "watch", "beat" and "leave_watch" of jiangtang.v1.
 *
 * Takes along what only the loop knows (content of the title, what was delivered) by value, asks the clerk, and tells
 * the verdict. Once a second it has everything written. It judges nothing itself.
 *
 * Runs on: the loop.
 * Memory:  you own what beats_new() returns; a member's seat lives until it left and its last answer came.
 */
#ifndef API_BEATS_H
#define API_BEATS_H

#include "api/api.h"

#define BEATS_FLUSH_MS 1000
#define BEATS_BURST 8       /* watches and beats of a member at once, then one each half interval */
#define BEATS_AWARD_EVERY 6 /* beats of an ended title between two looks at what has become due */

typedef struct beats beats;

beats *beats_new(const api_parts *parts);
/*
 * Before the clerk goes: posts the last flush. Answers that are still on their way and members that leave later are
 * taken care of. NULL is fine.
 */
void beats_free(beats *is);

/* As room_news.on_other and .on_left. */
void beats_on_message(beats *is, room_member *member, const char *kind, json_t *message);
void beats_on_left(beats *is, room_member *member);

/* A class is over: whoever has learnt enough of it gets what is due. */
void beats_title_ended(beats *is, const char *title_id);

#endif
