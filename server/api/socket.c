/*
 * /ws: the door of the rooms. A socket shows a pass within ten seconds and is handed to its room; until then it can
 * do nothing else.
 */
#include "api/api.h"

#include <string.h>

#include "api/callers.h"
#include "api/origin.h"
#include "api/peer.h"
#include "people/revoked.h"
#include "room/incoming.h"

#define JOIN_MS 10000 /* from the handshake to the first message */
#define JOIN_LOOK_MS 1000

static const char not_ready[] =
    "{\"t\":\"error\",\"code\":\"not_ready\",\"detail\":\"Wait for the welcome\"}";

/* All sockets that are not in a room yet. */
typedef struct {
    const api_parts *parts;
    callers *callers;
    GHashTable *waiting; /* ws > door */
    net_timer *look;     /* while somebody waits */
} doors;

/* One of them. */
typedef struct {
    doors *all;
    ws *socket;        /* NULL: it left while its name was being looked up */
    int64_t opened_ms; /* monotonic */
    bool asking;       /* the clerk is looking the person up */
    pass shown;        /* what it came with */
    room_identity who;
} door;

/* Out of the table; freed here unless the clerk still has it. */
static void door_leave(door *d)
{
    doors *all = d->all;
    g_hash_table_remove(all->waiting, d->socket);
    if (g_hash_table_size(all->waiting) == 0)
        g_clear_pointer(&all->look, net_timer_free);
    d->socket = NULL;
    if (!d->asking)
        g_free(d);
}

static void door_refuse(door *d, int code, const char *why)
{
    ws *socket = d->socket;
    door_leave(d);
    ws_set_data(socket, NULL);
    ws_close(socket, code, why);
}

/* Who has said nothing for too long is shown out. */
static void on_look(gpointer user)
{
    const doors *all = user;
    int64_t latest_ms = clock_mono_ms(all->parts->clock) - JOIN_MS;
    g_autoptr(GPtrArray) late = g_ptr_array_new();
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, all->waiting);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const door *d = value;
        if (!d->asking && d->opened_ms <= latest_ms)
            g_ptr_array_add(late, value);
    }
    for (guint i = 0; i < late->len; i++)
        door_refuse(late->pdata[i], ROOM_CLOSE_NO_JOIN, "no join");
}

static bool on_accept(const request *req, gpointer user)
{
    const doors *all = user;
    return origin_is_ours(req, all->parts);
}

/* Told by a close code: browsers do not show their pages why a handshake was refused. */
static void on_open(ws *socket, const request *req, gpointer user)
{
    doors *all = user;
    if (!callers_enter(all->callers, socket, peer_address(req))) {
        ws_close(socket, ROOM_CLOSE_FULL, "too many sockets from this address: close some of them");
        return;
    }
    door *d = g_new0(door, 1);
    d->all = all;
    d->socket = socket;
    d->opened_ms = clock_mono_ms(all->parts->clock);
    g_hash_table_insert(all->waiting, socket, d);
    if (!all->look)
        all->look = net_timer_new(all->parts->net, JOIN_LOOK_MS, JOIN_LOOK_MS, on_look, all);
}

/* ---- joining ---- */

static bool name_job(records *db, gpointer data, GError **error)
{
    door *d = data;
    person who;
    if (!people_by_id(db, d->who.person, &who, error))
        return false;
    g_strlcpy(d->who.name, who.name, sizeof d->who.name);
    return true;
}

static void enter(door *d)
{
    ws *socket = d->socket;
    room_identity who = d->who;
    room_hall *hall = d->all->parts->hall;
    door_leave(d);
    room_join(hall, socket, &who);
}

static void name_done(gpointer data, const GError *error)
{
    door *d = data;
    d->asking = false;
    if (!d->socket) /* it left meanwhile */
        g_free(d);
    else if (!revoked_check(d->all->parts->revoked, &d->shown, NULL))
        door_refuse(d, ROOM_CLOSE_PASS, "this pass was taken back");
    else if (!error)
        enter(d);
    else if (error_is(error, ERROR_MISSING))
        door_refuse(d, ROOM_CLOSE_PASS, "nobody by this pass");
    else
        door_refuse(d, ROOM_CLOSE_FULL, "try again later");
}

static void find_name(door *d)
{
    if (d->who.person == 0) {
        enter(d);
        return;
    }
    d->asking = true;
    if (clerk_post(d->all->parts->clerk, name_job, name_done, d, NULL))
        return;
    d->asking = false;
    door_refuse(d, ROOM_CLOSE_FULL, "try again later");
}

static bool read_pass(door *d, const json_t *message)
{
    const char *title_id = json_string_value(json_object_get(message, "title"));
    const char *text = json_string_value(json_object_get(message, "pass"));
    pass *shown = &d->shown;
    if (!title_id || !text || strlen(text) > PASS_TEXT_MAX)
        return false;
    if (!pass_check(d->all->parts->pass_key, text, clock_utc_ms(d->all->parts->clock), shown,
                    NULL) ||
        !revoked_check(d->all->parts->revoked, shown, NULL))
        return false;
    if (!g_str_equal(shown->title_id, title_id) || shown->role == PASS_EMBED)
        return false;
    d->who.person = shown->person;
    d->who.host = shown->role == PASS_HOST && shown->person != 0;
    g_strlcpy(d->who.title_id, shown->title_id, sizeof d->who.title_id);
    return true;
}

static void on_first_text(door *d, const char *text, gsize length)
{
    const char *kind;
    json_t *message = incoming_parse(text, length, &kind);
    if (!message)
        door_refuse(d, ROOM_CLOSE_BAD_MESSAGE, "not a jiangtang.v1 message");
    else if (!g_str_equal(kind, "join"))
        door_refuse(d, ROOM_CLOSE_NO_JOIN, "join comes first");
    else if (!read_pass(d, message))
        door_refuse(d, ROOM_CLOSE_PASS, "this pass does not open this room");
    else
        find_name(d);
    json_decref(message);
}

/* ---- what net hands on ---- */

static void on_text(ws *socket, const char *text, gsize length, gpointer user)
{
    const doors *all = user;
    door *d = g_hash_table_lookup(all->waiting, socket);
    if (d && d->asking)
        ws_answer(socket, not_ready, sizeof not_ready - 1);
    else if (d)
        on_first_text(d, text, length);
    else if (ws_data(socket))
        room_text(ws_data(socket), text, length);
}

static void on_writable(ws *socket, gpointer user)
{
    (void)user;
    if (ws_data(socket))
        room_writable(ws_data(socket));
}

static void on_close(ws *socket, gpointer user)
{
    const doors *all = user;
    door *d = g_hash_table_lookup(all->waiting, socket);
    callers_leave(all->callers, socket);
    if (d)
        door_leave(d);
    else if (ws_data(socket))
        room_left(ws_data(socket));
}

static void doors_free(gpointer data)
{
    doors *all = data;
    callers_free(all->callers);
    g_hash_table_unref(all->waiting);
    g_free(all);
}

void api_socket(api *a)
{
    static const ws_ops ops = {
        .accept = on_accept,
        .on_open = on_open,
        .on_text = on_text,
        .on_writable = on_writable,
        .on_close = on_close,
    };
    doors *all = g_new0(doors, 1);
    all->parts = api_parts_of(a);
    all->callers = callers_new(CALLERS_ADDRESS_MAX);
    all->waiting = g_hash_table_new(NULL, NULL);
    api_keep(a, all, doors_free);
    net_ws(all->parts->net, "/ws", "jiangtang.v1", &ops, all);
}
