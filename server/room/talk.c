#include "room/hall.h"

#include <string.h>

#include "room/incoming.h"

typedef struct {
    const char *code, *detail;
} refusal;

static const refusal bad_words[] = {
    {"empty", "There is nothing to see in this message"},
    {"too_long", "This is longer than it may be"},
    {"control_character", "A message may not contain control characters or line breaks"},
};

void member_refuse(room_member *m, const json_t *message, json_t *error)
{
    const char *id = incoming_id(message);
    if (id)
        json_object_set_new(error, "id", json_string(id));
    room_answer(m, error);
    json_decref(error);
}

void member_refuse_rate(room_member *m, const json_t *message, int64_t retry_ms)
{
    json_t *error = out_error("rate_limited", "Too many in a short time");
    json_object_set_new(error, "retry_ms", json_integer(retry_ms));
    member_refuse(m, message, error);
}

bool member_is_guest(room_member *m, const json_t *message)
{
    if (m->who.person != 0)
        return false;
    member_refuse(m, message, out_error("guests_may_not_speak", "Sign in to take part"));
    return true;
}

/* ---- say ---- */

static json_t *bad_words_error(const char *code)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bad_words); i++) {
        if (g_str_equal(code, bad_words[i].code))
            return out_error(code, bad_words[i].detail);
    }
    return out_error("bad_message", "This message cannot be shown");
}

char *member_words(room_member *m, const json_t *message, gsize max_chars)
{
    const char *text = json_string_value(json_object_get(message, "text"));
    const char *code = "bad_message";
    char *words = text ? incoming_words(text, max_chars, &code) : NULL;
    if (!words)
        member_refuse(m, message, bad_words_error(code));
    return words;
}

/* Numbers the words, keeps them, and tells them to all. */
static void publish(room_member *m, const json_t *message, char *words)
{
    room *r = m->room;
    room_hall *hall = r->hall;
    said s = {.seq = ++r->seq,
              .at_ms = clock_utc_ms(hall->clock),
              .person = m->who.person,
              .words = words};
    g_strlcpy(s.title_id, r->title_id, sizeof s.title_id);
    g_strlcpy(s.name, m->who.name, sizeof s.name);
    s.host = m->who.host;
    if (hall->news.programme_ms)
        s.programme_ms = hall->news.programme_ms(hall->news.user, r->title_id);
    hall->said++;
    archive_add(hall->archive, &s);
    json_t *for_all = out_said(&s);
    char *text = json_dumps(for_all, JSON_COMPACT);
    history_add(r->history, text);
    free(text);
    const char *id = incoming_id(message);
    json_t *for_author = id ? json_copy(for_all) : NULL;
    if (id)
        json_object_set_new(for_author, "id", json_string(id));
    room_broadcast(r, for_all, m, for_author);
}

static void on_say(room_member *m, json_t *message)
{
    if (member_is_guest(m, message))
        return;
    g_autofree char *words = member_words(m, message, ROOM_TEXT_MAX);
    if (!words)
        return;
    room_hall *hall = m->room->hall;
    int64_t wait = rates_take(hall->words, m->who.person, clock_mono_ms(hall->clock));
    if (wait > 0)
        member_refuse_rate(m, message, wait);
    else
        publish(m, message, words);
}

/* ---- hands ---- */

void room_answer_person(room *r, room_member *by, int64_t person, json_t *message)
{
    bool only_one = by && by->who.person == person && roster_sockets(r->roster, person) == 1;
    if (only_one)
        room_answer(by, message);
    for (guint i = only_one ? 0 : r->members->len; i-- > 0;) {
        room_member *m = i < r->members->len ? r->members->pdata[i] : NULL;
        if (m && m->welcome && m->who.person == person)
            room_answer(m, message);
    }
    json_decref(message);
}

void room_tell_hand(room *r, const roster_raised *hand, bool up)
{
    bool each = r->hands_each < ROOM_HANDS_EACH;
    bool hidden =
        !up && roster_hands_up(r->roster) >= ROOM_HANDS_LIST; /* one comes into the list */
    if (each) {
        json_t *whose = out_hand(hand, up);
        room_answer_hosts(r, whose);
        json_decref(whose);
        r->hands_each++;
    }
    r->hands_listed = r->hands_listed || !each || hidden;
    r->hands_moved = true;
    room_tell_hands(r, clock_mono_ms(r->hall->clock));
}

void room_tell_hands(room *r, int64_t now_ms)
{
    if (!r->hands_moved || now_ms - r->hands_told_ms < ROOM_HANDS_MS)
        return;
    r->hands_moved = false;
    r->hands_told_ms = now_ms;
    r->hands_each = 0;
    room_broadcast(r, out_hands(r, false), NULL, NULL);
    if (!r->hands_listed)
        return;
    r->hands_listed = false;
    json_t *list = out_hands(r, true);
    room_answer_hosts(r, list);
    json_decref(list);
}

/* One's own; or, for a host, somebody else's, which it may only lower. 0: neither. */
static int64_t whose_hand(const room_member *m, const json_t *message, bool up)
{
    const json_t *person = json_object_get(message, "person");
    if (!person || json_integer_value(person) == m->who.person)
        return m->who.person;
    return m->who.host && !up ? json_integer_value(person) : 0;
}

static bool find_raised(room *r, int64_t person, roster_raised *hand)
{
    g_autoptr(GArray) raised = roster_raised_hands(r->roster, person);
    if (raised->len == 0)
        return false;
    *hand = g_array_index(raised, roster_raised, 0);
    return true;
}

static void move_hand(room_member *m, int64_t person, bool up)
{
    room *r = m->room;
    roster_raised hand = {0};
    if (!up && !find_raised(r, person, &hand))
        return;
    if (!roster_hand(r->roster, person, up, clock_utc_ms(r->hall->clock)))
        return;
    if (up)
        find_raised(r, person, &hand);
    room_answer_person(r, m, person,
                       json_pack("{s:s, s:b, s:b}", "t", "hand", "up", up, "mine", 1));
    room_tell_hand(r, &hand, up);
}

static void on_hand(room_member *m, json_t *message)
{
    if (member_is_guest(m, message))
        return;
    const json_t *given = json_object_get(message, "up");
    bool up = json_is_true(given);
    int64_t person = json_is_boolean(given) ? whose_hand(m, message, up) : 0;
    if (person == 0) {
        member_refuse(m, message,
                      out_error("bad_message", "A hand goes up or down, and it is one's own"));
        return;
    }
    room_hall *hall = m->room->hall;
    int64_t wait = rates_take(hall->hands, m->who.person, clock_mono_ms(hall->clock));
    if (wait > 0)
        member_refuse_rate(m, message, wait);
    else
        move_hand(m, person, up);
}

/* ---- the rest ---- */

static void on_ping(room_member *m, json_t *message)
{
    const json_t *at = json_object_get(message, "at");
    json_t *pong = json_pack("{s:s, s:I}", "t", "pong", "now_ms",
                             (json_int_t)clock_utc_ms(m->room->hall->clock));
    json_object_set_new(pong, "at", json_is_number(at) ? json_copy((json_t *)at) : json_null());
    room_answer(m, pong);
    json_decref(pong);
}

static void on_second_join(room_member *m, json_t *message)
{
    member_refuse(m, message,
                  out_error("joined_already", "One socket is in one room; open another"));
}

static const struct {
    const char *kind;
    void (*fn)(room_member *member, json_t *message);
} kinds[] = {
    {"say", on_say},
    {"hand", on_hand},
    {"ping", on_ping},
    {"join", on_second_join},
    {"ask", room_on_ask},
    {"vote", room_on_vote},
    {"answer", room_on_answer},
    {"reopen", room_on_reopen},
    {"remove", room_on_remove},
    {"questions", room_on_questions},
};

static void dispatch(room_member *m, const char *kind, json_t *message)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_equal(kind, kinds[i].kind)) {
            kinds[i].fn(m, message);
            return;
        }
    }
    const room_news *news = &m->room->hall->news;
    if (news->on_other)
        news->on_other(news->user, m, kind, message);
    else
        member_refuse(m, message,
                      out_error("unknown_message", "There is no such message in jiangtang.v1"));
}

static bool flooded(room_member *m)
{
    room_hall *hall = m->room->hall;
    int64_t now_ms = clock_mono_ms(hall->clock);
    if (rate_take(&m->flood_ms, ROOM_FLOOD_TOKENS, ROOM_FLOOD_MS, now_ms) == 0)
        return false;
    hall->cut_flood++;
    ws_close(m->socket, ROOM_CLOSE_POLICY, "too many messages");
    return true;
}

void room_text(room_member *m, const char *text, gsize length)
{
    if (flooded(m))
        return;
    const char *kind;
    json_t *message = incoming_parse(text, length, &kind);
    if (!message) {
        ws_close(m->socket, ROOM_CLOSE_BAD_MESSAGE, "not a jiangtang.v1 message");
        return;
    }
    if (m->welcome)
        dispatch(m, kind, message);
    else
        member_refuse(m, message, out_error("not_ready", "Wait for the welcome"));
    json_decref(message);
}
