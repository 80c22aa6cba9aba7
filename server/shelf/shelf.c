#include "shelf/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "shelf/playlist.h"
#include "shelf/subtitles.h"
#include "title/writer.h"

#define JOURNAL_READ_BYTES 65536

/* ---- views ---- */

static void view_forget_text(view *v)
{
    for (guint span = 0; span < G_N_ELEMENTS(v->text); span++)
        for (guint delta = 0; delta < G_N_ELEMENTS(v->text[span]); delta++)
            g_clear_pointer(&v->text[span][delta], g_bytes_unref);
}

static void view_free(gpointer data)
{
    view *v = data;
    waiters_review(v, true);
    view_forget_text(v);
    if (v->past.text)
        g_string_free(v->past.text, TRUE);
    g_free(v);
}

const title_rendition *view_rendition(const view *v)
{
    return title_index_rendition(v->title->index, v->rendition);
}

static view_edge edge_of(const view *v)
{
    const GPtrArray *segments = view_rendition(v)->segments;
    guint lost = view_rendition(v)->lost;
    if (segments->len == 0)
        return (view_edge){.msn = -1};
    const title_segment *last = g_ptr_array_index(segments, segments->len - 1);
    return (view_edge){last->msn, last->parts->len, last->closed, lost};
}

GBytes *view_text(view *v, shelf_form form)
{
    GBytes **kept = &v->text[form.span][form.delta];
    if (!*kept) {
        GString *text = g_string_sized_new(8192);
        const playlist_facts facts = {v->title->breaks, v->title->chapters};
        playlist_media(text, v->title->index, view_rendition(v), form, &facts, &v->past);
        *kept = g_string_free_to_bytes(text);
    }
    return *kept;
}

view *view_find(shelved *t, const char *rendition, GError **error)
{
    for (guint i = 0; i < t->views->len; i++) {
        view *v = g_ptr_array_index(t->views, i);
        if (strcmp(view_rendition(v)->is.name, rendition) == 0)
            return v;
    }
    error_set(error, ERROR_MISSING, "no_rendition", NULL, "title %s has no rendition %.16s", t->id,
              rendition);
    return NULL;
}

/* ---- a title ---- */

static void main_forget(shelved *t)
{
    for (guint span = 0; span < G_N_ELEMENTS(t->main); span++)
        g_clear_pointer(&t->main[span], g_bytes_unref);
    g_clear_pointer(&t->subtitles, g_bytes_unref);
}

static void shelved_free(gpointer data)
{
    shelved *t = data;
    if (t->on_shelf) {
        g_queue_unlink(&t->shelf->by_use, &t->use);
        t->shelf->journal_bytes -= t->read_to;
        files_forget(t);
    }
    g_ptr_array_unref(t->views);
    title_index_free(t->index);
    g_array_unref(t->breaks);
    g_array_unref(t->chapters);
    g_array_unref(t->captions);
    main_forget(t);
    g_free(t->dir);
    g_free(t);
}

static shelved *shelved_new(shelf *s, const char *title_id)
{
    shelved *t = g_new0(shelved, 1);
    t->shelf = s;
    g_strlcpy(t->id, title_id, sizeof t->id);
    t->dir = g_build_filename(s->root, title_id, NULL);
    t->index = title_index_new();
    t->breaks = g_array_new(FALSE, FALSE, sizeof(int64_t));
    t->chapters = chapters_parse("", 0);
    t->captions = g_array_new(FALSE, FALSE, sizeof(title_captions));
    t->views = g_ptr_array_new_with_free_func(view_free);
    t->use.data = t;
    return t;
}

static bool id_ok(const char *id)
{
    gsize length = strlen(id);
    return length >= 4 && length <= TITLE_ID_MAX &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789") == length;
}

/* ---- reading the journal ---- */

/*
 * Feeds what there is behind read_to. A line that cannot be ends our understanding, not what was
 * understood.
 */
/* False: it cannot be read now (errno). */
static bool take_bytes(shelved *t, int fd)
{
    if (t->broken)
        return true;
    g_autofree char *bytes = g_malloc(JOURNAL_READ_BYTES);
    ssize_t got = 0;
    while (!t->broken && (got = pread(fd, bytes, JOURNAL_READ_BYTES, t->read_to)) > 0) {
        gsize used = 0;
        g_autoptr(GError) failure = NULL;
        if (!title_index_feed(t->index, bytes, got, &used, &failure)) {
            log_error("shelf", "title %s: %s; it is shown as far as before that line", t->id,
                      failure->message);
            t->broken = true;
        }
        t->read_to += used;
        if (used == 0)
            break; /* a torn last line: its rest will come */
    }
    return got >= 0;
}

static void note_break(shelved *t, int64_t msn)
{
    guint at = t->breaks->len;
    while (at > 0 && g_array_index(t->breaks, int64_t, at - 1) > msn)
        at--;
    if (at == 0 || g_array_index(t->breaks, int64_t, at - 1) != msn)
        g_array_insert_val(t->breaks, at, msn);
}

static void note_breaks(view *v, int64_t after_msn)
{
    const GPtrArray *segments = view_rendition(v)->segments;
    for (guint i = segments->len; i > 0; i--) {
        const title_segment *segment = g_ptr_array_index(segments, i - 1);
        if (segment->msn < after_msn)
            return;
        if (segment->discontinuity)
            note_break(v->title, segment->msn);
    }
}

static void views_grow(shelved *t)
{
    while (t->views->len < title_index_count(t->index)) {
        view *v = g_new0(view, 1);
        v->title = t;
        v->rendition = t->views->len;
        v->edge.msn = -1;
        g_ptr_array_add(t->views, v);
    }
}

static void view_move(view *v, bool ended)
{
    view_edge now = edge_of(v);
    const view_edge *before = &v->edge;
    bool same = now.msn == before->msn && now.parts == before->parts &&
                now.closed == before->closed && now.lost == before->lost;
    if (same && !ended)
        return;
    note_breaks(v, before->msn);
    v->edge = now;
    view_forget_text(v);
}

/* News of one reading: views first, all of them, since a playlist also reports on its sisters. */
static void spread(shelved *t)
{
    bool ended = title_index_ended(t->index);
    main_forget(t);
    views_grow(t);
    for (guint i = 0; i < t->views->len; i++)
        view_move(g_ptr_array_index(t->views, i), ended);
    for (guint i = 0; i < t->views->len; i++)
        waiters_review(g_ptr_array_index(t->views, i), false);
}

/* False: the journal is not the one that was read before. */
static bool same_journal(const shelved *t, const struct stat *is)
{
    return t->read_to == 0 || (is->st_ino == t->inode && is->st_size >= t->read_to);
}

/* UNREADABLE (errno): it is there, but the system gives no descriptor or the disk no bytes. */
typedef enum { LOOK_DONE, LOOK_MISSING, LOOK_REPLACED, LOOK_UNREADABLE } looked;

static looked read_on(shelved *t, int fd)
{
    struct stat is;
    if (fstat(fd, &is) != 0)
        return LOOK_UNREADABLE;
    if (!same_journal(t, &is))
        return LOOK_REPLACED;
    int64_t before = t->read_to;
    t->inode = is.st_ino;
    bool read = take_bytes(t, fd);
    if (t->on_shelf)
        t->shelf->journal_bytes += t->read_to - before;
    if (t->read_to != before)
        spread(t);
    return read ? LOOK_DONE : LOOK_UNREADABLE;
}

static looked look(shelved *t)
{
    g_autofree char *path = title_path_journal(t->dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    t->looked_ms = clock_mono_ms(t->shelf->clock);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? LOOK_MISSING : LOOK_UNREADABLE;
    looked how = read_on(t, fd);
    int why = errno;
    close(fd);
    errno = why;
    return how;
}

/* False: what was known of it is nothing any more. */
static bool look_again(shelved *t)
{
    looked how = look(t);
    if (how == LOOK_UNREADABLE && !t->unreadable)
        log_error("shelf", "title %s cannot be read on: %s; it is shown as far as it was read",
                  t->id, g_strerror(errno));
    t->unreadable = how == LOOK_UNREADABLE;
    return how == LOOK_DONE || how == LOOK_UNREADABLE;
}

/* What cannot be read now stays as it was known. */
static void read_chapters(shelved *t)
{
    g_autoptr(GError) unread = NULL;
    GArray *now = chapters_read(t->dir, &unread);
    if (!now) {
        log_error("shelf", "%s", unread->message);
        return;
    }
    g_array_unref(t->chapters);
    t->chapters = now;
    g_clear_pointer(&t->subtitles, g_bytes_unref);
    for (guint i = 0; i < t->views->len; i++)
        view_forget_text(g_ptr_array_index(t->views, i));
}

static void take_captions(shelved *t, GArray *now)
{
    g_array_unref(t->captions);
    t->captions = now;
    main_forget(t);
}

/* Likewise. */
static void read_captions(shelved *t)
{
    g_autoptr(GError) unread = NULL;
    GArray *now = captions_list(t->dir, &unread);
    if (!now) {
        log_error("shelf", "%s", unread->message);
        return;
    }
    take_captions(t, now);
}

/* ---- the shelf ---- */

shelf *shelf_new(const char *titles_dir, base_clock *clock, GError **error)
{
    if (g_mkdir_with_parents(titles_dir, 0755) != 0) {
        error_set(error, ERROR_STORAGE, "storage", NULL, "titles: cannot make %s: %s", titles_dir,
                  g_strerror(errno));
        return NULL;
    }
    shelf *s = g_new0(shelf, 1);
    s->root = g_strdup(titles_dir);
    s->clock = clock;
    s->titles = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, shelved_free);
    s->withdrawn = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    s->removed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    delivered_start(s);
    files_start(s);
    return s;
}

void shelf_free(shelf *s)
{
    if (!s)
        return;
    g_hash_table_unref(s->titles);
    while (s->ready.length > 0)
        waiters_wake(s);
    files_stop(s);
    g_hash_table_unref(s->delivered);
    g_hash_table_unref(s->withdrawn);
    g_hash_table_unref(s->removed);
    g_free(s->root);
    g_free(s);
}

char *shelf_title_dir(const shelf *s, const char *title_id)
{
    return id_ok(title_id) ? g_build_filename(s->root, title_id, NULL) : NULL;
}

static bool is_waited_for(const shelved *t)
{
    for (guint i = 0; i < t->views->len; i++)
        if (((view *)g_ptr_array_index(t->views, i))->waiters.length > 0)
            return true;
    return false;
}

static void make_room(shelf *s)
{
    GList *link = s->by_use.tail;
    while (link && (g_hash_table_size(s->titles) >= SHELF_TITLES_MAX ||
                    s->journal_bytes > SHELF_JOURNAL_BYTES_MAX)) {
        shelved *t = link->data;
        link = link->prev;
        if (!is_waited_for(t))
            g_hash_table_remove(s->titles, t->id);
    }
}

static void drop(shelf *s, const char *title_id)
{
    g_hash_table_remove(s->titles, title_id);
    waiters_wake(s);
}

static bool needs_look(const shelved *t)
{
    return !title_index_ended(t->index) &&
           clock_mono_ms(t->shelf->clock) - t->looked_ms >= SHELF_LOOK_MS;
}

/* ---- loading ---- */

struct shelf_load {
    shelved *title; /* NULL: there is no such title, or it could not be read */
    int why;        /* errno; 0: there is none */
};

bool shelf_has(const shelf *s, const char *title_id)
{
    return g_hash_table_contains(s->titles, title_id);
}

shelf_load *shelf_load_new(shelf *s, const char *title_id)
{
    if (!id_ok(title_id))
        return NULL;
    shelf_load *load = g_new0(shelf_load, 1);
    load->title = shelved_new(s, title_id);
    return load;
}

void shelf_load_run(shelf_load *load)
{
    looked how = look(load->title);
    load->why = how == LOOK_UNREADABLE ? errno : 0;
    if (how != LOOK_DONE || !title_index_head(load->title->index))
        g_clear_pointer(&load->title, shelved_free);
    if (!load->title)
        return;
    read_chapters(load->title);
    read_captions(load->title);
}

void shelf_load_free(shelf_load *load)
{
    if (load && load->title)
        shelved_free(load->title);
    g_free(load);
}

void shelf_load_take(shelf *s, shelf_load *load)
{
    shelved *t = load->title;
    if (t && !shelf_has(s, t->id) && !g_hash_table_contains(s->removed, t->id)) {
        make_room(s);
        load->title = NULL;
        t->on_shelf = true;
        s->journal_bytes += t->read_to;
        g_queue_push_head_link(&s->by_use, &t->use);
        g_hash_table_insert(s->titles, t->id, t);
    }
    shelf_load_free(load);
}

static void say_removed(int64_t at_ms, GError **error)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(at_ms / 1000);
    g_autofree char *day = at ? g_date_time_format(at, "%Y-%m-%d") : g_strdup("an earlier day");
    error_set(error, ERROR_GONE, "removed", NULL,
              "This recording was removed on %s (UTC); what was learnt from it stays on record",
              day);
}

static shelved *shelved_load(shelf *s, const char *title_id, GError **error)
{
    shelf_load *load = shelf_load_new(s, title_id);
    int why = 0;
    if (load) {
        shelf_load_run(load);
        why = load->why;
        shelf_load_take(s, load);
    }
    shelved *t = g_hash_table_lookup(s->titles, title_id);
    if (!t && why)
        error_set(error, ERROR_STORAGE, "title_unreadable", NULL, "the title cannot be read: %s",
                  g_strerror(why));
    else if (!t)
        error_set(error, ERROR_MISSING, "no_title", NULL, "there is no such title (yet)");
    return t;
}

/* What was removed is gone at once, though its files go later. */
static bool is_removed(const shelf *s, const char *title_id, GError **error)
{
    const int64_t *at_ms = g_hash_table_lookup(s->removed, title_id);
    if (at_ms)
        say_removed(*at_ms, error);
    return at_ms != NULL;
}

shelved *shelved_find(shelf *s, const char *title_id, GError **error)
{
    if (is_removed(s, title_id, error))
        return NULL;
    shelved *t = g_hash_table_lookup(s->titles, title_id);
    if (t && needs_look(t) && !look_again(t)) {
        drop(s, title_id);
        t = NULL;
    }
    if (!t)
        return shelved_load(s, title_id, error);
    g_queue_unlink(&s->by_use, &t->use);
    g_queue_push_head_link(&s->by_use, &t->use);
    return t;
}

shelved *shelved_shown(shelf *s, const char *title_id, GError **error)
{
    if (!g_hash_table_contains(s->withdrawn, title_id))
        return shelved_find(s, title_id, error);
    error_set(error, ERROR_DENIED, "cut_off", NULL, "this title was withdrawn by the staff");
    return NULL;
}

void shelf_withdraw(shelf *s, const char *title_id)
{
    shelved *t = g_hash_table_lookup(s->titles, title_id);
    g_hash_table_add(s->withdrawn, g_strdup(title_id));
    for (guint i = 0; t && i < t->views->len; i++)
        waiters_review(g_ptr_array_index(t->views, i), true);
    waiters_wake(s);
}

void shelf_ring(shelf *s, const char *title_id)
{
    shelved *t = g_hash_table_lookup(s->titles, title_id);
    if (!t)
        return;
    if (!look_again(t))
        drop(s, title_id);
    else
        waiters_wake(s);
}

void shelf_chapters(shelf *s, const char *title_id)
{
    shelved *t = g_hash_table_lookup(s->titles, title_id);
    if (t)
        read_chapters(t);
}

void shelf_captions(shelf *s, const char *title_id, const GArray *now)
{
    shelved *t = g_hash_table_lookup(s->titles, title_id);
    GArray *own = t ? g_array_sized_new(FALSE, FALSE, sizeof(title_captions), now->len) : NULL;
    if (t)
        take_captions(t, g_array_append_vals(own, now->data, now->len));
}

bool shelf_shown(shelf *s, const char *title_id, GError **error)
{
    return shelved_shown(s, title_id, error) != NULL;
}

int64_t shelf_poster_ms(const shelf *s, const char *title_id)
{
    struct stat is;
    g_autofree char *dir = shelf_title_dir(s, title_id);
    g_autofree char *path = dir ? g_build_filename(dir, "poster.jpg", NULL) : NULL;
    bool there = path && !g_hash_table_contains(s->withdrawn, title_id) && stat(path, &is) == 0;
    return there ? is.st_mtim.tv_sec * 1000LL + is.st_mtim.tv_nsec / 1000000 : 0;
}

const GArray *shelf_chapters_of(shelf *s, const char *title_id, GError **error)
{
    shelved *t = shelved_shown(s, title_id, error);
    return t ? t->chapters : NULL;
}

const GArray *shelf_captions_of(shelf *s, const char *title_id, GError **error)
{
    shelved *t = shelved_shown(s, title_id, error);
    return t ? t->captions : NULL;
}

void shelf_forget(shelf *s, const char *title_id)
{
    drop(s, title_id);
}

void shelf_removed(shelf *s, const char *title_id, int64_t at_ms)
{
    g_hash_table_replace(s->removed, g_strdup(title_id), g_memdup2(&at_ms, sizeof at_ms));
    drop(s, title_id);
}

const title_index *shelf_index(shelf *s, const char *title_id, GError **error)
{
    shelved *t = shelved_find(s, title_id, error);
    return t ? t->index : NULL;
}

GBytes *shelf_main_playlist(shelf *s, const char *title_id, shelf_span span, GError **error)
{
    shelved *t = shelved_shown(s, title_id, error);
    if (!t)
        return NULL;
    if (!t->main[span]) {
        g_autoptr(GString) text = g_string_new(NULL);
        if (!playlist_main(text, t->index, span, t->captions)) {
            error_set(error, ERROR_MISSING, "nothing_yet", NULL, "title %s has no media yet",
                      t->id);
            return NULL;
        }
        t->main[span] = g_string_free_to_bytes(g_steal_pointer(&text));
    }
    return g_bytes_ref(t->main[span]);
}

GBytes *shelf_playlist(shelf *s, const char *title_id, const char *rendition, shelf_form form,
                       GError **error)
{
    shelved *t = shelved_shown(s, title_id, error);
    view *v = t ? view_find(t, rendition, error) : NULL;
    if (!v)
        return NULL;
    if (v->edge.msn < 0) {
        error_set(error, ERROR_MISSING, "nothing_yet", NULL,
                  "rendition %s of title %s has no media yet", rendition, t->id);
        return NULL;
    }
    if (title_index_ended(t->index))
        form.span = SHELF_WHOLE;
    return g_bytes_ref(view_text(v, form));
}

/* ---- captions as HLS tells them ---- */

static bool is_spoken(const shelved *t, const char *lang)
{
    for (guint i = 0; i < t->captions->len; i++)
        if (strcmp(g_array_index(t->captions, title_captions, i).lang, lang) == 0)
            return true;
    return false;
}

/* MISSING, too, while the title goes on: its pieces are still to come. */
static shelved *shelved_spoken(shelf *s, const char *title_id, const char *lang, GError **error)
{
    shelved *t = shelved_shown(s, title_id, error);
    if (!t)
        return NULL;
    bool ended = title_index_ended(t->index);
    if (ended && is_spoken(t, lang))
        return t;
    error_set(error, ERROR_MISSING, ended ? "captions_missing" : "nothing_yet", NULL,
              ended ? "There are no captions in this language"
                    : "Captions are told to players once the class is over");
    return NULL;
}

GBytes *shelf_subtitles(shelf *s, const char *title_id, const char *lang, GError **error)
{
    shelved *t = shelved_spoken(s, title_id, lang, error);
    if (!t)
        return NULL;
    if (!t->subtitles) {
        g_autoptr(GString) text = g_string_new(NULL);
        const playlist_facts facts = {t->breaks, t->chapters};
        if (!subtitles_playlist(text, t->index, &facts)) {
            error_set(error, ERROR_MISSING, "nothing_yet", NULL, "title %s has no media", t->id);
            return NULL;
        }
        t->subtitles = g_string_free_to_bytes(g_steal_pointer(&text));
    }
    return g_bytes_ref(t->subtitles);
}

bool shelf_subtitles_piece(shelf *s, const char *title_id, const char *lang, uint64_t n,
                           cues_piece *piece, GError **error)
{
    const shelved *t = shelved_spoken(s, title_id, lang, error);
    if (!t || subtitles_piece(t->index, n, piece))
        return t != NULL;
    error_set(error, ERROR_MISSING, "no_media", NULL,
              "the captions have no piece %" G_GUINT64_FORMAT, n);
    return false;
}
