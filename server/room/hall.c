#include "room/hall.h"

#include <string.h>

#include "base/log.h"
#include "base/metric.h"

/* ---- the hall ---- */

static void room_free(gpointer data);
static void on_sweep(gpointer data);

/* What one person has open: members, the oldest first, but for those being closed. */
typedef struct {
    int64_t person;
    GQueue members;
} devices;

room_hall *room_hall_new(net *loop, clerk *writer, base_clock *clock, const room_news *news)
{
    room_hall *hall = g_new0(room_hall, 1);
    hall->net = loop;
    hall->clock = clock;
    hall->news = *news;
    hall->archive = archive_new(writer);
    hall->desk = desk_new(hall, writer);
    hall->words = rates_new(ROOM_RATE_TOKENS, ROOM_RATE_MS);
    hall->hands = rates_new(ROOM_RATE_TOKENS, ROOM_RATE_MS);
    hall->deeds = rates_new(ROOM_DEED_TOKENS, ROOM_DEED_MS);
    hall->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, room_free);
    hall->devices = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    hall->sweep = net_timer_new(loop, ROOM_SWEEP_MS, ROOM_SWEEP_MS, on_sweep, hall);
    return hall;
}

void room_hall_free(room_hall *hall)
{
    if (!hall)
        return;
    net_timer_free(hall->sweep);
    g_hash_table_unref(hall->rooms);
    g_hash_table_unref(hall->devices);
    archive_free(hall->archive);
    desk_free(hall->desk);
    rates_free(hall->words);
    rates_free(hall->hands);
    rates_free(hall->deeds);
    g_free(hall);
}

/* ---- rooms ---- */

static room *room_new(room_hall *hall, const char *title_id)
{
    room *r = g_new0(room, 1);
    r->hall = hall;
    g_strlcpy(r->title_id, title_id, sizeof r->title_id);
    r->members = g_ptr_array_new();
    r->hosts = g_ptr_array_new();
    r->ring = ring_new(ROOM_RING);
    r->roster = roster_new();
    r->history = history_new(ROOM_HISTORY);
    r->votes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    g_hash_table_insert(hall->rooms, r->title_id, r);
    return r;
}

static void room_free(gpointer data)
{
    room *r = data;
    for (guint i = 0; i < r->members->len; i++) {
        room_member *m = r->members->pdata[i];
        if (r->hall->news.on_left)
            r->hall->news.on_left(r->hall->news.user, m);
        ws_set_data(m->socket, NULL);
        g_free(m);
    }
    net_timer_free(r->tick);
    g_ptr_array_unref(r->members);
    g_ptr_array_unref(r->hosts);
    ring_free(r->ring);
    roster_free(r->roster);
    history_free(r->history);
    g_hash_table_unref(r->votes);
    g_free(r);
}

static void welcome(room_member *m)
{
    g_autofree char *text = out_welcome(m);
    m->welcome = true;
    m->cursor = ring_head(m->room->ring);
    ws_answer(m->socket, text, strlen(text));
}

static void remember(room *r, const said *s)
{
    json_t *message = out_said(s);
    char *text = json_dumps(message, JSON_COMPACT);
    history_add(r->history, text);
    free(text);
    json_decref(message);
    r->seq = MAX(r->seq, s->seq);
}

/* The history is there: whoever came meanwhile is let in. On an error the next sweep asks again. */
static void on_history(const char *title_id, GPtrArray *messages, const GError *error,
                       gpointer data)
{
    room_hall *hall = data;
    room *r = g_hash_table_lookup(hall->rooms, title_id);
    if (!r || r->open)
        return;
    r->reading = false;
    if (error) {
        log_error("room", "the history of %s could not be read: %s", title_id, error->message);
        return;
    }
    for (guint i = 0; i < messages->len; i++)
        remember(r, messages->pdata[i]);
    r->seq = MAX(r->seq, clock_utc_ms(hall->clock) * ROOM_SEQ_A_MS);
    r->open = true;
    for (guint i = r->members->len; i-- > 0;) {
        if (i < r->members->len)
            welcome(r->members->pdata[i]);
    }
}

static void room_open(room *r)
{
    if (r->open || r->reading)
        return;
    r->reading = room_count_questions(r) && archive_read(r->hall->archive, r->title_id,
                                                         ROOM_HISTORY, on_history, r->hall, NULL);
}

/* ---- the sweep ---- */

static void tell_count(room *r, int64_t now_ms)
{
    if (!r->count_moved || now_ms - r->count_told_ms < ROOM_COUNT_MS)
        return;
    r->count_moved = false;
    r->count_told_ms = now_ms;
    json_t *count = json_pack("{s:s, s:i}", "t", "members", "count", (int)r->members->len);
    room_broadcast(r, count, NULL, NULL);
}

static void room_sweep(room *r, int64_t now_ms)
{
    room_open(r);
    room_cut_slow(r);
    if (!r->open)
        return;
    tell_count(r, now_ms);
    room_tell_hands(r, now_ms);
    room_tell_votes(r, now_ms);
}

static void on_sweep(gpointer data)
{
    room_hall *hall = data;
    int64_t now_ms = clock_mono_ms(hall->clock);
    bool written = archive_flush(hall->archive) && archive_waiting(hall->archive) == 0;
    rates_sweep(hall->words, now_ms);
    rates_sweep(hall->hands, now_ms);
    rates_sweep(hall->deeds, now_ms);
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, hall->rooms);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        room *r = value;
        if (r->members->len > 0)
            room_sweep(r, now_ms);
        else if (written) /* so that its last number will be read again */
            g_hash_table_iter_remove(&each);
    }
}

/* ---- what one person has open ---- */

static devices *devices_of(room_hall *hall, int64_t person)
{
    devices *is = g_hash_table_lookup(hall->devices, &person);
    if (is)
        return is;
    is = g_new0(devices, 1);
    is->person = person;
    g_hash_table_insert(hall->devices, &is->person, is);
    return is;
}

static void devices_leave(room_member *m)
{
    if (!m->device.data)
        return;
    devices *is = devices_of(m->room->hall, m->who.person);
    g_queue_unlink(&is->members, &m->device);
    m->device.data = NULL;
    if (is->members.length == 0)
        g_hash_table_remove(m->room->hall->devices, &m->who.person);
}

static void devices_enter(room_member *m)
{
    devices *is = devices_of(m->room->hall, m->who.person);
    m->device.data = m;
    g_queue_push_tail_link(&is->members, &m->device);
    if (is->members.length <= ROOM_DEVICES_MAX)
        return;
    room_member *oldest = g_queue_peek_head(&is->members);
    devices_leave(oldest);
    m->room->hall->replaced++;
    ws_close(oldest->socket, ROOM_CLOSE_REPLACED,
             "opened elsewhere: come back when it is wanted here");
}

/* ---- members ---- */

room_member *room_join(room_hall *hall, ws *socket, const room_identity *who)
{
    if (hall->members >= ROOM_MEMBERS_MAX) {
        ws_close(socket, ROOM_CLOSE_FULL, "the rooms are full");
        return NULL;
    }
    room *r = g_hash_table_lookup(hall->rooms, who->title_id);
    if (!r)
        r = room_new(hall, who->title_id);
    room_member *m = g_new0(room_member, 1);
    m->room = r;
    m->socket = socket;
    m->who = *who;
    m->serial = ++hall->serials;
    m->place = r->members->len;
    g_ptr_array_add(r->members, m);
    if (who->host)
        g_ptr_array_add(r->hosts, m);
    if (who->person != 0) {
        roster_enter(r->roster, who->person, who->name);
        devices_enter(m);
    }
    hall->members++;
    r->count_moved = true;
    ws_set_data(socket, m);
    if (r->open)
        welcome(m);
    else
        room_open(r);
    return m;
}

void room_writable(room_member *m)
{
    if (m->welcome)
        member_follow(m);
}

/* The last one moves into the gap (see deliver in fanout.c). */
static void take_out(room_member *m)
{
    room *r = m->room;
    g_ptr_array_remove_index_fast(r->members, m->place);
    if (m->place < r->members->len)
        ((room_member *)r->members->pdata[m->place])->place = m->place;
    if (m->who.host)
        g_ptr_array_remove_fast(r->hosts, m);
    member_forget_lagging(m);
    devices_leave(m);
    r->hall->members--;
    r->count_moved = true;
}

void room_left(room_member *m)
{
    room *r = m->room;
    const room_news *news = &r->hall->news;
    if (news->on_left)
        news->on_left(news->user, m);
    take_out(m);
    if (m->who.person != 0) {
        roster_raised hand = {.person = m->who.person};
        g_strlcpy(hand.name, m->who.name, sizeof hand.name);
        if (roster_leave(r->roster, m->who.person))
            room_tell_hand(r, &hand, false);
    }
    g_free(m);
}

const room_identity *room_member_identity(const room_member *m)
{
    return &m->who;
}

gpointer room_member_data(const room_member *m)
{
    return m->data;
}

void room_member_set_data(room_member *m, gpointer data)
{
    m->data = data;
}

/* ---- from above ---- */

void room_answer(room_member *m, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    ws_answer(m->socket, text, strlen(text));
    free(text);
}

void room_tell(room_hall *hall, const char *title_id, json_t *message)
{
    room *r = g_hash_table_lookup(hall->rooms, title_id);
    if (r && r->members->len > 0)
        room_broadcast(r, json_incref(message), NULL, NULL);
}

void room_answer_hosts(room *r, json_t *message)
{
    for (guint i = r->hosts->len; i-- > 0;) {
        room_member *host = i < r->hosts->len ? r->hosts->pdata[i] : NULL;
        if (host && host->welcome)
            room_answer(host, message);
    }
}

void room_tell_hosts(room_hall *hall, const char *title_id, json_t *message)
{
    room *r = g_hash_table_lookup(hall->rooms, title_id);
    if (r)
        room_answer_hosts(r, message);
}

static void put_out_of(const room *r, int64_t person)
{
    for (guint i = 0; i < r->members->len; i++) {
        const room_member *m = r->members->pdata[i];
        if (person == 0 || m->who.person == person)
            ws_close(m->socket, ROOM_CLOSE_PASS, "this pass was taken back");
    }
}

void room_put_out(room_hall *hall, int64_t person, const char *title_id)
{
    GHashTableIter each;
    gpointer value;
    if (title_id) {
        const room *r = g_hash_table_lookup(hall->rooms, title_id);
        if (r)
            put_out_of(r, person);
        return;
    }
    g_hash_table_iter_init(&each, hall->rooms);
    while (g_hash_table_iter_next(&each, NULL, &value))
        put_out_of(value, person);
}

guint room_count(const room_hall *hall, const char *title_id)
{
    const room *r = g_hash_table_lookup(hall->rooms, title_id);
    return r ? r->members->len : 0;
}

void room_metrics(const room_hall *hall, GString *out)
{
    metric_gauge(out, "jiangtang_room_rooms", "Rooms in memory", g_hash_table_size(hall->rooms));
    metric_gauge(out, "jiangtang_room_members", "Sockets in rooms", hall->members);
    metric_counter(out, "jiangtang_room_messages_total", "Messages said", hall->said);
    metric_counter(out, "jiangtang_room_cut_slow_total", "Members closed for reading too slowly",
                   hall->cut_slow);
    metric_counter(out, "jiangtang_room_cut_flood_total", "Members closed for sending too much",
                   hall->cut_flood);
    metric_counter(out, "jiangtang_room_replaced_total", "Members closed for newer ones of theirs",
                   hall->replaced);
    metric_gauge(out, "jiangtang_room_unwritten", "Messages not known to be written",
                 archive_waiting(hall->archive));
    metric_counter(out, "jiangtang_room_lost_total", "Messages the records never took",
                   archive_lost(hall->archive));
}
