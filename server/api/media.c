#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/board.h"
#include "api/caption_file.h"
#include "api/dress.h"
#include "api/origin.h"
#include "api/warm.h"
#include "people/revoked.h"

#define TURN_MS 200 /* how late a playlist's deadline may be noticed */
#define BLOCKED_AGE_TARGETS                                                                        \
    6 /* a blocked playlist may be kept so many target durations (RFC 8216bis 6.2.5.2) */

/*
 * The bytes never change, but who gets them does: delivery is credited to the person of the pass.
 * With Vary a second learner on the same phone is sent them too, not given the first one's copy.
 */
#define FOR_EVER                                                                                   \
    "Cache-Control: private, max-age=31536000, immutable\r\nVary: Cookie\r\nAccept-Ranges: "       \
    "bytes\r\n"

typedef struct {
    const api_parts *parts;
    dress *dress;
    warm *warm;
    net_timer *sweep;
    net_timer *again; /* NULL: nothing was left over */
} media;

/* Who asks for what. Borrowed from the request. */
typedef struct {
    media *of;
    request *request;
    const char *title_id;
    char *rendition; /* owned; NULL: the title itself */
    const char *file;
    pass pass;
    const char *pass_in_query; /* NULL: it came as a cookie */
} asked;

/* A request that waits on the shelf. */
typedef struct {
    media *of;
    request *request;
    shelf_waiter *waiter;
    char *title_id, *rendition, *file, *pass_in_query;
    pass pass;
} parked;

/* ---- who may ---- */

static bool admit(asked *a, GError **error)
{
    g_autoptr(GError) wrong = NULL;
    if (origin_is_foreign(a->request, a->of->parts)) {
        error_set(error, ERROR_DENIED, "foreign_page", NULL,
                  "This is shown only on its own page: ask its master for a link to embed it");
        return false;
    }
    a->pass_in_query = request_query(a->request, "pass");
    const char *text = a->pass_in_query ? a->pass_in_query : request_cookie(a->request, "jt_pass");
    int64_t now_ms = clock_utc_ms(a->of->parts->clock);
    if (!text || !pass_check(a->of->parts->pass_key, text, now_ms, &a->pass, &wrong)) {
        error_set(error, ERROR_UNKNOWN_PERSON, wrong ? error_code(wrong) : "pass_needed", NULL,
                  "%s", wrong ? wrong->message : "ask for a pass to this title first");
        return false;
    }
    if (strcmp(a->pass.title_id, a->title_id) != 0) {
        error_set(error, ERROR_DENIED, "pass_foreign", NULL, "this pass is for another title");
        return false;
    }
    return revoked_check(a->of->parts->revoked, &a->pass, error);
}

/* ---- playlists ---- */

static void reply_playlist(media *m, request *r, GBytes *text, const char *pass_in_query,
                           int max_age_s)
{
    bool gzip = dress_takes_gzip(request_header(r, "accept-encoding"));
    g_autoptr(GBytes) blob = pass_in_query ? dress_with_pass(text, pass_in_query)
                                           : dress_playlist(m->dress, text, gzip, max_age_s);
    request_reply_blob(r, blob);
}

static int blocked_age_s(const media *m, const char *title_id)
{
    const title_index *index = shelf_index(m->parts->shelf, title_id, NULL);
    return index ? BLOCKED_AGE_TARGETS * title_index_head(index)->target_duration_s : 0;
}

static void refuse(request *r, GError *error)
{
    api_refuse(r, error);
    g_error_free(error);
}

static void parked_free(parked *p)
{
    request_unref(p->request);
    g_free(p->title_id);
    g_free(p->rendition);
    g_free(p->file);
    g_free(p->pass_in_query);
    g_free(p);
}

static void on_gone(gpointer data)
{
    parked *p = data;
    shelf_waiter_cancel(p->waiter);
    parked_free(p);
}

/* The waiter is set by the caller: it may not exist. */
static parked *parked_new(const asked *a)
{
    parked *p = g_new0(parked, 1);
    p->of = a->of;
    p->request = request_ref(a->request);
    p->title_id = g_strdup(a->title_id);
    p->rendition = g_strdup(a->rendition);
    p->file = g_strdup(a->file);
    p->pass_in_query = g_strdup(a->pass_in_query);
    p->pass = a->pass;
    return p;
}

/* False, and p is freed, if there is nothing to wait for. */
static bool park(parked *p, shelf_waiter *waiter)
{
    p->waiter = waiter;
    if (waiter)
        request_on_gone(p->request, on_gone, p);
    else
        parked_free(p);
    return waiter != NULL;
}

static void on_playlist(GBytes *playlist, gpointer data)
{
    parked *p = data;
    GError *revoked = NULL;
    if (!revoked_check(p->of->parts->revoked, &p->pass, &revoked)) {
        refuse(p->request, revoked);
    } else if (playlist) {
        reply_playlist(p->of, p->request, playlist, p->pass_in_query,
                       blocked_age_s(p->of, p->title_id));
    } else {
        GError *error = NULL;
        if (shelf_shown(p->of->parts->shelf, p->title_id, &error))
            error_set(&error, ERROR_BUSY, "not_in_time", NULL, "nothing new came in time");
        refuse(p->request, error);
    }
    parked_free(p);
}

static bool take_number(const asked *a, const char *name, int64_t max, int64_t *number,
                        GError **error)
{
    const char *text = request_query(a->request, name);
    guint64 value;
    if (!text)
        return true;
    if (!g_ascii_string_to_unsigned(text, 10, 0, max, &value, NULL)) {
        error_set(error, ERROR_INPUT, "bad_number", name, "%s is a number from 0", name);
        return false;
    }
    *number = value;
    return true;
}

static void reply_unblocked(const asked *a, shelf_form form)
{
    GError *error = NULL;
    g_autoptr(GBytes) text =
        shelf_playlist(a->of->parts->shelf, a->title_id, a->rendition, form, &error);
    if (text)
        reply_playlist(a->of, a->request, text, a->pass_in_query, 0);
    else
        refuse(a->request, error);
}

static void reply_blocked(const asked *a, shelf_form form, int64_t msn, int32_t part)
{
    GError *error = NULL;
    g_autoptr(GBytes) now = NULL;
    parked *p = parked_new(a);
    if (park(p, shelf_wait(a->of->parts->shelf, a->title_id, a->rendition, form, msn, part,
                           on_playlist, p, &now, &error)))
        return;
    if (now)
        reply_playlist(a->of, a->request, now, a->pass_in_query, blocked_age_s(a->of, a->title_id));
    else
        refuse(a->request, error);
}

static void media_playlist(const asked *a, shelf_span span)
{
    GError *error = NULL;
    int64_t msn = -1, part = -1;
    const char *skip = request_query(a->request, "_HLS_skip");
    shelf_form form = {span, skip && (strcmp(skip, "YES") == 0 || strcmp(skip, "v2") == 0)};
    if (take_number(a, "_HLS_msn", G_MAXINT64, &msn, &error) &&
        take_number(a, "_HLS_part", G_MAXINT32, &part, &error) && msn < 0 && part >= 0)
        error_set(&error, ERROR_INPUT, "bad_number", "_HLS_part", "_HLS_part needs _HLS_msn");
    if (error)
        refuse(a->request, error);
    else if (msn < 0)
        reply_unblocked(a, form);
    else
        reply_blocked(a, form, msn, (int32_t)part);
}

static void main_playlist(const asked *a, shelf_span span)
{
    GError *error = NULL;
    g_autoptr(GBytes) text = shelf_main_playlist(a->of->parts->shelf, a->title_id, span, &error);
    if (text)
        reply_playlist(a->of, a->request, text, a->pass_in_query, 0);
    else
        refuse(a->request, error);
}

static void captions_playlist(const asked *a, const char *lang)
{
    GError *error = NULL;
    g_autoptr(GBytes) text = shelf_subtitles(a->of->parts->shelf, a->title_id, lang, &error);
    if (text)
        reply_playlist(a->of, a->request, text, a->pass_in_query, 0);
    else
        refuse(a->request, error);
}

/* ---- chapters ---- */

static void chapters(const asked *a)
{
    GError *error = NULL;
    const GArray *all = shelf_chapters_of(a->of->parts->shelf, a->title_id, &error);
    if (!all) {
        refuse(a->request, error);
        return;
    }
    json_t *json = api_chapters_json(all);
    char *text = json_dumps(json, JSON_COMPACT);
    g_autoptr(GBytes) body = g_bytes_new_with_free_func(text, strlen(text), free, text);
    json_decref(json);
    request_reply(a->request, 200, "application/json", "Cache-Control: no-cache\r\n", body);
}

/* ---- files ---- */

typedef struct {
    shelf *shelf;
    shelf_slice slice;
    int64_t person;
    char title_id[33];
} delivery;

/* Guests, and what carries no time, are nothing to the shelf. */
static void on_sent(int64_t sent, gpointer data)
{
    delivery *d = data;
    if (sent == d->slice.length)
        shelf_note_delivered(d->shelf, d->person, d->title_id, d->slice.from_ms, d->slice.to_ms);
    shelf_slice_clear(&d->slice);
    g_free(d);
}

/* Takes the slice. */
static delivery *delivery_new(const asked *a, const shelf_slice *slice)
{
    delivery *d = g_new(delivery, 1);
    d->shelf = a->of->parts->shelf;
    d->slice = *slice;
    d->person = a->pass.person;
    g_strlcpy(d->title_id, a->title_id, sizeof d->title_id);
    return d;
}

typedef enum { RANGE_NONE, RANGE_PART, RANGE_OUTSIDE } range;

/*
 * One range of bytes (RFC 9110 14.1.2); several, or what cannot be read, is as if nothing had been
 * asked.
 */
static range range_parse(const char *text, int64_t length, int64_t *from, int64_t *bytes)
{
    if (!text || !g_str_has_prefix(text, "bytes=") || strchr(text, ','))
        return RANGE_NONE;
    g_auto(GStrv) ends = g_strsplit(text + strlen("bytes="), "-", 3);
    if (g_strv_length(ends) != 2)
        return RANGE_NONE;
    guint64 first = 0, last = G_MAXINT64;
    bool has_first = ends[0][0] != '\0', has_last = ends[1][0] != '\0';
    if ((!has_first && !has_last) ||
        (has_first && !g_ascii_string_to_unsigned(ends[0], 10, 0, G_MAXINT64, &first, NULL)) ||
        (has_last && !g_ascii_string_to_unsigned(ends[1], 10, 0, G_MAXINT64, &last, NULL)))
        return RANGE_NONE;
    if (has_first && has_last && last < first)
        return RANGE_NONE;
    if (!has_first) { /* the last so many bytes */
        if (last == 0)
            return RANGE_OUTSIDE;
        first = length - MIN((int64_t)last, length);
        last = length - 1;
    }
    if ((int64_t)first >= length)
        return RANGE_OUTSIDE;
    *from = first;
    *bytes = MIN((int64_t)last, length - 1) - (int64_t)first + 1;
    return RANGE_PART;
}

static void reply_outside(const asked *a, shelf_slice *slice)
{
    g_autofree char *headers =
        g_strdup_printf("Content-Range: bytes */%" G_GINT64_FORMAT "\r\n", slice->length);
    shelf_slice_clear(slice);
    request_reply(a->request, 416, NULL, headers, NULL);
}

static void reply_slice(const asked *a, shelf_slice *slice)
{
    int64_t whole = slice->length, from = 0, bytes = whole;
    range wanted = RANGE_NONE;
    if (!request_header(a->request, "if-range")) /* we give no validators it could match */
        wanted = range_parse(request_header(a->request, "range"), whole, &from, &bytes);
    if (wanted == RANGE_OUTSIDE) {
        reply_outside(a, slice);
        return;
    }
    g_autofree char *headers = NULL;
    if (wanted == RANGE_PART) {
        headers = g_strdup_printf(FOR_EVER "Content-Range: bytes %" G_GINT64_FORMAT
                                           "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "\r\n",
                                  from, from + bytes - 1, whole);
        shelf_slice_narrow(a->of->parts->shelf, a->title_id, a->rendition, a->file, slice, from,
                           bytes);
    }
    request_reply_file(a->request, wanted == RANGE_PART ? 206 : 200, slice->content_type,
                       headers ? headers : FOR_EVER, slice->fd, slice->offset, slice->length,
                       on_sent, delivery_new(a, slice));
}

static void on_part(bool there, gpointer data);

static void media_file(const asked *a, bool may_wait)
{
    shelf *s = a->of->parts->shelf;
    GError *error = NULL;
    shelf_slice slice;
    if (shelf_open(s, a->title_id, a->rendition, a->file, &slice, &error)) {
        reply_slice(a, &slice);
        return;
    }
    if (may_wait) {
        g_clear_error(&error);
        parked *p = parked_new(a);
        if (park(p, shelf_wait_part(s, a->title_id, a->rendition, a->file, on_part, p, &error)))
            return;
    }
    refuse(a->request, error);
}

/* Also when it is not there: then the file says so itself. */
static void on_part(bool there, gpointer data)
{
    (void)there;
    parked *p = data;
    asked a = {.of = p->of,
               .request = p->request,
               .title_id = p->title_id,
               .rendition = p->rendition,
               .file = p->file,
               .pass = p->pass};
    GError *revoked = NULL;
    if (revoked_check(p->of->parts->revoked, &p->pass, &revoked))
        media_file(&a, false);
    else
        refuse(p->request, revoked);
    parked_free(p);
}

/* ---- the route ---- */

/* What stands beside the renditions. False: it is nothing of that. */
static bool answer_beside(const asked *a, const char *rest)
{
    g_autofree char *spoken = caption_playlist_lang(rest);
    if (strcmp(rest, "main.m3u8") == 0)
        main_playlist(a, SHELF_WINDOW);
    else if (strcmp(rest, "dvr.m3u8") == 0)
        main_playlist(a, SHELF_WHOLE);
    else if (strcmp(rest, "chapters.json") == 0)
        chapters(a);
    else if (spoken)
        captions_playlist(a, spoken);
    else
        return board_answer(a->of->parts->shelf, a->request, a->title_id, rest) ||
               caption_answer(a->of->parts, a->request, a->title_id, rest);
    return true;
}

static void answer(asked *a, const char *rest)
{
    const char *slash = strchr(rest, '/');
    if (answer_beside(a, rest))
        return;
    a->rendition = g_strndup(rest, slash ? (gsize)(slash - rest) : 0);
    a->file = slash ? slash + 1 : rest;
    if (strcmp(a->file, "index.m3u8") == 0)
        media_playlist(a, SHELF_WINDOW);
    else if (strcmp(a->file, "dvr.m3u8") == 0)
        media_playlist(a, SHELF_WHOLE);
    else
        media_file(a, true);
    g_free(a->rendition);
}

/* The title has been read, or there is none. */
static void on_media(request *r, gpointer user)
{
    GError *error = NULL;
    asked a = {.of = user, .request = r, .title_id = request_param(r, "title")};
    if (admit(&a, &error))
        answer(&a, request_param(r, "rest"));
    else
        refuse(r, error);
}

/* Passes first: strangers make nobody read journals. */
static void on_media_cold(request *r, gpointer user)
{
    GError *error = NULL;
    asked a = {.of = user, .request = r, .title_id = request_param(r, "title")};
    warm_state state = WARM_FULL;
    if (admit(&a, &error))
        state = warm_up(a.of->warm, a.title_id, r, on_media, user, &error);
    if (state == WARM_READY)
        answer(&a, request_param(r, "rest"));
    else if (state == WARM_FULL)
        refuse(r, error);
}

/* ---- the shelf's clockwork ---- */

static void on_again(gpointer data)
{
    media *m = data;
    g_clear_pointer(&m->again, net_timer_free);
    shelf_turn(m->parts->shelf);
}

static void on_left_over(gpointer data)
{
    media *m = data;
    if (!m->again)
        m->again = net_timer_new(m->parts->net, 0, 0, on_again, m);
}

static void on_sweep(gpointer data)
{
    shelf_turn(((media *)data)->parts->shelf);
}

static void media_free(gpointer data)
{
    media *m = data;
    net_timer_free(m->sweep);
    net_timer_free(m->again);
    dress_free(m->dress);
    warm_free(m->warm);
    g_free(m);
}

void api_media(api *a)
{
    media *m = g_new0(media, 1);
    m->parts = api_parts_of(a);
    m->dress = dress_new();
    m->warm = warm_new(m->parts->pool, m->parts->shelf);
    m->sweep = net_timer_new(m->parts->net, TURN_MS, TURN_MS, on_sweep, m);
    shelf_on_left_over(m->parts->shelf, on_left_over, m);
    api_keep(a, m, media_free);
    net_route(m->parts->net, "GET", "/media/{title}/{rest...}", 0, on_media_cold, m);
}
