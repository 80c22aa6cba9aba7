/*
 * Which people are in one room, over how many sockets each, and whose hand is up.
 *
 * A person has one hand, however many sockets; it comes down when the last of them leaves. Guests are not people
 * here. It knows no sockets and reads no clock.
 *
 * Runs on: one thread per object.
 * Memory:  you own what roster_new() returns; names are copied.
 */
#ifndef ROOM_ROSTER_H
#define ROOM_ROSTER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct roster roster;

roster *roster_new(void);
void roster_free(roster *roster); /* NULL is fine */

void roster_enter(roster *roster, int64_t person, const char *name);
/* True when that was the person's last socket and a hand came down with it. */
bool roster_leave(roster *roster, int64_t person);

/* True when it moved. A person who is not here has no hand. */
bool roster_hand(roster *roster, int64_t person, bool up, int64_t at_ms);
guint roster_hands_up(const roster *roster);
guint roster_sockets(const roster *roster, int64_t person); /* 0: not here */

typedef struct {
    int64_t person;
    int64_t at_ms; /* UTC, when it went up */
    char name[204];
} roster_raised;
/* Hands that are up, the first one first: array of roster_raised, yours. person 0: everybody's, else that one's. */
GArray *roster_raised_hands(const roster *roster, int64_t person);

#endif
