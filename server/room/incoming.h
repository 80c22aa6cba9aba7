/*
 * What a member sent, taken apart: one JSON object with a kind, and words fit to be shown to others.
 *
 * It trusts no byte and knows no room.
 *
 * Runs on: any thread.
 * Memory:  you own what is returned; kinds live as long as their message.
 */
#ifndef ROOM_INCOMING_H
#define ROOM_INCOMING_H

#include <glib.h>
#include <jansson.h>

#define INCOMING_ID_MAX 64 /* bytes of a client's own reference */

/* NULL unless it is one JSON object without duplicate keys whose "t" is text; then *kind is that text. */
json_t *incoming_parse(const char *text, gsize length, const char **kind);

/*
 * The words as they will stand: white space trimmed at both ends. NULL and a code ("empty", "too_long",
 * "control_character") when they cannot. At most max_chars characters; controls, line breaks and characters that
 * turn the direction of the text round are refused, as is text nobody could see.
 */
char *incoming_words(const char *text, gsize max_chars, const char **code);

/* The client's own reference "id", or NULL when there is none or it is not one (text, at most INCOMING_ID_MAX). */
const char *incoming_id(const json_t *message);

#endif
