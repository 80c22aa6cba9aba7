#include "room/roster.h"

typedef struct {
    roster_raised hand; /* at_ms 0: down */
    guint sockets;
} seat;

struct roster {
    GHashTable *seats; /* &seat.hand.person > seat */
    guint up;
};

roster *roster_new(void)
{
    roster *r = g_new0(roster, 1);
    r->seats = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    return r;
}

void roster_free(roster *r)
{
    if (!r)
        return;
    g_hash_table_unref(r->seats);
    g_free(r);
}

void roster_enter(roster *r, int64_t person, const char *name)
{
    seat *s = g_hash_table_lookup(r->seats, &person);
    if (!s) {
        s = g_new0(seat, 1);
        s->hand.person = person;
        g_hash_table_insert(r->seats, &s->hand.person, s);
    }
    g_strlcpy(s->hand.name, name, sizeof s->hand.name);
    s->sockets++;
}

bool roster_leave(roster *r, int64_t person)
{
    seat *s = g_hash_table_lookup(r->seats, &person);
    if (!s || --s->sockets > 0)
        return false;
    bool lowered = roster_hand(r, person, false, 0);
    g_hash_table_remove(r->seats, &person);
    return lowered;
}

bool roster_hand(roster *r, int64_t person, bool up, int64_t at_ms)
{
    seat *s = g_hash_table_lookup(r->seats, &person);
    if (!s || up == (s->hand.at_ms != 0))
        return false;
    s->hand.at_ms = up ? MAX(at_ms, 1) : 0;
    if (up)
        r->up++;
    else
        r->up--;
    return true;
}

guint roster_sockets(const roster *r, int64_t person)
{
    const seat *s = g_hash_table_lookup(r->seats, &person);
    return s ? s->sockets : 0;
}

guint roster_hands_up(const roster *r)
{
    return r->up;
}

static int earlier(gconstpointer a, gconstpointer b)
{
    const roster_raised *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->person < y->person ? -1 : x->person > y->person;
}

static void append_raised(GArray *hands, const seat *s)
{
    if (s && s->hand.at_ms != 0)
        g_array_append_val(hands, s->hand);
}

GArray *roster_raised_hands(const roster *r, int64_t person)
{
    GArray *hands = g_array_new(FALSE, FALSE, sizeof(roster_raised));
    if (person != 0) {
        append_raised(hands, g_hash_table_lookup(r->seats, &person));
        return hands;
    }
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, r->seats);
    while (g_hash_table_iter_next(&each, NULL, &value))
        append_raised(hands, value);
    g_array_sort(hands, earlier);
    return hands;
}
