#include "school/note.h"

#include <string.h>
#include <sys/random.h>

#include "school/text.h"

#define ID_BITS 53 /* a number every JSON reader takes whole */

static int64_t random_id(void)
{
    uint64_t bits = 0;
    if (getentropy(&bits, sizeof bits) != 0)
        g_error("school: the system gives no random bytes");
    return (int64_t)(bits >> (64 - ID_BITS));
}

static void read_note(query *row, school_note *is)
{
    memset(is, 0, sizeof *is);
    is->id = query_int(row, 0);
    g_strlcpy(is->lesson_id, query_text(row, 1), sizeof is->lesson_id);
    is->at_ms = query_int(row, 2);
    g_strlcpy(is->text, query_text(row, 3), sizeof is->text);
    is->changed_ms = query_int(row, 4);
}

static GArray *read_notes(records *db, int64_t person, const char *lesson_id, GError **error)
{
    query *rows = records_query(db, SQL_NOTE_LIST, "iti", person, lesson_id, (int64_t)NOTES_MAX);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(school_note));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        school_note is;
        read_note(rows, &is);
        g_array_append_val(list, is);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

/* A lesson may leave its course: whoever wrote beside it keeps that. */
GArray *note_list(records *db, int64_t person, const char *lesson_id, GError **error)
{
    school_lesson lesson;
    g_autoptr(GArray) list = read_notes(db, person, lesson_id, error);
    if (!list || (list->len == 0 && !school_lesson_read(db, lesson_id, &lesson, error)))
        return NULL;
    return g_steal_pointer(&list);
}

static bool check_time(int64_t at_ms, GError **error)
{
    if (at_ms >= 0 && at_ms <= NOTE_AT_MAX_MS)
        return true;
    error_set(error, ERROR_INPUT, "out_of_range", "at_ms", "No lesson has such a time");
    return false;
}

/* Nothing is added to a full lesson. */
static bool insert(records *db, int64_t person, const school_note *is, GError **error)
{
    if (!records_run(db, error, SQL_NOTE_ADD, "iititii", is->id, person, is->lesson_id, is->at_ms,
                     is->text, is->changed_ms, (int64_t)NOTES_MAX))
        return false;
    if (records_changed(db) == 0)
        error_set(error, ERROR_CONFLICT, "notes_full", NULL,
                  "There are %d notes beside this lesson already: delete some first", NOTES_MAX);
    return records_changed(db) == 1;
}

bool note_add(records *db, base_clock *clock, int64_t person, const char *lesson_id, int64_t at_ms,
              const char *text, school_note *made, GError **error)
{
    school_lesson lesson;
    *made = (school_note){.id = random_id(), .at_ms = at_ms, .changed_ms = clock_utc_ms(clock)};
    if (!school_lesson_read(db, lesson_id, &lesson, error) || !check_time(at_ms, error) ||
        !school_text(made->text, NOTE_TEXT_MAX, 1, "text", text, error))
        return false;
    g_strlcpy(made->lesson_id, lesson.id, sizeof made->lesson_id);
    return insert(db, person, made, error);
}

static bool missing(GError **error)
{
    error_set(error, ERROR_MISSING, "note_missing", NULL, "There is no such note of yours");
    return false;
}

static bool read_own(records *db, int64_t person, int64_t id, school_note *is, GError **error)
{
    query *row = records_query(db, SQL_NOTE_READ, "ii", id, person);
    query_step_result step = query_step(row, error);
    if (step == QUERY_ROW)
        read_note(row, is);
    query_end(row);
    return step == QUERY_ROW || (step == QUERY_END && missing(error));
}

bool note_change(records *db, base_clock *clock, int64_t person, int64_t id, const int64_t *at_ms,
                 const char *text, school_note *is, GError **error)
{
    if (!read_own(db, person, id, is, error) || (at_ms && !check_time(*at_ms, error)) ||
        (text && !school_text(is->text, NOTE_TEXT_MAX, 1, "text", text, error)))
        return false;
    if (at_ms)
        is->at_ms = *at_ms;
    is->changed_ms = clock_utc_ms(clock);
    return records_run(db, error, SQL_NOTE_CHANGE, "itii", id, is->text, is->at_ms, is->changed_ms);
}

bool note_drop(records *db, int64_t person, int64_t id, GError **error)
{
    return records_run(db, error, SQL_NOTE_DROP, "ii", id, person) &&
           (records_changed(db) == 1 || missing(error));
}
