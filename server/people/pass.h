/*
 * A signed pass: who may see and hear one title until when, checked without the database.
 *
 * base64url(payload) "." base64url(HMAC-SHA256), in exactly one spelling. It carries no name and
 * nothing secret, and holds until it expires or is revoked (people/revoked.h).
 *
 * Runs on: any thread (a key is immutable).
 * Memory:  values; you own the strings.
 */
#ifndef PEOPLE_PASS_H
#define PEOPLE_PASS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PASS_LIFETIME_MS (6 * 3600 * 1000LL) /* the page renews at half of it */
#define PASS_TEXT_MAX 400

/* A host may moderate the room and see hands. An embedded player has the picture and no room. */
typedef enum { PASS_VIEWER, PASS_HOST, PASS_EMBED } pass_role;

typedef struct {
    int64_t viewer; /* random per issue: one page visit; PASS_EMBED: the link's number */
    int64_t person; /* 0: a guest; guests earn nothing and may not speak */
    char title_id[33];
    pass_role role;
    int64_t issued_ms; /* UTC: when the right to it was judged */
    int64_t until_ms;  /* UTC */
} pass;

typedef struct pass_key pass_key;
pass_key *pass_key_new(GBytes *secret); /* 32 bytes */
void pass_key_free(pass_key *key);

char *pass_issue(const pass_key *key, const pass *pass);
/* DENIED "pass_invalid" / "pass_expired". now_ms is UTC. */
bool pass_check(const pass_key *key, const char *text, int64_t now_ms, pass *pass, GError **error);

/*
 * The signature of any other text that has a blank in it (what a pass signs has none): base64url, you own it. The second
 * compares in constant time.
 */
char *pass_sign(const pass_key *key, const char *text);
bool pass_secret_is(const char *right, const char *shown);

#endif
