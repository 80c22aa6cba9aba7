#include "people/revoked.h"

#include <string.h>

struct revoked {
    GHashTable *by_subject; /* text > int64_t, both owned */
    int64_t all_ms;         /* everything given until then is void */
};

revoked *revoked_new(void)
{
    revoked *list = g_new0(revoked, 1);
    list->by_subject = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return list;
}

void revoked_free(revoked *list)
{
    if (!list)
        return;
    g_hash_table_unref(list->by_subject);
    g_free(list);
}

static revoked_subject subject_of(char kind, int64_t number)
{
    revoked_subject subject;
    g_snprintf(subject.text, sizeof subject.text, "%c%" G_GINT64_FORMAT, kind, number);
    return subject;
}

revoked_subject revoked_person(int64_t person)
{
    return subject_of('p', person);
}

revoked_subject revoked_embed(int64_t link)
{
    return subject_of('e', link);
}

revoked_subject revoked_title(const char *title_id)
{
    revoked_subject subject = {"t"};
    g_strlcat(subject.text, title_id, sizeof subject.text);
    return subject;
}

bool revoked_note(records *db, base_clock *clock, revoked_subject subject, GError **error)
{
    int64_t now_ms = clock_utc_ms(clock);
    return records_run(db, error, SQL_REVOCATION_EXPIRE, "i", now_ms - PASS_LIFETIME_MS) &&
           records_run(db, error, SQL_REVOCATION_PUT, "ti", subject.text, now_ms);
}

static gboolean is_old(gpointer key, gpointer value, gpointer data)
{
    (void)key;
    return *(int64_t *)value < *(int64_t *)data;
}

static void make_room(revoked *list, int64_t now_ms)
{
    int64_t oldest_ms = now_ms - PASS_LIFETIME_MS;
    if (g_hash_table_size(list->by_subject) < REVOKED_MAX)
        return;
    g_hash_table_foreach_remove(list->by_subject, is_old, &oldest_ms);
    if (g_hash_table_size(list->by_subject) < REVOKED_MAX)
        return;
    g_hash_table_remove_all(list->by_subject);
    list->all_ms = now_ms;
}

void revoked_add(revoked *list, revoked_subject subject, int64_t at_ms)
{
    make_room(list, at_ms);
    g_hash_table_replace(list->by_subject, g_strdup(subject.text), g_memdup2(&at_ms, sizeof at_ms));
}

GArray *revoked_since(records *db, int64_t since_ms, GError **error)
{
    query *rows = records_query(db, SQL_REVOCATION_SINCE, "i", since_ms);
    g_autoptr(GArray) noted = g_array_new(FALSE, FALSE, sizeof(revoked_entry));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        revoked_entry entry = {.at_ms = query_int(rows, 1)};
        g_strlcpy(entry.subject.text, query_text(rows, 0), sizeof entry.subject.text);
        g_array_append_val(noted, entry);
    }
    return step == QUERY_END ? g_steal_pointer(&noted) : NULL;
}

bool revoked_learn(revoked *list, const revoked_entry *entry)
{
    const int64_t *known_ms = g_hash_table_lookup(list->by_subject, entry->subject.text);
    if (entry->at_ms <= list->all_ms || (known_ms && entry->at_ms <= *known_ms))
        return false;
    revoked_add(list, entry->subject, entry->at_ms);
    return true;
}

int64_t revoked_person_of(const revoked_subject *subject)
{
    return subject->text[0] == 'p' ? g_ascii_strtoll(subject->text + 1, NULL, 10) : 0;
}

const char *revoked_title_of(const revoked_subject *subject)
{
    return subject->text[0] == 't' ? subject->text + 1 : NULL;
}

bool revoked_load(revoked *list, records *db, base_clock *clock, GError **error)
{
    g_autoptr(GArray) noted = revoked_since(db, clock_utc_ms(clock) - PASS_LIFETIME_MS, error);
    for (guint i = 0; noted && i < noted->len; i++)
        revoked_learn(list, &g_array_index(noted, revoked_entry, i));
    return noted != NULL;
}

static bool covers(const revoked *list, revoked_subject subject, const pass *shown)
{
    const int64_t *at_ms = g_hash_table_lookup(list->by_subject, subject.text);
    return at_ms && shown->issued_ms <= *at_ms;
}

static bool is_void(const revoked *list, const pass *shown)
{
    if (shown->issued_ms <= list->all_ms)
        return true;
    if (g_hash_table_size(list->by_subject) == 0)
        return false;
    if (shown->role == PASS_EMBED && covers(list, revoked_embed(shown->viewer), shown))
        return true;
    if (shown->person != 0 && covers(list, revoked_person(shown->person), shown))
        return true;
    return covers(list, revoked_title(shown->title_id), shown);
}

bool revoked_check(const revoked *list, const pass *shown, GError **error)
{
    if (!list || !is_void(list, shown))
        return true;
    error_set(error, ERROR_DENIED, "pass_revoked", NULL,
              "This pass was taken back: ask for a new one");
    return false;
}
