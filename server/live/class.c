#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "live/inside.h"

#define LIST_MAX 100

void random_text(char *out, gsize size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    gsize count = size - 1;
    for (gsize done = 0; done < count;) {
        ssize_t n = getrandom(out + done, count - done, 0);
        if (n < 0 && errno != EINTR)
            g_error("no random bytes: %s", g_strerror(errno));
        done += n > 0 ? (gsize)n : 0;
    }
    for (gsize i = 0; i < count; i++)
        out[i] = letters[(uint8_t)out[i] & 31];
    out[count] = '\0';
}

void text_copy(char *out, gsize size, const char *text)
{
    g_strlcpy(out, text, size);
    const char *end;
    if (!g_utf8_validate(out, -1, &end))
        out[end - out] = '\0';
}

bool class_check_title(const char *title, GError **error)
{
    glong chars = g_utf8_validate(title, -1, NULL) ? g_utf8_strlen(title, -1) : 0;
    if (chars >= 1 && chars <= LIVE_TITLE_CHARS)
        return true;
    error_set(error, ERROR_INPUT, "title_length", "title", "a title has 1 to %d characters",
              LIVE_TITLE_CHARS);
    return false;
}

bool class_check_plan(int64_t planned_ms, int64_t now_ms, GError **error)
{
    if (planned_ms == 0 || (planned_ms > now_ms && planned_ms <= now_ms + LIVE_PLAN_MS))
        return true;
    error_set(error, ERROR_INPUT, "planned_time", "planned_ms",
              "a class is planned for a time within the next year");
    return false;
}

bool live_class_insert(records *db, base_clock *clock, const char *title, int64_t master,
                       const char *master_name, const char *course_id, int64_t planned_ms,
                       bool pattern, live_class *made, GError **error)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(title));
    int64_t now_ms = clock_utc_ms(clock);
    if (!class_check_title(trimmed, error) || !class_check_plan(planned_ms, now_ms, error))
        return false;
    *made = (live_class){
        .master = master, .planned_ms = planned_ms, .created_ms = now_ms, .pattern = pattern};
    made->state = planned_ms > 0 ? CLASS_PLANNED : CLASS_WAITING;
    random_text(made->id, 13);
    random_text(made->title_id, 13);
    random_text(made->key, sizeof made->key);
    random_text(made->backup_key, sizeof made->backup_key);
    text_copy(made->title, sizeof made->title, trimmed);
    text_copy(made->master_name, sizeof made->master_name, master_name);
    g_strlcpy(made->course_id, course_id ? course_id : "", sizeof made->course_id);
    return records_run(db, error, SQL_CLASS_ADD, "tttttittiiit", made->id, made->title_id,
                       made->title, made->course_id, made->key, made->master, made->master_name,
                       class_state_word(made->state), made->planned_ms, made->created_ms,
                       (int64_t)made->pattern, made->backup_key);
}

bool live_class_cut(records *db, base_clock *clock, const char *id, const char *reason,
                    GError **error)
{
    if (!records_run(db, error, SQL_CLASS_CUT, "tit", id, clock_utc_ms(clock), reason))
        return false;
    if (records_changed(db) > 0)
        return true;
    error_set(error, ERROR_CONFLICT, "class_cut", NULL, "the class was cut off already");
    return false;
}

bool class_save(records *db, const live_class *is, GError **error)
{
    return records_run(db, error, SQL_CLASS_SAVE, "tttiitt", is->id, is->key,
                       class_state_word(is->state), is->started_ms, is->closed_ms, is->trouble,
                       is->backup_key);
}

/* The row the query stands on. */
static void class_from_row(query *row, live_class *is)
{
    *is = (live_class){.master = query_int(row, 5),
                       .planned_ms = query_int(row, 8),
                       .created_ms = query_int(row, 9),
                       .started_ms = query_int(row, 10),
                       .closed_ms = query_int(row, 11),
                       .pattern = query_int(row, 13) != 0,
                       .cut_ms = query_int(row, 14)};
    g_strlcpy(is->id, query_text(row, 0), sizeof is->id);
    g_strlcpy(is->title_id, query_text(row, 1), sizeof is->title_id);
    text_copy(is->title, sizeof is->title, query_text(row, 2));
    g_strlcpy(is->course_id, query_text(row, 3), sizeof is->course_id);
    g_strlcpy(is->key, query_text(row, 4), sizeof is->key);
    text_copy(is->master_name, sizeof is->master_name, query_text(row, 6));
    if (!class_state_parse(query_text(row, 7), &is->state))
        is->state = CLASS_FAILED;
    text_copy(is->trouble, sizeof is->trouble, query_text(row, 12));
    text_copy(is->cut_reason, sizeof is->cut_reason, query_text(row, 15));
    g_strlcpy(is->backup_key, query_text(row, 16), sizeof is->backup_key);
}

static bool read_one(query *found, live_class *is, GError **error)
{
    switch (query_step(found, error)) {
    case QUERY_ROW:
        class_from_row(found, is);
        return true;
    case QUERY_END:
        error_set(error, ERROR_MISSING, "class_missing", NULL, "there is no such class");
        return false;
    default:
        return false;
    }
}

bool live_class_read(records *db, const char *id, live_class *is, GError **error)
{
    return read_one(records_query(db, SQL_CLASS_BY_ID, "t", id), is, error);
}

bool live_class_read_title(records *db, const char *title_id, live_class *is, GError **error)
{
    return read_one(records_query(db, SQL_CLASS_BY_TITLE, "t", title_id), is, error);
}

GArray *class_list_state(records *db, class_state state, int64_t master, int limit, GError **error)
{
    const char *word = class_state_word(state);
    int by_state = state == CLASS_PLANNED ? SQL_CLASSES_PLANNED : SQL_CLASSES_BY_STATE;
    query *rows =
        master ? records_query(db, SQL_CLASSES_BY_MASTER, "iti", master, word, (int64_t)limit)
               : records_query(db, by_state, "ti", word, (int64_t)limit);
    GArray *list = g_array_new(FALSE, FALSE, sizeof(live_class));
    query_step_result result;
    while ((result = query_step(rows, error)) == QUERY_ROW) {
        live_class is;
        class_from_row(rows, &is);
        g_array_append_val(list, is);
    }
    if (result == QUERY_END)
        return list;
    g_array_unref(list);
    return NULL;
}

static int rank(class_state state)
{
    switch (state) {
    case CLASS_ON_AIR:
    case CLASS_INTERRUPTED:
        return 0;
    case CLASS_WAITING:
    case CLASS_CLOSING:
        return 1;
    case CLASS_PLANNED:
        return 2;
    default:
        return 3;
    }
}

static int more_urgent_first(gconstpointer a, gconstpointer b)
{
    const live_class *x = a, *y = b;
    if (rank(x->state) != rank(y->state))
        return rank(x->state) - rank(y->state);
    if (x->planned_ms != y->planned_ms && x->state == CLASS_PLANNED)
        return x->planned_ms < y->planned_ms ? -1 : 1;
    if (x->created_ms != y->created_ms)
        return x->created_ms > y->created_ms ? -1 : 1;
    return strcmp(y->id, x->id);
}

GArray *live_class_list(records *db, guint states, int64_t master, int limit, GError **error)
{
    limit = CLAMP(limit, 1, LIST_MAX);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(live_class));
    for (class_state state = CLASS_PLANNED; state <= CLASS_FAILED; state++) {
        if (!(states & (1u << state)))
            continue;
        g_autoptr(GArray) some = class_list_state(db, state, master, limit, error);
        if (!some) {
            g_array_unref(all);
            return NULL;
        }
        if (some->len > 0)
            g_array_append_vals(all, some->data, some->len);
    }
    g_array_sort(all, more_urgent_first);
    g_array_set_size(all, MIN(all->len, (guint)limit));
    return all;
}
