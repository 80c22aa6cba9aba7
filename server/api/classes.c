/*
 * Classes: planning one, looking at them, ending one, a new key.
 */
#include <string.h>

#include "agenda/agenda.h"
#include "api/course_right.h"
#include "api/revoke.h"
#include "api/viewing_view.h"
#include "award/award.h"
#include "ingest/srt/passphrase.h"
#include "people/audit.h"
#include "people/revoked.h"

#define BODY_MAX 4096
#define LIST_MAX 100
#define SOON_BEHIND_MS 60000 /* a class that is to begin now is still told of so long */

#define MAKERS (ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))
#define CUTTERS (ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))
#define STATE(name) (1u << CLASS_##name)
#define STATES_ALL ((1u << (CLASS_FAILED + 1)) - 1)

/* A class as its row says, and the course it belongs to ("" id: none). */
typedef struct {
    live_class is;
    char course_id[33];
    char course_title[COURSE_TITLE_MAX * 4 + 1];
    live_plan plan;
    viewing right;
    viewing_verdict verdict; /* for who asks */
    storage_removal removal; /* of its recording */
    bool reminded;           /* who asks set a reminder */
} class_row;

/* What these calls carry from step to step. */
typedef struct {
    guint states;
    bool mine, soon;
    char id[33];
    GArray *rows;  /* of class_row */
    bool narrowed; /* who may watch was changed, and not to everybody */
} class_query;

static void class_query_free(gpointer data)
{
    class_query *q = data;
    g_array_unref(q->rows);
    g_free(q);
}

static class_query *query_begin(api_call *call)
{
    class_query *q = g_new0(class_query, 1);
    q->rows = g_array_new(FALSE, TRUE, sizeof(class_row));
    call->data = q;
    call->free_data = class_query_free;
    return q;
}

static class_row *only_row(const api_call *call)
{
    const class_query *q = call->data;
    return &g_array_index(q->rows, class_row, 0);
}

/* ---- from the database (clerk) ---- */

static bool row_course(class_row *row, records *db, GError **error)
{
    school_course course;
    if (row->is.course_id[0] == '\0')
        return true;
    if (!school_course_read(db, row->is.course_id, &course, error))
        return false;
    g_strlcpy(row->course_id, course.id, sizeof row->course_id);
    g_strlcpy(row->course_title, course.title, sizeof row->course_title);
    return true;
}

static bool row_add(class_query *q, records *db, const person *who, const live_class *is,
                    GError **error)
{
    class_row row = {.is = *is};
    if (!row_course(&row, db, error) || !live_plan_read(db, is, &row.plan, error) ||
        !viewing_read(db, is->title_id, &row.right, error) ||
        !viewing_of_title(db, who, is->title_id, is->master, &row.verdict, error) ||
        !storage_removal_read(db, is->title_id, &row.removal, error) ||
        (who->id != 0 && !reminder_read(db, is->id, who->id, &row.reminded, error)))
        return false;
    g_array_append_val(q->rows, row);
    return true;
}

static bool owns(const api_call *call, const live_class *is)
{
    return call->who.id != 0 && (call->who.id == is->master || call->who.role == ROLE_ADMIN);
}

/* Its master, and staff for them. */
static bool arranges(const api_call *call, const live_class *is)
{
    return owns(call, is) || (call->who.id != 0 && call->who.role == ROLE_STAFF);
}

/* ---- to JSON (loop) ---- */

/* What is in memory is fresher than the row. */
static const live_class *freshest(const api_call *call, const class_row *row)
{
    const live_class *in_memory = live_find(call->parts->live, row->is.id);
    return in_memory ? in_memory : &row->is;
}

/* One address with all in it; the passphrase once more for encoders that have a field for it. */
static void put_srt(const api_parts *parts, const char *key, json_t *json)
{
    g_autofree char *passphrase = parts->srt_secret ? srt_passphrase(parts->srt_secret, key) : NULL;
    g_autofree char *url =
        g_strdup_printf("%s?streamid=publish:%s%s%s", parts->srt_url, key,
                        passphrase ? "&passphrase=" : "", passphrase ? passphrase : "");
    json_object_set_new(json, "srt", json_string(url));
    if (passphrase)
        json_object_set_new(json, "srt_passphrase", json_string(passphrase));
}

/* What a second encoder that stands by is given: the same addresses, another key. */
static json_t *backup_json(const api_call *call, const char *key)
{
    json_t *json = json_pack("{s:s}", "key", key);
    if (call->parts->srt_url)
        put_srt(call->parts, key, json);
    return json;
}

static json_t *publish_json(const api_call *call, const live_class *is)
{
    json_t *json = json_pack("{s:s, s:s, s:o}", "rtmp", call->parts->rtmp_url, "key", is->key,
                             "backup", backup_json(call, is->backup_key));
    if (call->parts->rtmps_url)
        json_object_set_new(json, "rtmps", json_string(call->parts->rtmps_url));
    if (call->parts->srt_url)
        put_srt(call->parts, is->key, json);
    if (call->parts->whip)
        json_object_set_new(json, "whip",
                            json_sprintf("%s/whip/%s", call->parts->public_url, is->id));
    return json;
}

static void put_time_line(const api_call *call, const live_class *is, json_t *json)
{
    const title_index *index = shelf_index(call->parts->shelf, is->title_id, NULL);
    const journal_head *head = index ? title_index_head(index) : NULL;
    int64_t duration_ms = index ? title_index_duration(index) * 1000 / TITLE_TIMESCALE : 0;
    json_object_set_new(json, "epoch_ms", json_integer(head ? head->epoch_utc_ms : 0));
    json_object_set_new(json, "duration_ms", json_integer(duration_ms));
}

static json_t *course_json(const class_row *row)
{
    if (row->course_id[0] == '\0')
        return json_null();
    return json_pack("{s:s, s:s}", "id", row->course_id, "title", row->course_title);
}

static json_t *class_json(const api_call *call, const class_row *row, const live_class *is)
{
    g_autofree char *playback = g_strdup_printf("/media/%s/main.m3u8", is->title_id);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:{s:I, s:s}, s:o, s:i, s:s, s:i}", "id", is->id,
        "title_id", is->title_id, "title", is->title, "state", class_state_word(is->state),
        "planned_ms", (json_int_t)is->planned_ms, "created_ms", (json_int_t)is->created_ms,
        "started_ms", (json_int_t)is->started_ms, "closed_ms", (json_int_t)is->closed_ms, "master",
        "id", (json_int_t)is->master, "name", is->master_name, "course", course_json(row),
        "viewers", (int)room_count(call->parts->hall, is->title_id), "playback", playback,
        "hour_minutes", HOUR_MINUTES);
    put_time_line(call, is, json);
    json_object_set_new(json, "poster", api_poster_json(call->parts, is->title_id, &row->verdict));
    json_object_set_new(json, "kept_until_ms", json_integer(is->kept_until_ms));
    json_object_set_new(json, "cut_off", json_boolean(is->cut_ms != 0));
    json_object_set_new(json, "removed", removal_json(&row->removal));
    json_object_set_new(json, "planned_minutes", json_integer(row->plan.minutes));
    json_object_set_new(json, "viewing", viewing_json(&row->right, &row->verdict));
    json_object_set_new(json, "may_arrange", json_boolean(arranges(call, is)));
    json_object_set_new(json, "reminded", json_boolean(row->reminded));
    if (!owns(call, is))
        return json;
    json_object_set_new(json, "publish", publish_json(call, is));
    json_object_set_new(json, "trouble", json_string(is->trouble));
    json_object_set_new(json, "publisher", json_string(is->publisher));
    json_object_set_new(json, "standby", json_string(is->standby));
    json_object_set_new(json, "on_backup", json_boolean(is->on_backup));
    json_object_set_new(json, "cut_reason", json_string(is->cut_reason));
    return json;
}

static bool answer_one(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const class_row *row = only_row(call);
    call->answer = class_json(call, row, freshest(call, row));
    return true;
}

/* ---- POST /classes ---- */

static bool create_begin(api_call *call, records *db, GError **error)
{
    (void)db;
    query_begin(call);
    return live_may_add(call->parts->live, error);
}

/* A class may become a lesson of a course by whoever leads that course. */
static bool may_use_course(const api_call *call, records *db, const char *course_id, GError **error)
{
    school_course course;
    if (!school_course_read(db, course_id, &course, error))
        return false;
    if (course.owner == call->who.id || call->who.role == ROLE_STAFF ||
        call->who.role == ROLE_ADMIN)
        return true;
    error_set(error, ERROR_DENIED, "not_your_course", "course_id",
              "Only its master and staff add lessons to a course");
    return false;
}

static bool read_minutes(const api_call *call, int64_t *minutes, GError **error)
{
    return !api_has(call, "planned_minutes") ||
           api_integer(call, "planned_minutes", LIVE_PLAN_MINUTES_MIN, LIVE_PLAN_MINUTES_MAX,
                       minutes, error);
}

static bool create_read(const api_call *call, const char **title, const char **course_id,
                        int64_t *planned_ms, GError **error)
{
    *title = api_text(call, "title", 1, LIVE_TITLE_CHARS, error);
    *course_id = "";
    *planned_ms = 0;
    if (!*title)
        return false;
    if (api_has(call, "course_id") && !(*course_id = api_text(call, "course_id", 1, 32, error)))
        return false;
    return !api_has(call, "planned_ms") ||
           api_integer(call, "planned_ms", 0, INT64_MAX, planned_ms, error);
}

/* Enrolled in what? */
static bool check_right(const viewing *right, const char *course_id, GError **error)
{
    if (right->kind != VIEWING_ENROLLED || *course_id)
        return true;
    error_set(error, ERROR_INPUT, "course_needed", "viewing.who",
              "A class for enrolled people belongs to a course: choose one");
    return false;
}

static bool become_lesson(const api_call *call, records *db, const live_class *made, GError **error)
{
    school_course course;
    school_lesson lesson;
    const lesson_wish wish = {
        .title = made->title, .title_id = made->title_id, .class_id = made->id};
    return school_course_read(db, made->course_id, &course, error) &&
           course_take_lesson(db, call->parts->clock, &call->who, &course, &wish, &lesson, error);
}

/* What a new class has beside its row. */
static bool arrange_made(const api_call *call, records *db, live_class *made, GError **error)
{
    bool given;
    viewing right;
    int64_t minutes = LIVE_PLAN_MINUTES;
    if (!viewing_given(call, &given, &right, error) || !read_minutes(call, &minutes, error) ||
        !check_right(&right, made->course_id, error))
        return false;
    if (made->course_id[0] && !become_lesson(call, db, made, error))
        return false;
    return (!given || viewing_write(db, made->title_id, &right, error)) &&
           (minutes == LIVE_PLAN_MINUTES ||
            live_class_edit(db, call->parts->clock, made, made->title, made->planned_ms,
                            (int)minutes, error));
}

static bool create(api_call *call, records *db, GError **error)
{
    const char *title, *course_id;
    int64_t planned_ms;
    live_class made;
    if (!create_read(call, &title, &course_id, &planned_ms, error))
        return false;
    if (*course_id && !may_use_course(call, db, course_id, error))
        return false;
    if (!live_class_insert(db, call->parts->clock, title, call->who.id, call->who.name, course_id,
                           planned_ms, false, &made, error))
        return false;
    return arrange_made(call, db, &made, error) &&
           row_add(call->data, db, &call->who, &made, error);
}

static bool created(api_call *call, records *db, GError **error)
{
    live_add(call->parts->live, &only_row(call)->is);
    call->status = 201;
    return answer_one(call, db, error);
}

/* ---- GET /classes ---- */

static bool parse_kind(const char *kind, class_query *q)
{
    static const struct {
        const char *kind;
        guint states;
    } table[] = {{"on_air", STATE(ON_AIR) | STATE(INTERRUPTED)},
                 {"upcoming", STATE(PLANNED) | STATE(WAITING)},
                 {"closed", STATE(CLOSING) | STATE(CLOSED)},
                 {"mine", STATES_ALL},
                 {"soon", STATE(PLANNED) | STATE(WAITING) | STATE(ON_AIR)}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        if (strcmp(table[i].kind, kind) != 0)
            continue;
        q->states = table[i].states;
        q->mine = strcmp(kind, "mine") == 0;
        q->soon = strcmp(kind, "soon") == 0;
        return true;
    }
    return false;
}

static bool list_begin(api_call *call, records *db, GError **error)
{
    (void)db;
    const char *kind = request_query(call->request, "state");
    class_query *q = query_begin(call);
    q->states = STATES_ALL & ~STATE(FAILED);
    if (!kind || parse_kind(kind, q))
        return true;
    error_set(error, ERROR_INPUT, "unknown_state", "state",
              "state is on_air, upcoming, closed, mine or soon");
    return false;
}

/* What whoever asks is to be told of: theirs, about to begin or just begun. */
static GArray *list_soon(const api_call *call, records *db, GError **error)
{
    int64_t now_ms = clock_utc_ms(call->parts->clock);
    return agenda_list(db, call->who.id, now_ms - SOON_BEHIND_MS,
                       now_ms + call->parts->reminder_minutes * 60000LL, error);
}

static bool list(api_call *call, records *db, GError **error)
{
    class_query *q = call->data;
    if ((q->mine || q->soon) && call->who.id == 0) {
        error_set(error, ERROR_UNKNOWN_PERSON, "sign_in", NULL, "Sign in first");
        return false;
    }
    g_autoptr(GArray) found =
        q->soon ? list_soon(call, db, error)
                : live_class_list(db, q->states, q->mine ? call->who.id : 0, LIST_MAX, error);
    for (guint i = 0; found && i < MIN(found->len, LIST_MAX); i++) {
        const live_class *is = &g_array_index(found, live_class, i);
        if ((q->states & (1u << is->state)) && !row_add(q, db, &call->who, is, error))
            return false;
    }
    return found != NULL;
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const class_query *q = call->data;
    json_t *all = json_array();
    for (guint i = 0; i < q->rows->len; i++) {
        const class_row *row = &g_array_index(q->rows, class_row, i);
        json_array_append_new(all, class_json(call, row, freshest(call, row)));
    }
    call->answer = json_pack("{s:o, s:I}", "classes", all, "now_ms",
                             (json_int_t)clock_utc_ms(call->parts->clock));
    return true;
}

/* ---- one class ---- */

static bool one_begin(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    class_query *q = query_begin(call);
    g_strlcpy(q->id, request_param(call->request, "id"), sizeof q->id);
    return true;
}

static bool one(api_call *call, records *db, GError **error)
{
    class_query *q = call->data;
    live_class is;
    return live_class_read(db, q->id, &is, error) && row_add(q, db, &call->who, &is, error);
}

/* ---- PATCH /classes/{id} ---- */

static bool one_to_arrange(api_call *call, records *db, GError **error)
{
    if (!one(call, db, error))
        return false;
    if (arranges(call, &only_row(call)->is))
        return true;
    error_set(error, ERROR_DENIED, "not_your_class", NULL,
              "Only its master and the staff may do this");
    return false;
}

static bool edit_plan(const api_call *call, records *db, class_row *row, GError **error)
{
    const char *title = row->is.title;
    int64_t planned_ms = row->is.planned_ms, minutes = row->plan.minutes;
    bool any =
        api_has(call, "title") || api_has(call, "planned_ms") || api_has(call, "planned_minutes");
    if (!any)
        return true;
    if (api_has(call, "title") && !(title = api_text(call, "title", 1, LIVE_TITLE_CHARS, error)))
        return false;
    if (api_has(call, "planned_ms") &&
        !api_integer(call, "planned_ms", 0, INT64_MAX, &planned_ms, error))
        return false;
    return read_minutes(call, &minutes, error) &&
           live_class_edit(db, call->parts->clock, &row->is, title, planned_ms, (int)minutes,
                           error) &&
           live_plan_read(db, &row->is, &row->plan, error);
}

/* Whom it lets in is judged anew for everybody, unless that is everybody. */
static bool edit_right(const api_call *call, records *db, class_row *row, GError **error)
{
    class_query *q = call->data;
    bool given;
    viewing right;
    if (!viewing_given(call, &given, &right, error))
        return false;
    if (!given)
        return true;
    q->narrowed = right.kind != VIEWING_PUBLIC;
    return check_right(&right, row->is.course_id, error) &&
           viewing_write(db, row->is.title_id, &right, error) &&
           viewing_read(db, row->is.title_id, &row->right, error) &&
           (!q->narrowed ||
            revoked_note(db, call->parts->clock, revoked_title(row->is.title_id), error));
}

static bool edit(api_call *call, records *db, GError **error)
{
    if (!one_to_arrange(call, db, error))
        return false;
    class_row *row = only_row(call);
    return edit_plan(call, db, row, error) && edit_right(call, db, row, error);
}

/* Who waits in its room sees the new time. */
static void tell_plan(const api_call *call, const class_row *row)
{
    json_t *news =
        json_pack("{s:s, s:s, s:I, s:i}", "t", "plan", "title", row->is.title, "planned_ms",
                  (json_int_t)row->is.planned_ms, "planned_minutes", row->plan.minutes);
    room_tell(call->parts->hall, row->is.title_id, news);
    json_decref(news);
}

static bool edited(api_call *call, records *db, GError **error)
{
    const class_row *row = only_row(call);
    tell_plan(call, row);
    live_edited(call->parts->live, &row->is);
    if (((class_query *)call->data)->narrowed)
        revoke_title(call->parts, row->is.title_id);
    return answer_one(call, db, error);
}

static bool one_of_mine(api_call *call, records *db, GError **error)
{
    if (!one(call, db, error))
        return false;
    const live_class *is = &only_row(call)->is;
    if (!owns(call, is))
        error_set(error, ERROR_DENIED, "not_your_class", NULL,
                  "Only its master and administrators may do this");
    else if (is->state == CLASS_CLOSED)
        error_set(error, ERROR_CONFLICT, "class_closed", NULL, "The class is closed already");
    else
        return true;
    return false;
}

/* The deed itself is done on the loop; what is told of it stands before. */
static bool told_of(api_call *call, records *db, const char *action, GError **error)
{
    if (!one_of_mine(call, db, error))
        return false;
    const live_class *is = &only_row(call)->is;
    return call->who.id == is->master ||
           audit_add(db, call->parts->clock, &call->who, action, is->id, "", error);
}

static bool close_fact(api_call *call, records *db, GError **error)
{
    return told_of(call, db, "class_closed", error);
}

static bool key_fact(api_call *call, records *db, GError **error)
{
    return told_of(call, db, "class_key", error);
}

static bool close_class(api_call *call, records *db, GError **error)
{
    (void)db;
    const class_row *row = only_row(call);
    const live_class *is = freshest(call, row); /* stays readable for this turn of the loop */
    if (!live_close(call->parts->live, row->is.id, error))
        return false;
    call->answer = class_json(call, row, is);
    return true;
}

/* ---- POST /classes/{id}/cut ---- */

static bool cut_fact(api_call *call, records *db, GError **error)
{
    const char *reason = api_text(call, "reason", 1, LIVE_REASON_CHARS, error);
    const char *id = ((class_query *)call->data)->id;
    if (!reason || !one(call, db, error) ||
        !live_class_cut(db, call->parts->clock, id, reason, error))
        return false;
    live_class *is = &only_row(call)->is;
    is->cut_ms = clock_utc_ms(call->parts->clock);
    g_strlcpy(is->cut_reason, reason, sizeof is->cut_reason);
    return audit_add(db, call->parts->clock, &call->who, "class_cut", id, reason, error);
}

static bool cut(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const class_row *row = only_row(call);
    const live_class *is = freshest(call, row); /* stays readable for this turn of the loop */
    json_t *news = json_pack("{s:s}", "t", "cut");
    room_tell(call->parts->hall, row->is.title_id, news);
    json_decref(news);
    live_cut(call->parts->live, &row->is);
    call->answer = class_json(call, row, is);
    return true;
}

static bool new_key(api_call *call, records *db, GError **error)
{
    (void)db;
    const live_class *is = live_new_keys(call->parts->live, only_row(call)->is.id, error);
    if (!is)
        return false;
    call->answer = json_pack("{s:o}", "publish", publish_json(call, is));
    return true;
}

void api_classes(api *a)
{
    static const api_route routes[] = {
        {"POST", "/api/v1/classes", MAKERS, BODY_MAX, .before = create_begin, .work = create,
         .after = created},
        {"GET", "/api/v1/classes", 0, 0, .before = list_begin, .work = list, .after = listed},
        {"GET", "/api/v1/classes/{id}", 0, 0, .before = one_begin, .work = one,
         .after = answer_one},
        {"PATCH", "/api/v1/classes/{id}", MAKERS, BODY_MAX, .before = one_begin, .work = edit,
         .after = edited},
        {"POST", "/api/v1/classes/{id}/close", ROLE_ANY, BODY_MAX, .before = one_begin,
         .work = close_fact, .after = close_class},
        {"POST", "/api/v1/classes/{id}/cut", CUTTERS, BODY_MAX, .before = one_begin,
         .work = cut_fact, .after = cut},
        {"POST", "/api/v1/classes/{id}/key", ROLE_ANY, BODY_MAX, .before = one_begin,
         .work = key_fact, .after = new_key},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
