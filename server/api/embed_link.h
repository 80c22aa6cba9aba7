/*
 * The signed address of a class shown elsewhere: /embed/<class>?link=<id>&until=<ms>&site=<origin>&signature=<mac>.
 *
 * Checked without the database: it was made by us and has not been changed. Whether it was taken back, its row knows.
 *
 * Runs on: any thread.
 * Memory:  you own the strings.
 */
#ifndef API_EMBED_LINK_H
#define API_EMBED_LINK_H

#include "api/api.h"
#include "school/embed.h"

char *embed_link_url(const api_parts *parts, const embed_link *is);
/* What an address claims, in words as they came; false: we did not sign that. */
bool embed_link_check(const api_parts *parts, const char *class_id, const char *link,
                      const char *until, const char *site, const char *signature, embed_link *is);

#endif
