#include "api/beats.h"

#include <string.h>

#include "award/award.h"
#include "base/log.h"
#include "ledger/ledger.h"
#include "school/school.h"

struct beats {
    api_parts parts;
    net_timer *flush;
    bool flushing;        /* one flush at a time */
    GHashTable *sessions; /* session id > seat that has or had the lease */
};

/* A member as far as minutes are concerned. Counted: its member's, and one for each question at the clerk. */
typedef struct {
    int references;
    room_member *member; /* NULL: it left */
    room_identity who;
    char session[33];
    bool asking;       /* an answer is on its way */
} seat;

/* One question to the clerk and what came of it. */
typedef struct {
    beats *of;
    seat *seat;
    ledger_title title;
    ledger_beat beat;
    GArray *delivered; /* of ledger_span */
    ledger_lease lease;
    ledger_verdict verdict;
    GArray *certificates;
} question;

static seat *seat_of(room_member *member)
{
    seat *is = room_member_data(member);
    if (is)
        return is;
    is = g_new0(seat, 1);
    is->references = 1;
    is->member = member;
    is->who = *room_member_identity(member);
    room_member_set_data(member, is);
    return is;
}

static void seat_unref(seat *is)
{
    if (--is->references == 0)
        g_free(is);
}

static void answer(const seat *is, json_t *message)
{
    if (is->member)
        room_answer(is->member, message);
    json_decref(message);
}

static void answer_error(const seat *is, const char *code, const char *detail)
{
    answer(is, json_pack("{s:s, s:s, s:s}", "t", "error", "code", code, "detail", detail));
}

static void answer_failure(const seat *is, const GError *error)
{
    answer_error(is, error_code(error), error->message);
}

/* ---- what the loop knows ---- */

static ledger_title title_now(beats *is, const char *title_id)
{
    ledger_title title = {.content = g_array_new(FALSE, FALSE, sizeof(ledger_span))};
    const title_index *index = shelf_index(is->parts.shelf, title_id, NULL);
    g_strlcpy(title.title_id, title_id, sizeof title.title_id);
    if (!index)
        return title;
    g_autoptr(GArray) content = title_index_content(index);
    title.ended = title_index_ended(index);
    for (guint i = 0; i < content->len; i++) {
        const title_span *span = &g_array_index(content, title_span, i);
        ledger_span copy = {span->from_ms, span->to_ms};
        g_array_append_val(title.content, copy);
    }
    return title;
}

static GArray *delivered_now(beats *is, const seat *who)
{
    g_autoptr(GArray) taken = shelf_take_delivered_to(is->parts.shelf, who->who.person, who->who.title_id);
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(ledger_span));
    for (guint i = 0; i < taken->len; i++) {
        const shelf_delivery *one = &g_array_index(taken, shelf_delivery, i);
        ledger_span span = {one->from_ms, one->to_ms};
        g_array_append_val(spans, span);
    }
    return spans;
}

/* The clerk did not take it: it is noted again for the next time. */
static void give_back(beats *is, const seat *who, const GArray *spans)
{
    for (guint i = 0; spans && i < spans->len; i++) {
        const ledger_span *span = &g_array_index(spans, ledger_span, i);
        shelf_note_delivered(is->parts.shelf, who->who.person, who->who.title_id, span->from_ms, span->to_ms);
    }
}

static question *question_new(beats *is, seat *who)
{
    question *q = g_new0(question, 1);
    q->of = is;
    q->seat = who;
    q->title = title_now(is, who->who.title_id);
    who->references++;
    who->asking = true;
    return q;
}

static void question_free(question *q)
{
    q->seat->asking = false;
    g_array_unref(q->title.content);
    g_clear_pointer(&q->delivered, g_array_unref);
    g_clear_pointer(&q->lease.covered, g_array_unref);
    g_clear_pointer(&q->certificates, g_array_unref);
    seat_unref(q->seat);
    g_free(q);
}

static void ask(question *q, clerk_job job, clerk_done done)
{
    g_autoptr(GError) error = NULL;
    if (clerk_post(q->of->parts.clerk, job, done, q, &error))
        return;
    give_back(q->of, q->seat, q->delivered);
    answer_failure(q->seat, error);
    question_free(q);
}

/* ---- watch ---- */

/* Who begins a lesson is enrolled in its courses: the rule that stands now is the one that will count. */
static bool enrol(question *q, records *db, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons_of_title(db, q->title.title_id, error);
    for (guint i = 0; lessons && i < lessons->len; i++) {
        const school_lesson *lesson = &g_array_index(lessons, school_lesson, i);
        if (!school_enrol(db, q->of->parts.clock, q->seat->who.person, lesson->course_id, error))
            return false;
    }
    return lessons != NULL;
}

static bool job_watch(records *db, gpointer data, GError **error)
{
    question *q = data;
    return enrol(q, db, error) &&
           ledger_watch(q->of->parts.ledger, db, q->seat->who.person, &q->title, &q->lease, error);
}

static json_t *span_list(const GArray *spans)
{
    json_t *list = json_array();
    for (guint i = 0; i < spans->len; i++) {
        const ledger_span *span = &g_array_index(spans, ledger_span, i);
        json_array_append_new(list, json_pack("[I, I]", (json_int_t)span->from_ms, (json_int_t)span->to_ms));
    }
    return list;
}

static void oust(beats *is, const char *session)
{
    seat *older = *session ? g_hash_table_lookup(is->sessions, session) : NULL;
    if (!older)
        return;
    g_hash_table_remove(is->sessions, session);
    if (g_str_equal(older->session, session))
        older->session[0] = '\0';
    answer(older, json_pack("{s:s, s:s}", "t", "lease_lost", "reason", "other_device"));
}

static void tell_lease(question *q)
{
    const ledger_lease *lease = &q->lease;
    seat *who = q->seat;
    g_strlcpy(who->session, lease->session, sizeof who->session);
    g_hash_table_insert(q->of->sessions, g_strdup(lease->session), who);
    answer(who, json_pack("{s:s, s:s, s:s, s:i, s:o, s:I, s:I, s:I, s:I, s:f, s:b}", "t", "lease", "session",
                          lease->session, "nonce", lease->nonce, "interval_ms", LEDGER_INTERVAL_MS, "covered",
                          span_list(lease->covered), "covered_ms", (json_int_t)lease->covered_ms, "credited_ms",
                          (json_int_t)lease->credited_ms, "content_ms", (json_int_t)lease->content_ms, "resume_ms",
                          (json_int_t)lease->resume_ms, "rate_max", LEDGER_RATE_MAX_PERMILLE / 1000.0, "complete",
                          lease->complete));
}

static void done_watch(gpointer data, const GError *error)
{
    question *q = data;
    if (error) {
        answer_failure(q->seat, error);
    } else {
        oust(q->of, q->lease.ousted_session);
        if (q->seat->member)
            tell_lease(q);
    }
    question_free(q);
}

/* ---- beat ---- */

static bool award_is_due(const question *q)
{
    return q->title.ended && !q->verdict.lease_lost &&
           (q->verdict.completed_now || q->verdict.seq % BEATS_AWARD_EVERY == 0);
}

static bool job_beat(records *db, gpointer data, GError **error)
{
    question *q = data;
    const api_parts *parts = &q->of->parts;
    if (!ledger_judge(parts->ledger, db, q->seat->who.person, &q->title, q->delivered, &q->beat, &q->verdict, error))
        return false;
    if (!award_is_due(q))
        return true;
    if (!ledger_flush(parts->ledger, db, error))
        return false;
    q->certificates =
        award_consider(db, parts->clock, q->seat->who.person, q->title.title_id, parts->issuer, error);
    return q->certificates != NULL;
}

static json_t *refused_list(const int64_t refused_ms[REFUSED_COUNT])
{
    json_t *list = json_array();
    for (int i = 0; i < REFUSED_COUNT; i++)
        if (refused_ms[i] > 0)
            json_array_append_new(list, json_pack("{s:s, s:I}", "reason", ledger_reason_word((ledger_reason)i), "ms",
                                                  (json_int_t)refused_ms[i]));
    return list;
}

static void tell_verdict(const question *q)
{
    const ledger_verdict *is = &q->verdict;
    answer(q->seat, json_pack("{s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:o, s:b}", "t", "ack", "seq", (json_int_t)is->seq,
                              "nonce", is->nonce, "gained_ms", (json_int_t)is->gained_ms, "credited_ms",
                              (json_int_t)is->credited_ms, "covered_ms", (json_int_t)is->covered_ms, "content_ms",
                              (json_int_t)is->content_ms, "refused", refused_list(is->refused_ms), "complete",
                              is->complete));
}

static void tell_completed(const question *q)
{
    const award_certificate *first =
        q->certificates && q->certificates->len ? &g_array_index(q->certificates, award_certificate, 0) : NULL;
    if (!q->verdict.completed_now && !first)
        return;
    json_t *certificate = first ? json_pack("{s:s, s:s}", "id", first->id, "course", first->course_title) : json_null();
    answer(q->seat, json_pack("{s:s, s:s, s:o}", "t", "completed", "title", q->title.title_id, "certificate",
                              certificate));
}

/* Its beat was not the next one: the page says "watch" again. */
static void tell_lost(const question *q)
{
    bool taken = q->verdict.refused_ms[REFUSED_LEASE] > 0;
    q->seat->session[0] = '\0';
    answer(q->seat, json_pack("{s:s, s:s}", "t", "lease_lost", "reason", taken ? "other_device" : "sequence"));
}

static void done_beat(gpointer data, const GError *error)
{
    question *q = data;
    if (error)
        answer_failure(q->seat, error);
    else if (q->verdict.lease_lost)
        tell_lost(q);
    else {
        tell_verdict(q);
        tell_completed(q);
    }
    question_free(q);
}

/* False: the message is not a beat. */
static bool parse_beat(json_t *message, ledger_beat *beat)
{
    const char *session, *nonce;
    json_int_t seq, from_ms, to_ms;
    double rate;
    int visible, playing;
    if (json_unpack(message, "{s:s, s:s, s:I, s:I, s:I, s:F, s:b, s:b}", "session", &session, "nonce", &nonce, "seq",
                    &seq, "from_ms", &from_ms, "to_ms", &to_ms, "rate", &rate, "visible", &visible, "playing",
                    &playing) != 0)
        return false;
    *beat = (ledger_beat){.seq = seq, .from_ms = from_ms, .to_ms = to_ms, .visible = visible, .playing = playing};
    beat->rate_permille = rate > 0 && rate <= 100 ? (int32_t)(rate * 1000) : 0;
    return g_strlcpy(beat->session, session, sizeof beat->session) < sizeof beat->session &&
           g_strlcpy(beat->nonce, nonce, sizeof beat->nonce) < sizeof beat->nonce;
}

static void on_beat(beats *is, seat *who, json_t *message)
{
    ledger_beat beat;
    if (!parse_beat(message, &beat)) {
        answer_error(who, "bad_message", "a beat has session, seq, nonce, from_ms, to_ms, rate, visible, playing");
        return;
    }
    question *q = question_new(is, who);
    q->beat = beat;
    q->delivered = delivered_now(is, who);
    ask(q, job_beat, done_beat);
}

/* ---- the door ---- */

void beats_on_message(beats *is, room_member *member, const char *kind, json_t *message)
{
    seat *who = seat_of(member);
    if (who->who.person == 0)
        answer_error(who, "sign_in_first", "only signed-in learners have an account of minutes");
    else if (who->asking)
        answer_error(who, "too_fast", "wait for the answer to the message before");
    else if (g_str_equal(kind, "watch"))
        ask(question_new(is, who), job_watch, done_watch);
    else if (g_str_equal(kind, "beat"))
        on_beat(is, who, message);
    else if (g_str_equal(kind, "leave_watch"))
        who->session[0] = '\0';
    else
        answer_error(who, "unknown_message", "there is no such message in jiangtang.v1");
}

void beats_on_left(beats *is, room_member *member)
{
    seat *who = room_member_data(member);
    if (!who)
        return;
    if (*who->session)
        g_hash_table_remove(is->sessions, who->session);
    room_member_set_data(member, NULL);
    who->member = NULL;
    seat_unref(who);
}

/* ---- once a second ---- */

typedef struct {
    beats *of;
    GArray *deliveries; /* of shelf_delivery */
} flush_job;

static bool job_flush(records *db, gpointer data, GError **error)
{
    flush_job *job = data;
    for (guint i = 0; i < job->deliveries->len; i++) {
        const shelf_delivery *one = &g_array_index(job->deliveries, shelf_delivery, i);
        if (!ledger_delivered(job->of->parts.ledger, db, one->person, one->title_id, one->from_ms, one->to_ms, error))
            return false;
    }
    return ledger_flush(job->of->parts.ledger, db, error);
}

static void done_flush(gpointer data, const GError *error)
{
    flush_job *job = data;
    if (error)
        log_error("ledger", "a second of learning could not be written: %s", error->message);
    job->of->flushing = false;
    g_array_unref(job->deliveries);
    g_free(job);
}

static void on_flush(gpointer data)
{
    beats *is = data;
    g_autoptr(GError) error = NULL;
    if (is->flushing)
        return;
    flush_job *job = g_new(flush_job, 1);
    *job = (flush_job){.of = is, .deliveries = shelf_take_delivered(is->parts.shelf)};
    is->flushing = true;
    if (clerk_post(is->parts.clerk, job_flush, done_flush, job, &error))
        return;
    for (guint i = 0; i < job->deliveries->len; i++) {
        const shelf_delivery *one = &g_array_index(job->deliveries, shelf_delivery, i);
        shelf_note_delivered(is->parts.shelf, one->person, one->title_id, one->from_ms, one->to_ms);
    }
    done_flush(job, error);
}

/* ---- a title has ended ---- */

typedef struct {
    beats *of;
    char title_id[33];
    int64_t after, next;
} ended_job;

static bool job_ended(records *db, gpointer data, GError **error)
{
    ended_job *job = data;
    const api_parts *parts = &job->of->parts;
    return ledger_flush(parts->ledger, db, error) &&
           award_consider_ended(db, parts->clock, job->title_id, parts->issuer, job->after, &job->next, error);
}

static void done_ended(gpointer data, const GError *error)
{
    ended_job *job = data;
    g_autoptr(GError) failure = NULL;
    if (error)
        log_error("award", "what became due with title %s was not issued: %s", job->title_id, error->message);
    job->after = job->next;
    if (error || job->next == 0 || !clerk_post(job->of->parts.clerk, job_ended, done_ended, job, &failure))
        g_free(job);
}

void beats_title_ended(beats *is, const char *title_id)
{
    ended_job *job = g_new0(ended_job, 1);
    g_autoptr(GError) error = NULL;
    job->of = is;
    g_strlcpy(job->title_id, title_id, sizeof job->title_id);
    if (!clerk_post(is->parts.clerk, job_ended, done_ended, job, &error))
        done_ended(job, error);
}

/* ---- life ---- */

beats *beats_new(const api_parts *parts)
{
    beats *is = g_new0(beats, 1);
    is->parts = *parts;
    is->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    is->flush = net_timer_new(parts->net, BEATS_FLUSH_MS, BEATS_FLUSH_MS, on_flush, is);
    return is;
}

void beats_stop(beats *is)
{
    if (!is || !is->flush)
        return;
    g_clear_pointer(&is->flush, net_timer_free);
    is->flushing = false;
    on_flush(is);
}

void beats_free(beats *is)
{
    if (!is)
        return;
    g_clear_pointer(&is->flush, net_timer_free);
    g_hash_table_unref(is->sessions);
    g_free(is);
}
