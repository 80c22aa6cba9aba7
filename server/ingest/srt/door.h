/*
 * Who may come in: the keys of the open classes, and what is asked of their callers.
 *
 * libsrt asks from a thread of its own, in the middle of a handshake; so the answer comes from
 * memory, under a lock that is never held while anything is waited for. The loop keeps the table.
 * What only the loop can know (is the class drained? did it fail a moment ago?) it decides after
 * the handshake.
 *
 * Runs on: any thread.
 * Memory:  you own what door_new() returns; keys and passphrases are copied.
 */
#ifndef SRT_DOOR_H
#define SRT_DOOR_H

#include <glib.h>
#include <stdbool.h>

#include "ingest/srt/streamid.h"

#define DOOR_PASSPHRASE_MAX 79 /* characters; SRTO_PASSPHRASE takes 10 to 79 */

/* Numbers as they go over the wire: 1000 and the like of HTTP (SRT access_control.h). */
typedef enum {
    DOOR_OPEN = 0,
    DOOR_NONSENSE = 1400,     /* SRT_REJX_BAD_REQUEST: no key in the stream id */
    DOOR_UNKNOWN = 1401,      /* SRT_REJX_UNAUTHORIZED: no open class has this key */
    DOOR_FULL = 1402,         /* SRT_REJX_OVERLOAD: as many callers as there may be */
    DOOR_ONLY_PUBLISH = 1405, /* SRT_REJX_BAD_MODE: it wants to receive */
} door_answer;
const char *door_answer_word(door_answer answer); /* "unknown key", for the log */

typedef struct door door;

door *door_new(void);
void door_free(door *d); /* NULL is fine */

/* passphrase NULL: none is asked for; a caller that brings one is refused by libsrt itself. */
void door_admit(door *d, const char *key, const char *passphrase);
void door_expel(door *d, const char *key); /* from now on; who is in stays in */

/* passphrase is "" when none is asked for. Both are filled in only when the answer is DOOR_OPEN. */
door_answer door_ask(door *d, const char *streamid, char key[STREAMID_KEY_MAX + 1],
                     char passphrase[DOOR_PASSPHRASE_MAX + 1]);

#endif
