/*
 * The head of one HTTP/1 request: request line and header fields, read strictly (RFC 9112).
 *
 * Pure: bytes in, fields out. What could be understood in two ways is refused: bare line feeds,
 * folded lines, blanks before a colon, a second Host, Content-Length or Transfer-Encoding, escapes
 * that are none, and any path router_path_ok() does not like once it is decoded.
 *
 * Runs on: any thread.
 * Memory:  you own what head_parse() returns; strings it hands out live as long, unless told.
 */
#ifndef NET_HEAD_H
#define NET_HEAD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define HEAD_FIELDS_MAX 100 /* lines; more: refused */
#define HEAD_METHOD_MAX 16  /* bytes */

typedef struct head head;

/* Bytes of the head with its empty line; 0 while that has not come. */
gsize head_length(const char *bytes, gsize length);

/* `length` as head_length() gave it. NULL: not a request we take. */
head *head_parse(const char *bytes, gsize length);
void head_free(head *head); /* NULL is fine */

const char *head_method(const head *head); /* as sent: "GET" */
const char *head_path(const head *head);   /* decoded, without the query */

/* The field's value, NULL if there is none; several are joined by ", " (cookies by "; "). */
const char *head_field(const head *head, const char *name); /* lower-case name */

/* Decoded value of the first such query parameter, newly allocated; NULL: none (or not text). */
char *head_query(const head *head, const char *name);

bool head_stays_open(const head *head); /* HTTP/1.1 without "Connection: close" */

/* RFC 9110 10.1.1: of an older client the wish is ignored. */
bool head_expects_100(const head *head);

typedef enum {
    HEAD_BODY_NONE,
    HEAD_BODY_LENGTH,
    HEAD_BODY_CHUNKED,
    HEAD_BODY_WRONG
} head_body_kind;
/* *length is set in every case; 0 unless HEAD_BODY_LENGTH, then at least 1. */
head_body_kind head_body(const head *head, int64_t *length);

#endif
