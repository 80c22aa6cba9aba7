#include "room/question.h"

#include <string.h>
#include <sys/random.h>

#define ID_BITS 53 /* a number every JSON reader takes whole */

static int64_t random_id(void)
{
    uint64_t bits = 0;
    if (getentropy(&bits, sizeof bits) != 0)
        g_error("room: the system gives no random bytes");
    return (int64_t)(bits >> (64 - ID_BITS));
}

static void read_deed(query *row, int column, question_deed *is)
{
    is->at_ms = query_int(row, column);
    is->programme_ms = query_int(row, column + 1);
    is->person = query_int(row, column + 2);
    g_strlcpy(is->name, query_text(row, column + 3), sizeof is->name);
}

static void read_row(query *row, question *is)
{
    is->id = query_int(row, 0);
    read_deed(row, 1, &is->asked);
    g_strlcpy(is->words, query_text(row, 5), sizeof is->words);
    is->votes = query_int(row, 6);
    is->state = (question_state)query_int(row, 7);
    read_deed(row, 8, &is->closed);
    g_strlcpy(is->answer, query_text(row, 12), sizeof is->answer);
}

static bool each(query *rows, void (*fn)(const question *is, gpointer data), gpointer data,
                 GError **error)
{
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        question is;
        read_row(rows, &is);
        fn(&is, data);
    }
    return step == QUERY_END;
}

static bool find(records *db, const char *title_id, int64_t id, question *is, GError **error)
{
    query *row = records_query(db, SQL_QUESTION_READ, "it", id, title_id);
    query_step_result step = query_step(row, error);
    bool found = step == QUERY_ROW;
    if (found)
        read_row(row, is);
    query_end(row);
    if (step == QUERY_FAILED || (found && is->state != QUESTION_REMOVED))
        return found;
    error_set(error, ERROR_MISSING, "question_missing", NULL,
              "There is no such question in this room");
    return false;
}

/* ---- asking ---- */

static bool count(records *db, const char *title_id, int64_t person, int64_t *open, int64_t *mine,
                  GError **error)
{
    query *row = records_query(db, SQL_QUESTION_OPEN_COUNT, "ti", title_id, person);
    bool good = query_step(row, error) == QUERY_ROW;
    *open = good ? query_int(row, 0) : 0;
    *mine = good ? query_int(row, 1) : 0;
    query_end(row);
    return good;
}

static bool count_all(records *db, const char *title_id, int64_t *all, GError **error)
{
    query *row = records_query(db, SQL_QUESTION_COUNT, "t", title_id);
    bool good = query_step(row, error) == QUERY_ROW;
    *all = good ? query_int(row, 0) : 0;
    query_end(row);
    return good;
}

bool question_open_count(records *db, const char *title_id, int *open, GError **error)
{
    int64_t there, mine;
    bool good = count(db, title_id, 0, &there, &mine, error);
    *open = (int)there;
    return good;
}

static bool full(GError **error)
{
    error_set(error, ERROR_CONFLICT, "questions_full", NULL,
              "There are more questions than anybody could answer");
    return false;
}

static bool has_room(records *db, const char *title_id, int64_t person, GError **error)
{
    int64_t open, mine, all;
    if (!count(db, title_id, person, &open, &mine, error) || !count_all(db, title_id, &all, error))
        return false;
    if (open >= QUESTION_OPEN_MAX || all >= QUESTION_MAX)
        return full(error);
    if (mine < QUESTION_MINE_MAX)
        return true;
    error_set(error, ERROR_CONFLICT, "too_many_questions", NULL,
              "You have %d open questions: wait for an answer, or withdraw one", QUESTION_MINE_MAX);
    return false;
}

bool question_ask(records *db, const char *title_id, const question_deed *by, const char *words,
                  question *made, GError **error)
{
    *made = (question){.id = random_id(), .asked = *by};
    g_strlcpy(made->words, words, sizeof made->words);
    return has_room(db, title_id, by->person, error) &&
           records_run(db, error, SQL_QUESTION_ADD, "itiiitt", made->id, title_id, by->at_ms,
                       by->programme_ms, by->person, by->name, made->words);
}

bool question_vote(records *db, const char *title_id, int64_t id, int64_t person, bool up,
                   question *is, bool *moved, GError **error)
{
    *moved = false;
    if (!find(db, title_id, id, is, error))
        return false;
    if (is->state != QUESTION_OPEN || is->asked.person == person) {
        bool own = is->asked.person == person;
        error_set(error, ERROR_CONFLICT, own ? "own_question" : "question_answered", NULL,
                  own ? "It is your own question" : "It has been answered");
        return false;
    }
    if (!records_run(db, error, up ? SQL_QUESTION_VOTE_ADD : SQL_QUESTION_VOTE_DROP, "ii", id,
                     person))
        return false;
    *moved = records_changed(db) == 1;
    if (!*moved)
        return true;
    is->votes += up ? 1 : -1;
    return records_run(db, error, SQL_QUESTION_VOTES_MOVE, "ii", id, (int64_t)(up ? 1 : -1));
}

/* ---- what becomes of it ---- */

static bool set(records *db, const question *is, GError **error)
{
    return records_run(db, error, SQL_QUESTION_SET, "iiiiitt", is->id, (int64_t)is->state,
                       is->closed.at_ms, is->closed.programme_ms, is->closed.person,
                       is->closed.name, is->answer);
}

bool question_answer(records *db, const char *title_id, int64_t id, const question_deed *by,
                     const char *words, question *is, GError **error)
{
    if (!find(db, title_id, id, is, error))
        return false;
    is->state = QUESTION_ANSWERED;
    is->closed = *by;
    g_strlcpy(is->answer, words, sizeof is->answer);
    return set(db, is, error);
}

bool question_reopen(records *db, const char *title_id, int64_t id, question *is, GError **error)
{
    int open;
    if (!find(db, title_id, id, is, error) || !question_open_count(db, title_id, &open, error))
        return false;
    if (is->state != QUESTION_OPEN && open >= QUESTION_OPEN_MAX)
        return full(error);
    is->state = QUESTION_OPEN;
    is->closed = (question_deed){0};
    is->answer[0] = '\0';
    return set(db, is, error);
}

bool question_remove(records *db, const char *title_id, int64_t id, const question_deed *by,
                     bool any, question *is, GError **error)
{
    if (!find(db, title_id, id, is, error))
        return false;
    if (!any && (is->asked.person != by->person || is->state != QUESTION_OPEN)) {
        error_set(error, ERROR_DENIED, "hosts_only", NULL,
                  "Only one's own open question can be withdrawn; the others are the master's");
        return false;
    }
    is->state = QUESTION_REMOVED;
    is->closed = *by;
    return set(db, is, error);
}

/* ---- in words ---- */

static json_t *answer_json(const question *is)
{
    if (is->state != QUESTION_ANSWERED)
        return json_null();
    return json_pack("{s:I, s:I, s:I, s:s, s:s}", "at_ms", (json_int_t)is->closed.at_ms,
                     "programme_ms", (json_int_t)is->closed.programme_ms, "person",
                     (json_int_t)is->closed.person, "name", is->closed.name, "text", is->answer);
}

json_t *question_json(const question *is)
{
    static const char *const states[] = {"open", "answered", "removed"};
    if (is->state == QUESTION_REMOVED)
        return json_pack("{s:I, s:s}", "id", (json_int_t)is->id, "state", states[is->state]);
    return json_pack("{s:I, s:s, s:I, s:I, s:I, s:s, s:s, s:I, s:o}", "id", (json_int_t)is->id,
                     "state", states[is->state], "at_ms", (json_int_t)is->asked.at_ms,
                     "programme_ms", (json_int_t)is->asked.programme_ms, "person",
                     (json_int_t)is->asked.person, "name", is->asked.name, "text", is->words,
                     "votes", (json_int_t)is->votes, "answer", answer_json(is));
}

static void append(const question *is, gpointer list)
{
    json_array_append_new(list, question_json(is));
}

static bool put_open(records *db, const char *title_id, json_t *list, GError **error)
{
    query *rows = records_query(db, SQL_QUESTIONS_OPEN, "ti", title_id, (int64_t)QUESTION_OPEN_MAX);
    return each(rows, append, list, error);
}

/* One more than a page tells whether there is another. */
static bool put_answered(records *db, const char *title_id, const question *before, json_t *board,
                         GError **error)
{
    json_t *list = json_object_get(board, "answered");
    query *rows = records_query(db, SQL_QUESTIONS_ANSWERED, "tiii", title_id, before->closed.at_ms,
                                before->id, (int64_t)QUESTION_PAGE + 1);
    if (!each(rows, append, list, error))
        return false;
    bool more = json_array_size(list) > QUESTION_PAGE;
    if (more)
        json_array_remove(list, QUESTION_PAGE);
    json_object_set_new(board, "more", json_boolean(more));
    return true;
}

static bool put_voted(records *db, const char *title_id, int64_t person, json_t *list,
                      GError **error)
{
    if (person == 0)
        return true;
    query_step_result step;
    query *rows =
        records_query(db, SQL_QUESTIONS_VOTED, "tii", title_id, person, (int64_t)QUESTION_OPEN_MAX);
    while ((step = query_step(rows, error)) == QUERY_ROW)
        json_array_append_new(list, json_integer(query_int(rows, 0)));
    return step == QUERY_END;
}

static bool fill(records *db, const char *title_id, int64_t person, int64_t before, json_t *board,
                 GError **error)
{
    question last = {.closed.at_ms = INT64_MAX};
    if (before != 0)
        return find(db, title_id, before, &last, error) &&
               put_answered(db, title_id, &last, board, error);
    return put_open(db, title_id, json_object_get(board, "open"), error) &&
           put_answered(db, title_id, &last, board, error) &&
           put_voted(db, title_id, person, json_object_get(board, "voted"), error);
}

json_t *question_board(records *db, const char *title_id, int64_t person, int64_t before,
                       GError **error)
{
    json_t *board = json_pack("{s:[], s:[], s:[]}", "open", "answered", "voted");
    if (fill(db, title_id, person, before, board, error))
        return board;
    json_decref(board);
    return NULL;
}

bool question_each(records *db, const char *title_id, void (*fn)(const question *is, gpointer data),
                   gpointer data, GError **error)
{
    query *rows = records_query(db, SQL_QUESTIONS_ALL, "ti", title_id, (int64_t)QUESTION_MAX);
    return each(rows, fn, data, error);
}
