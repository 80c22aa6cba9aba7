#include "api/beats.h"

#include <string.h>

#include "award/award.h"
#include "base/log.h"
#include "ledger/ledger.h"
#include "school/school.h"

#define RETRY_MS 1000 /* a full mailbox is empty again by then */

/* Counted: its owner's, one for each seat, and one for each job at the clerk that has no seat. */
struct beats {
    int references;
    api_parts parts;
    net_timer *flush;
    bool flushing;        /* one flush at a time */
    GHashTable *sessions; /* session id > seat that believes it has the lease */
};

/* A member as far as minutes are concerned. Counted: its member's, and one for each question at the clerk. */
typedef struct {
    int references;
    beats *of;
    room_member *member; /* NULL: it left */
    room_identity who;
    char session[33]; /* "": none, and then it is not in the table of sessions */
    bool asking;      /* an answer is on its way */
    int64_t paced_ms; /* monotonic time up to which its messages have used their pace */
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
} question;

static beats *beats_ref(beats *is)
{
    is->references++;
    return is;
}

static void beats_unref(beats *is)
{
    if (--is->references > 0)
        return;
    g_hash_table_unref(is->sessions);
    g_free(is);
}

static seat *seat_of(beats *of, room_member *member)
{
    seat *is = room_member_data(member);
    if (is)
        return is;
    is = g_new0(seat, 1);
    is->references = 1;
    is->of = beats_ref(of);
    is->member = member;
    is->who = *room_member_identity(member);
    room_member_set_data(member, is);
    return is;
}

static void seat_unref(seat *is)
{
    if (--is->references > 0)
        return;
    beats_unref(is->of);
    g_free(is);
}

/* Nobody has to be told when its lease goes. */
static void forget_session(beats *is, seat *who)
{
    if (*who->session)
        g_hash_table_remove(is->sessions, who->session);
    who->session[0] = '\0';
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

/* What is wrong with our own house is for the log, not for a stranger. */
static void answer_failure(const seat *is, const GError *error)
{
    if (error_is(error, ERROR_INPUT)) {
        answer_error(is, error_code(error), error->message);
        return;
    }
    if (!error_is(error, ERROR_BUSY))
        log_error("ledger", "person %" G_GINT64_FORMAT " on title %s: %s", is->who.person,
                  is->who.title_id, error->message);
    answer(is, json_pack("{s:s, s:s, s:s, s:i}", "t", "error", "code", "busy", "detail",
                         "The server cannot take it now", "retry_ms", RETRY_MS));
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
    g_autoptr(GArray) taken =
        shelf_take_delivered_to(is->parts.shelf, who->who.person, who->who.title_id);
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(ledger_span));
    for (guint i = 0; i < taken->len; i++) {
        const shelf_delivery *one = &g_array_index(taken, shelf_delivery, i);
        ledger_span span = {one->from_ms, one->to_ms};
        g_array_append_val(spans, span);
    }
    return spans;
}

/*
 * It did not reach the ledger, or we cannot know: it is noted again for the next time. What the
 * ledger has already it takes a second time without effect.
 */
static void give_back(beats *is, const seat *who, const GArray *spans)
{
    for (guint i = 0; spans && i < spans->len; i++) {
        const ledger_span *span = &g_array_index(spans, ledger_span, i);
        shelf_note_delivered(is->parts.shelf, who->who.person, who->who.title_id, span->from_ms,
                             span->to_ms);
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
static bool job_watch(records *db, gpointer data, GError **error)
{
    question *q = data;
    int64_t person = q->seat->who.person;
    return school_enrol_by_title(db, q->of->parts.clock, person, q->title.title_id, error) &&
           ledger_watch(q->of->parts.ledger, db, person, &q->title, &q->lease, error);
}

static json_t *span_list(const GArray *spans)
{
    json_t *list = json_array();
    for (guint i = 0; i < spans->len; i++) {
        const ledger_span *span = &g_array_index(spans, ledger_span, i);
        json_array_append_new(
            list, json_pack("[I, I]", (json_int_t)span->from_ms, (json_int_t)span->to_ms));
    }
    return list;
}

static void oust(beats *is, const char *session)
{
    seat *older = *session ? g_hash_table_lookup(is->sessions, session) : NULL;
    if (!older)
        return;
    forget_session(is, older);
    answer(older, json_pack("{s:s, s:s}", "t", "lease_lost", "reason", "other_device"));
}

static void tell_lease(question *q)
{
    const ledger_lease *lease = &q->lease;
    seat *who = q->seat;
    g_strlcpy(who->session, lease->session, sizeof who->session);
    g_hash_table_insert(q->of->sessions, g_strdup(lease->session), who);
    answer(who,
           json_pack("{s:s, s:s, s:s, s:i, s:o, s:I, s:I, s:I, s:I, s:f, s:b}", "t", "lease",
                     "session", lease->session, "nonce", lease->nonce, "interval_ms",
                     LEDGER_INTERVAL_MS, "covered", span_list(lease->covered), "covered_ms",
                     (json_int_t)lease->covered_ms, "credited_ms", (json_int_t)lease->credited_ms,
                     "content_ms", (json_int_t)lease->content_ms, "resume_ms",
                     (json_int_t)lease->resume_ms, "rate_max", LEDGER_RATE_MAX_PERMILLE / 1000.0,
                     "complete", lease->complete));
}

static void done_watch(gpointer data, const GError *error)
{
    question *q = data;
    if (error) {
        answer_failure(q->seat, error);
    } else {
        forget_session(q->of, q->seat); /* taking it from oneself is no news */
        oust(q->of, q->lease.ousted_session);
        if (q->seat->member)
            tell_lease(q);
    }
    question_free(q);
}

/* ---- beat ---- */

static bool job_beat(records *db, gpointer data, GError **error)
{
    question *q = data;
    return ledger_judge(q->of->parts.ledger, db, q->seat->who.person, &q->title, q->delivered,
                        &q->beat, &q->verdict, error);
}

static json_t *refused_list(const int64_t refused_ms[REFUSED_COUNT])
{
    json_t *list = json_array();
    for (int i = 0; i < REFUSED_COUNT; i++)
        if (refused_ms[i] > 0)
            json_array_append_new(list, json_pack("{s:s, s:I}", "reason",
                                                  ledger_reason_word((ledger_reason)i), "ms",
                                                  (json_int_t)refused_ms[i]));
    return list;
}

static void tell_verdict(const question *q)
{
    const ledger_verdict *is = &q->verdict;
    answer(q->seat, json_pack("{s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:o, s:b}", "t", "ack", "seq",
                              (json_int_t)is->seq, "nonce", is->nonce, "gained_ms",
                              (json_int_t)is->gained_ms, "credited_ms", (json_int_t)is->credited_ms,
                              "covered_ms", (json_int_t)is->covered_ms, "content_ms",
                              (json_int_t)is->content_ms, "refused", refused_list(is->refused_ms),
                              "complete", is->complete));
}

/* Its beat was not the next one: the page says "watch" again. */
static void tell_lost(question *q)
{
    bool taken = q->verdict.refused_ms[REFUSED_LEASE] > 0;
    forget_session(q->of, q->seat);
    answer(q->seat, json_pack("{s:s, s:s}", "t", "lease_lost", "reason",
                              taken ? "other_device" : "sequence"));
}

static void look_what_is_due(question *q);

static bool award_is_due(const question *q)
{
    return q->title.ended && (q->verdict.completed_now || q->verdict.seq % BEATS_AWARD_EVERY == 0);
}

static void done_beat(gpointer data, const GError *error)
{
    question *q = data;
    if (error) {
        give_back(q->of, q->seat, q->delivered);
        answer_failure(q->seat, error);
    } else if (q->verdict.lease_lost)
        tell_lost(q);
    else {
        tell_verdict(q);
        if (award_is_due(q))
            look_what_is_due(q);
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
    if (json_unpack(message, "{s:s, s:s, s:I, s:I, s:I, s:F, s:b, s:b}", "session", &session,
                    "nonce", &nonce, "seq", &seq, "from_ms", &from_ms, "to_ms", &to_ms, "rate",
                    &rate, "visible", &visible, "playing", &playing) != 0)
        return false;
    *beat = (ledger_beat){
        .seq = seq, .from_ms = from_ms, .to_ms = to_ms, .visible = visible, .playing = playing};
    beat->rate_permille = rate > 0 && rate <= 100 ? (int32_t)(rate * 1000) : 0;
    return g_strlcpy(beat->session, session, sizeof beat->session) < sizeof beat->session &&
           g_strlcpy(beat->nonce, nonce, sizeof beat->nonce) < sizeof beat->nonce;
}

static void on_beat(beats *is, seat *who, json_t *message)
{
    ledger_beat beat;
    if (!parse_beat(message, &beat)) {
        answer_error(who, "bad_message",
                     "a beat has session, seq, nonce, from_ms, to_ms, rate, visible, playing");
        return;
    }
    question *q = question_new(is, who);
    q->beat = beat;
    q->delivered = delivered_now(is, who);
    ask(q, job_beat, done_beat);
}

/* ---- the door ---- */

/* BEATS_BURST at once, then one each half interval: a pause or a seek sends one out of turn. */
static bool too_fast(beats *is, seat *who)
{
    const int64_t pace_ms = LEDGER_INTERVAL_MS / 2;
    int64_t now_ms = clock_mono_ms(is->parts.clock);
    if (who->asking || who->paced_ms - now_ms > (BEATS_BURST - 1) * pace_ms)
        return true;
    who->paced_ms = MAX(who->paced_ms, now_ms) + pace_ms;
    return false;
}

void beats_on_message(beats *is, room_member *member, const char *kind, json_t *message)
{
    seat *who = seat_of(is, member);
    bool watch = g_str_equal(kind, "watch"), beat = g_str_equal(kind, "beat");
    if (!watch && !beat && !g_str_equal(kind, "leave_watch"))
        answer_error(who, "unknown_message", "there is no such message in jiangtang.v1");
    else if (who->who.person == 0)
        answer_error(who, "sign_in_first", "only signed-in learners have an account of minutes");
    else if (!watch && !beat)
        forget_session(is, who);
    else if (too_fast(is, who))
        answer_error(who, "too_fast",
                     "one message at a time, and no more than one each half interval");
    else if (watch)
        ask(question_new(is, who), job_watch, done_watch);
    else
        on_beat(is, who, message);
}

void beats_on_left(beats *is, room_member *member)
{
    seat *who = room_member_data(member);
    if (!who)
        return;
    forget_session(is, who);
    room_member_set_data(member, NULL);
    who->member = NULL;
    seat_unref(who);
}

/* ---- once a second ---- */

typedef struct {
    beats *of; /* NULL for the last one */
    ledger *ledger;
    GArray *deliveries; /* of shelf_delivery */
} flush_job;

/* One learner's account that cannot be read is that learner's trouble, not everybody's. */
static bool job_flush(records *db, gpointer data, GError **error)
{
    flush_job *job = data;
    for (guint i = 0; i < job->deliveries->len; i++) {
        const shelf_delivery *one = &g_array_index(job->deliveries, shelf_delivery, i);
        g_autoptr(GError) failure = NULL;
        if (!ledger_delivered(job->ledger, db, one->person, one->title_id, one->from_ms, one->to_ms,
                              &failure))
            log_error("ledger", "what person %" G_GINT64_FORMAT " got of %s was not noted: %s",
                      one->person, one->title_id, failure->message);
    }
    return ledger_flush(job->ledger, db, error);
}

/* What could not be written, or not even asked of the clerk, goes back on the shelf. */
static void done_flush(gpointer data, const GError *error)
{
    flush_job *job = data;
    if (error)
        log_error("ledger", "a second of learning could not be written: %s", error->message);
    for (guint i = 0; error && i < job->deliveries->len; i++) {
        const shelf_delivery *one = &g_array_index(job->deliveries, shelf_delivery, i);
        shelf_note_delivered(job->of->parts.shelf, one->person, one->title_id, one->from_ms,
                             one->to_ms);
    }
    job->of->flushing = false;
    beats_unref(job->of);
    g_array_unref(job->deliveries);
    g_free(job);
}

static void post_flush(beats *is)
{
    g_autoptr(GError) error = NULL;
    flush_job *job = g_new(flush_job, 1);
    *job = (flush_job){.of = beats_ref(is),
                       .ledger = is->parts.ledger,
                       .deliveries = shelf_take_delivered(is->parts.shelf)};
    is->flushing = true;
    if (!clerk_post(is->parts.clerk, job_flush, done_flush, job, &error))
        done_flush(job, error);
}

/* The last one has nobody left to answer: the loop has stopped. */
static bool job_last_flush(records *db, gpointer data, GError **error)
{
    flush_job *job = data;
    bool written = job_flush(db, job, error);
    g_array_unref(job->deliveries);
    g_free(job);
    return written;
}

static void on_flush(gpointer data)
{
    beats *is = data;
    if (!is->flushing)
        post_flush(is);
}

/* ---- what has become due ---- */

typedef struct {
    beats *of;
    seat *seat;
    char title_id[33];
    bool completed;       /* this lesson, just now */
    school_lesson lesson; /* the first of this title */
    GArray *certificates;
} due_job;

static bool job_due(records *db, gpointer data, GError **error)
{
    due_job *job = data;
    const api_parts *parts = &job->of->parts;
    g_autoptr(GArray) lessons = school_lessons_of_title(db, job->title_id, error);
    if (!lessons)
        return false;
    if (lessons->len)
        job->lesson = g_array_index(lessons, school_lesson, 0);
    job->certificates = award_consider(db, parts->clock, job->seat->who.person, job->title_id,
                                       parts->issuer, error);
    return job->certificates != NULL;
}

static void tell_completed(const due_job *job)
{
    for (guint i = 0; i < job->certificates->len; i++) {
        const award_certificate *is = &g_array_index(job->certificates, award_certificate, i);
        answer(job->seat,
               json_pack("{s:s, s:{s:s, s:s}, s:{s:s}}", "t", "completed", "course", "id",
                         is->course_id, "title", is->course_title, "certificate", "id", is->id));
    }
    if (job->completed && !job->certificates->len)
        answer(job->seat, json_pack("{s:s, s:{s:s, s:s}, s:n}", "t", "completed", "lesson", "id",
                                    job->lesson.id, "title", job->lesson.title, "certificate"));
}

static void done_due(gpointer data, const GError *error)
{
    due_job *job = data;
    if (error)
        log_error("award", "what became due to person %" G_GINT64_FORMAT " was not issued: %s",
                  job->seat->who.person, error->message);
    else
        tell_completed(job);
    g_clear_pointer(&job->certificates, g_array_unref);
    seat_unref(job->seat);
    g_free(job);
}

/* In a job of its own behind a flush of its own: should it fail, nobody's second goes with it. */
static void look_what_is_due(question *q)
{
    g_autoptr(GError) error = NULL;
    due_job *job = g_new0(due_job, 1);
    *job = (due_job){.of = q->of, .seat = q->seat, .completed = q->verdict.completed_now};
    g_strlcpy(job->title_id, q->title.title_id, sizeof job->title_id);
    job->seat->references++;
    post_flush(q->of);
    if (!clerk_post(q->of->parts.clerk, job_due, done_due, job, &error))
        done_due(job, error);
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
    return award_consider_ended(db, parts->clock, job->title_id, parts->issuer, job->after,
                                &job->next, error);
}

static void done_ended(gpointer data, const GError *error)
{
    ended_job *job = data;
    g_autoptr(GError) failure = NULL;
    if (error)
        log_error("award", "what became due with title %s was not issued: %s", job->title_id,
                  error->message);
    job->after = job->next;
    if (error || job->next == 0 ||
        !clerk_post(job->of->parts.clerk, job_ended, done_ended, job, &failure)) {
        beats_unref(job->of);
        g_free(job);
    }
}

void beats_title_ended(beats *is, const char *title_id)
{
    ended_job *job = g_new0(ended_job, 1);
    g_autoptr(GError) error = NULL;
    job->of = beats_ref(is);
    g_strlcpy(job->title_id, title_id, sizeof job->title_id);
    post_flush(is);
    if (!clerk_post(is->parts.clerk, job_ended, done_ended, job, &error))
        done_ended(job, error);
}

/* ---- life ---- */

beats *beats_new(const api_parts *parts)
{
    beats *is = g_new0(beats, 1);
    is->references = 1;
    is->parts = *parts;
    is->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    is->flush = net_timer_new(parts->net, BEATS_FLUSH_MS, BEATS_FLUSH_MS, on_flush, is);
    return is;
}

void beats_free(beats *is)
{
    if (!is)
        return;
    g_autoptr(GError) error = NULL;
    flush_job *job = g_new(flush_job, 1);
    *job = (flush_job){.ledger = is->parts.ledger,
                       .deliveries = shelf_take_delivered(is->parts.shelf)};
    net_timer_free(is->flush);
    if (!clerk_post(is->parts.clerk, job_last_flush, NULL, job, &error)) {
        log_error("ledger", "the last second of learning could not be written: %s", error->message);
        g_array_unref(job->deliveries);
        g_free(job);
    }
    beats_unref(is);
}
