#include "room/hall.h"

#include <string.h>

json_t *out_said(const said *s)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:b, s:s}", "t", "said", "seq",
                     (json_int_t)s->seq, "at_ms", (json_int_t)s->at_ms, "programme_ms",
                     (json_int_t)s->programme_ms, "person", (json_int_t)s->person, "name", s->name,
                     "host", s->host, "text", s->words);
}

json_t *out_hand(const roster_raised *hand, bool up)
{
    return json_pack("{s:s, s:I, s:s, s:b, s:I}", "t", "hand", "person", (json_int_t)hand->person,
                     "name", hand->name, "up", up, "at_ms", (json_int_t)hand->at_ms);
}

json_t *out_error(const char *code, const char *detail)
{
    return json_pack("{s:s, s:s, s:s}", "t", "error", "code", code, "detail", detail);
}

/* Of one person, or those that have been up longest. */
static json_t *hands_of(const room *r, int64_t person)
{
    json_t *list = json_array();
    g_autoptr(GArray) hands = roster_raised_hands(r->roster, person);
    for (guint i = 0; i < MIN(hands->len, ROOM_HANDS_LIST); i++) {
        const roster_raised *hand = &g_array_index(hands, roster_raised, i);
        json_array_append_new(list,
                              json_pack("{s:I, s:s, s:I}", "person", (json_int_t)hand->person,
                                        "name", hand->name, "at_ms", (json_int_t)hand->at_ms));
    }
    return list;
}

json_t *out_hands(const room *r, bool listed)
{
    json_t *count = json_pack("{s:s, s:i}", "t", "hands", "count", (int)roster_hands_up(r->roster));
    if (listed)
        json_object_set_new(count, "hands", hands_of(r, 0));
    return count;
}

/* Hosts see whose hands are up, others their own; a guest has none. */
static json_t *hands_for(const room_member *member)
{
    if (member->who.person == 0)
        return json_array();
    return hands_of(member->room, member->who.host ? 0 : member->who.person);
}

static json_t *welcome_without_history(const room_member *member)
{
    const room *r = member->room;
    const room_identity *who = &member->who;
    json_t *welcome =
        json_pack("{s:s, s:{s:I, s:s, s:b}, s:i, s:i, s:o, s:i, s:n, s:I}", "t", "welcome", "you",
                  "person", (json_int_t)who->person, "name", who->name, "host", who->host,
                  "members", (int)r->members->len, "hands_up", (int)roster_hands_up(r->roster),
                  "hands", hands_for(member), "questions", r->questions, "state", "now_ms",
                  (json_int_t)clock_utc_ms(r->hall->clock));
    if (r->hall->news.on_welcome)
        r->hall->news.on_welcome(r->hall->news.user, r->title_id, welcome);
    return welcome;
}

char *out_welcome(room_member *member)
{
    json_t *welcome = welcome_without_history(member);
    char *text = json_dumps(welcome, JSON_COMPACT);
    json_decref(welcome);
    text[strlen(text) - 1] = '\0'; /* its last brace */
    char *whole = g_strdup_printf("%s,\"history\":%s}", text, history_json(member->room->history));
    free(text);
    return whole;
}
