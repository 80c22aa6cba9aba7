/*
 * Questions asked in a class: read by those who may watch it, exported by those who lead it. They are asked and
 * answered over the socket.
 */
#include "api/api.h"
#include "catalogue/csv.h"
#include "room/question.h"

#define CSV_HEADERS                                                                                \
    "Content-Disposition: attachment; filename=\"questions-%s.csv\"\r\nCache-Control: private, "   \
    "no-cache\r\n"

typedef struct {
    live_class is;
    int64_t before;
} question_call;

static bool begin(api_call *call, records *db, GError **error)
{
    (void)db;
    const char *before = request_query(call->request, "before");
    question_call *c = g_new0(question_call, 1);
    call->data = c;
    call->free_data = g_free;
    if (!before || g_ascii_string_to_signed(before, 10, 1, G_MAXINT64, &c->before, NULL))
        return true;
    error_set(error, ERROR_INPUT, "out_of_range", "before", "before is the id of a question");
    return false;
}

static bool leads(const person *who, const live_class *is)
{
    return who->id != 0 && (who->id == is->master || who->role == ROLE_STAFF ||
                            who->role == ROLE_ADMIN || who->role == ROLE_ASSISTANT);
}

/* ---- GET /classes/{id}/questions ---- */

static bool may_read(const api_call *call, records *db, const live_class *is, GError **error)
{
    viewing_verdict verdict;
    if (leads(&call->who, is))
        return true;
    if (is->cut_ms != 0) {
        error_set(error, ERROR_DENIED, "cut_off", NULL, "This class was stopped by the staff");
        return false;
    }
    if (!viewing_of_title(db, &call->who, is->title_id, is->master, &verdict, error))
        return false;
    viewing_refuse(&verdict, error);
    return verdict.need == NEED_NOTHING;
}

static bool list(api_call *call, records *db, GError **error)
{
    question_call *c = call->data;
    if (!live_class_read(db, request_param(call->request, "id"), &c->is, error) ||
        !may_read(call, db, &c->is, error))
        return false;
    call->answer = question_board(db, c->is.title_id, call->who.id, c->before, error);
    return call->answer != NULL;
}

/* ---- GET /classes/{id}/questions.csv ---- */

static bool find(api_call *call, records *db, GError **error)
{
    question_call *c = call->data;
    if (!live_class_read(db, request_param(call->request, "id"), &c->is, error))
        return false;
    if (leads(&call->who, &c->is))
        return true;
    error_set(error, ERROR_DENIED, "not_your_class", NULL,
              "Only its master and the staff may do this");
    return false;
}

/* "2026-11-29 19:30:05"; "" for never. You own it. */
static char *time_text(int64_t ms)
{
    if (ms == 0)
        return g_strdup("");
    g_autoptr(GTimeZone) china = g_time_zone_new_offset((gint32)(CLOCK_CHINA_MS / 1000));
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / 1000);
    g_autoptr(GDateTime) there = g_date_time_to_timezone(utc, china);
    return g_date_time_format(there, "%Y-%m-%d %H:%M:%S");
}

static const char *state_words(const question *is)
{
    switch (is->state) {
    case QUESTION_OPEN:
        return "待回答 open";
    case QUESTION_REMOVED:
        return "已删除 removed";
    default:
        return is->answer[0] ? "已回答 answered" : "已口头解答 answered aloud";
    }
}

static void put_question(const question *is, gpointer text)
{
    g_autofree char *asked = time_text(is->asked.at_ms);
    g_autofree char *asked_at = time_text(is->asked.programme_ms);
    g_autofree char *closed = time_text(is->closed.at_ms);
    g_autofree char *closed_at = time_text(is->closed.programme_ms);
    g_autofree char *votes = g_strdup_printf("%" G_GINT64_FORMAT, is->votes);
    const char *const cells[] = {
        asked,  asked_at,  is->asked.name,  is->words,  votes, state_words(is),
        closed, closed_at, is->closed.name, is->answer, NULL};
    csv_put_row(text, cells);
}

static GString *table_new(void)
{
    static const char *const heads[] = {"提问时间 asked (UTC+8)",
                                        "提问时画面 picture (UTC+8)",
                                        "提问人 by",
                                        "问题 question",
                                        "同问人数 votes",
                                        "状态 state",
                                        "处理时间 answered (UTC+8)",
                                        "处理时画面 picture (UTC+8)",
                                        "处理人 by",
                                        "回答 answer",
                                        NULL};
    GString *text = g_string_new(CSV_BOM);
    csv_put_row(text, heads);
    return text;
}

static bool write_table(api_call *call, records *unused, GError **error)
{
    (void)unused;
    const question_call *c = call->data;
    records *db = readers_take(call->parts->readers, error);
    if (!db)
        return false;
    GString *text = table_new();
    bool good = question_each(db, c->is.title_id, put_question, text, error);
    readers_give(call->parts->readers, db);
    call->raw = g_string_free_to_bytes(text);
    call->raw_type = "text/csv; charset=utf-8";
    if (good)
        g_string_append_printf(call->headers, CSV_HEADERS, c->is.id);
    return good;
}

void api_questions(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/classes/{id}/questions", 0, 0, .before = begin, .work = list},
        {"GET", "/api/v1/classes/{id}/questions.csv", ROLE_ANY, 0, .before = begin, .work = find,
         .slow = write_table},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
