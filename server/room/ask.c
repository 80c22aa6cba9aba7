#include "room/hall.h"

#include <string.h>

#include "base/log.h"
#include "room/incoming.h"
#include "room/question.h"

/*
 * Everything asked, voted and answered is written first and told then, in the order the clerk took it: what is in a
 * list of questions was told before it, and what is told after it is newer.
 */
struct desk {
    room_hall *hall; /* NULL: it is gone */
    clerk *clerk;
};

typedef struct errand errand;
typedef bool (*errand_work)(records *db, errand *e, GError **error); /* on the clerk's thread */
typedef void (*errand_told)(room *r, room_member *m, errand *e);     /* m NULL: it has left */

struct errand {
    struct desk *desk; /* counted: the clerk may answer after desk_free() */
    errand_work work;
    errand_told told;
    char title_id[33];
    guint64 member;  /* its serial; 0: nobody's */
    json_t *message; /* as it came */
    question_deed by;
    bool host;
    int64_t id;
    char *words;
    bool up, moved;
    question is;
    json_t *board;
    int open; /* questions, afterwards */
};

struct desk *desk_new(room_hall *hall, clerk *writer)
{
    struct desk *d = g_rc_box_new0(struct desk);
    d->hall = hall;
    d->clerk = writer;
    return d;
}

void desk_free(struct desk *d)
{
    if (!d)
        return;
    d->hall = NULL;
    g_rc_box_release(d);
}

static void errand_free(errand *e)
{
    json_decref(e->message);
    json_decref(e->board);
    g_free(e->words);
    g_rc_box_release(e->desk);
    g_free(e);
}

static bool work_job(records *db, gpointer data, GError **error)
{
    errand *e = data;
    return (!e->work || e->work(db, e, error)) &&
           question_open_count(db, e->title_id, &e->open, error);
}

static room_member *find_member(const room *r, guint64 serial)
{
    for (guint i = 0; i < r->members->len; i++) {
        room_member *m = r->members->pdata[i];
        if (m->serial == serial)
            return m;
    }
    return NULL;
}

static void refuse(room_member *m, const errand *e, const GError *error)
{
    bool known = error_is(error, ERROR_MISSING) || error_is(error, ERROR_CONFLICT) ||
                 error_is(error, ERROR_DENIED);
    if (!known)
        log_error("room", "a question of %s was not written: %s", e->title_id, error->message);
    if (m)
        member_refuse(m, e->message,
                      known ? out_error(error_code(error), error->message)
                            : out_error("busy", "The server could not keep it: try again"));
}

static void settle(room *r, errand *e, const GError *error)
{
    room_member *m = e->member ? find_member(r, e->member) : NULL;
    if (error) {
        refuse(m, e, error);
        return;
    }
    r->questions = e->open;
    if (e->told)
        e->told(r, m, e);
}

static void work_done(gpointer data, const GError *error)
{
    errand *e = data;
    room *r = e->desk->hall ? g_hash_table_lookup(e->desk->hall->rooms, e->title_id) : NULL;
    if (r)
        settle(r, e, error);
    errand_free(e);
}

static errand *errand_new(room *r, errand_work work, errand_told told)
{
    errand *e = g_new0(errand, 1);
    e->desk = g_rc_box_acquire(r->hall->desk);
    e->work = work;
    e->told = told;
    g_strlcpy(e->title_id, r->title_id, sizeof e->title_id);
    return e;
}

/* What a member does now, where the picture is now. */
static errand *errand_of(room_member *m, json_t *message, errand_work work, errand_told told)
{
    room *r = m->room;
    const room_news *news = &r->hall->news;
    errand *e = errand_new(r, work, told);
    e->member = m->serial;
    e->message = json_incref(message);
    e->host = m->who.host;
    e->id = json_integer_value(json_object_get(message, "question"));
    e->by = (question_deed){.at_ms = clock_utc_ms(r->hall->clock), .person = m->who.person};
    e->by.programme_ms = news->programme_ms ? news->programme_ms(news->user, r->title_id) : 0;
    g_strlcpy(e->by.name, m->who.name, sizeof e->by.name);
    return e;
}

static bool post(errand *e)
{
    if (clerk_post(e->desk->clerk, work_job, work_done, e, NULL))
        return true;
    errand_free(e);
    return false;
}

static void bring(room_member *m, const json_t *message, errand *e)
{
    if (!post(e))
        member_refuse(m, message, out_error("busy", "The records are busy: try again"));
}

bool room_count_questions(room *r)
{
    return post(errand_new(r, NULL, NULL));
}

/* ---- may they? ---- */

static bool too_often(room_member *m, const json_t *message, rates *of)
{
    int64_t wait = rates_take(of, m->who.person, clock_mono_ms(m->room->hall->clock));
    if (wait > 0)
        member_refuse_rate(m, message, wait);
    return wait > 0;
}

static bool names_one(room_member *m, const json_t *message)
{
    if (json_integer_value(json_object_get(message, "question")) > 0)
        return true;
    member_refuse(m, message, out_error("bad_message", "Which question? \"question\" is its id"));
    return false;
}

static bool may_lead(room_member *m, const json_t *message)
{
    if (m->who.host)
        return names_one(m, message) && !too_often(m, message, m->room->hall->deeds);
    member_refuse(m, message, out_error("hosts_only", "Only the class's master may do this"));
    return false;
}

/* ---- what changes one for all ---- */

static void tell_question(room *r, room_member *m, errand *e)
{
    json_t *for_all = json_pack("{s:s, s:o, s:i}", "t", "question", "question",
                                question_json(&e->is), "questions", e->open);
    const char *id = m ? incoming_id(e->message) : NULL;
    json_t *for_author = id ? json_copy(for_all) : NULL;
    if (id)
        json_object_set_new(for_author, "id", json_string(id));
    g_hash_table_remove(r->votes, &e->is.id); /* they are in it */
    room_broadcast(r, for_all, m, for_author);
}

static bool ask(records *db, errand *e, GError **error)
{
    return question_ask(db, e->title_id, &e->by, e->words, &e->is, error);
}

void room_on_ask(room_member *m, json_t *message)
{
    if (member_is_guest(m, message))
        return;
    char *words = member_words(m, message, QUESTION_CHARS);
    if (!words || too_often(m, message, m->room->hall->words)) {
        g_free(words);
        return;
    }
    errand *e = errand_of(m, message, ask, tell_question);
    e->words = words;
    bring(m, message, e);
}

static bool answer(records *db, errand *e, GError **error)
{
    return question_answer(db, e->title_id, e->id, &e->by, e->words, &e->is, error);
}

void room_on_answer(room_member *m, json_t *message)
{
    if (!may_lead(m, message))
        return;
    bool aloud = json_is_true(json_object_get(message, "aloud"));
    char *words = aloud ? g_strdup("") : member_words(m, message, QUESTION_ANSWER_CHARS);
    if (!words)
        return;
    errand *e = errand_of(m, message, answer, tell_question);
    e->words = words;
    bring(m, message, e);
}

static bool reopen(records *db, errand *e, GError **error)
{
    return question_reopen(db, e->title_id, e->id, &e->is, error);
}

void room_on_reopen(room_member *m, json_t *message)
{
    if (may_lead(m, message))
        bring(m, message, errand_of(m, message, reopen, tell_question));
}

static bool take_away(records *db, errand *e, GError **error)
{
    return question_remove(db, e->title_id, e->id, &e->by, e->host, &e->is, error);
}

void room_on_remove(room_member *m, json_t *message)
{
    if (!member_is_guest(m, message) && names_one(m, message) &&
        !too_often(m, message, m->room->hall->deeds))
        bring(m, message, errand_of(m, message, take_away, tell_question));
}

/* ---- votes ---- */

static bool vote(records *db, errand *e, GError **error)
{
    return question_vote(db, e->title_id, e->id, e->by.person, e->up, &e->is, &e->moved, error);
}

static void tell_vote(room *r, room_member *m, errand *e)
{
    room_answer_person(
        r, m, e->by.person,
        json_pack("{s:s, s:I, s:b}", "t", "voted", "question", (json_int_t)e->id, "up", e->up));
    if (!e->moved)
        return;
    g_hash_table_insert(r->votes, g_memdup2(&e->id, sizeof e->id),
                        g_memdup2(&e->is.votes, sizeof e->is.votes));
    room_tell_votes(r, clock_mono_ms(r->hall->clock));
}

void room_tell_votes(room *r, int64_t now_ms)
{
    if (g_hash_table_size(r->votes) == 0 || now_ms - r->votes_told_ms < ROOM_HANDS_MS)
        return;
    r->votes_told_ms = now_ms;
    json_t *all = json_array();
    GHashTableIter each;
    gpointer id, votes;
    g_hash_table_iter_init(&each, r->votes);
    while (g_hash_table_iter_next(&each, &id, &votes))
        json_array_append_new(all, json_pack("[I, I]", (json_int_t) * (int64_t *)id,
                                             (json_int_t) * (int64_t *)votes));
    g_hash_table_remove_all(r->votes);
    room_broadcast(r, json_pack("{s:s, s:o}", "t", "votes", "votes", all), NULL, NULL);
}

void room_on_vote(room_member *m, json_t *message)
{
    const json_t *up = json_object_get(message, "up");
    if (member_is_guest(m, message) || !names_one(m, message))
        return;
    if (!json_is_boolean(up)) {
        member_refuse(m, message, out_error("bad_message", "A vote goes up or down"));
        return;
    }
    if (too_often(m, message, m->room->hall->deeds))
        return;
    errand *e = errand_of(m, message, vote, tell_vote);
    e->up = json_is_true(up);
    bring(m, message, e);
}

/* ---- all of them ---- */

static bool list(records *db, errand *e, GError **error)
{
    return (e->board = question_board(db, e->title_id, e->by.person, 0, error)) != NULL;
}

static void tell_list(room *r, room_member *m, errand *e)
{
    (void)r;
    json_object_set_new(e->board, "t", json_string("questions"));
    if (m)
        room_answer(m, e->board);
}

void room_on_questions(room_member *m, json_t *message)
{
    int64_t now_ms = clock_mono_ms(m->room->hall->clock);
    int64_t wait = rate_take(&m->listed_ms, ROOM_LIST_TOKENS, ROOM_LIST_MS, now_ms);
    if (wait > 0)
        member_refuse_rate(m, message, wait);
    else
        bring(m, message, errand_of(m, message, list, tell_list));
}
