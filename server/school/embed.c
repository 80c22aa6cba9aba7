#include "school/embed.h"

#include <string.h>
#include <sys/random.h>

#define HOUR_MS (3600 * 1000LL)
#define ID_BITS 53 /* a number every JSON reader takes whole */

static int64_t random_id(void)
{
    uint64_t bits;
    if (getentropy(&bits, sizeof bits) != 0)
        g_error("school: the system gives no random bytes");
    return (int64_t)(bits >> (64 - ID_BITS)) | 1;
}

/* It goes into a header (frame-ancestors): nothing but a scheme, a host and a port. */
static bool check_site(const char *site, GError **error)
{
    if (*site == '\0' ||
        (strlen(site) <= EMBED_SITE_MAX &&
         g_regex_match_simple("^https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$", site, 0,
                              0)))
        return true;
    error_set(error, ERROR_INPUT, "not_a_site", "site",
              "A site is https:// and a host name in small letters, with nothing behind it");
    return false;
}

static void from_row(query *row, embed_link *is)
{
    *is = (embed_link){.id = query_int(row, 0),
                       .made_by = query_int(row, 3),
                       .made_ms = query_int(row, 4),
                       .until_ms = query_int(row, 5),
                       .revoked_ms = query_int(row, 6)};
    g_strlcpy(is->class_id, query_text(row, 1), sizeof is->class_id);
    g_strlcpy(is->site, query_text(row, 2), sizeof is->site);
}

GArray *embed_list(records *db, const char *class_id, GError **error)
{
    query *rows = records_query(db, SQL_EMBED_LIST, "ti", class_id, (int64_t)EMBEDS_LISTED);
    g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(embed_link));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        embed_link is;
        from_row(rows, &is);
        g_array_append_val(list, is);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

static bool is_room(records *db, const char *class_id, int64_t now_ms, GError **error)
{
    g_autoptr(GArray) all = embed_list(db, class_id, error);
    guint good = 0;
    for (guint i = 0; all && i < all->len; i++) {
        const embed_link *is = &g_array_index(all, embed_link, i);
        good += is->revoked_ms == 0 && is->until_ms > now_ms;
    }
    if (good >= EMBEDS_MAX)
        error_set(error, ERROR_CONFLICT, "embeds_full", NULL,
                  "This class has %d links already: take some back first", EMBEDS_MAX);
    return all && good < EMBEDS_MAX;
}

bool embed_add(records *db, base_clock *clock, const char *class_id, const char *site,
               int64_t hours, int64_t by, embed_link *made, GError **error)
{
    int64_t now_ms = clock_utc_ms(clock);
    if (!check_site(site, error) || !is_room(db, class_id, now_ms, error))
        return false;
    *made = (embed_link){.id = random_id(),
                         .made_by = by,
                         .made_ms = now_ms,
                         .until_ms = now_ms + CLAMP(hours, 1, EMBED_HOURS_MAX) * HOUR_MS};
    g_strlcpy(made->class_id, class_id, sizeof made->class_id);
    g_strlcpy(made->site, site, sizeof made->site);
    return records_run(db, error, SQL_EMBED_ADD, "ittiii", made->id, made->class_id, made->site, by,
                       made->made_ms, made->until_ms);
}

bool embed_read(records *db, int64_t id, embed_link *is, GError **error)
{
    query *row = records_query(db, SQL_EMBED_READ, "i", id);
    query_step_result step = query_step(row, error);
    if (step == QUERY_ROW)
        from_row(row, is);
    if (step == QUERY_END)
        error_set(error, ERROR_MISSING, "embed_missing", NULL, "There is no such link");
    query_end(row);
    return step == QUERY_ROW;
}

bool embed_revoke(records *db, base_clock *clock, int64_t id, GError **error)
{
    if (!records_run(db, error, SQL_EMBED_REVOKE, "ii", id, clock_utc_ms(clock)))
        return false;
    if (records_changed(db) > 0)
        return true;
    error_set(error, ERROR_CONFLICT, "embed_revoked", NULL, "This link was taken back already");
    return false;
}
