#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "live/inside.h"

#define LEFT_CHARS 13 /* of a hidden title: a dot and its id */

/* A test title being made. */
typedef struct {
    live *live;
    char title_id[13];
    char *hidden; /* where it is made */
    crew_hand *hand;
    live_made done;
    gpointer user;
} pattern;

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_tree(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        log_warn("live", "%s could not be removed: %s", path, g_strerror(errno));
}

static char *titles_dir(const live *house)
{
    g_autofree char *one = shelf_title_dir(house->shelf, "aaaaaaaaaaaa");
    return g_path_get_dirname(one);
}

void patterns_clear_left(const live *house)
{
    g_autofree char *titles = titles_dir(house);
    GDir *dir = g_dir_open(titles, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(titles, name, NULL);
        if (name[0] == '.' && strlen(name) == LEFT_CHARS)
            remove_tree(path);
    }
    if (dir)
        g_dir_close(dir);
}

static void pattern_free(pattern *p)
{
    g_free(p->hidden);
    g_free(p);
}

/* From its hidden place to its own. */
static bool show(const pattern *p, GError **error)
{
    g_autofree char *shown = shelf_title_dir(p->live->shelf, p->title_id);
    if (rename(p->hidden, shown) != 0) {
        error_set(error, ERROR_STORAGE, "title_rename", NULL,
                  "the title cannot be put in its place: %s", g_strerror(errno));
        return false;
    }
    shelf_ring(p->live->shelf, p->title_id);
    return true;
}

static void on_message(crew_hand *hand, const wire_message *message, gpointer user)
{
    (void)hand;
    if (message->kind == WIRE_NOTE)
        log_info("live", "title %s: %s", ((pattern *)user)->title_id, message->note);
}

static void on_gone(crew_hand *hand, bool done, const char *why, gpointer user)
{
    (void)hand;
    pattern *p = user;
    g_autoptr(GError) error = NULL;
    g_ptr_array_remove_fast(p->live->patterns, p);
    if (!done)
        error_set(&error, ERROR_PEER, "worker_gone", NULL,
                  "the worker did not finish the title: %s", why);
    if (!done || !show(p, &error))
        remove_tree(p->hidden);
    p->done(p->user, p->title_id, error);
    pattern_free(p);
}

static const crew_ops hand_ops = {on_message, NULL, on_gone};

bool live_make_pattern_title(live *house, const char *label, int64_t length_ms, live_made done,
                             gpointer user, GError **error)
{
    wire_job job;
    pattern *p = g_new0(pattern, 1);
    g_autofree char *titles = titles_dir(house);
    p->live = house;
    p->done = done;
    p->user = user;
    random_text(p->title_id, sizeof p->title_id);
    p->hidden = g_strdup_printf("%s/.%s", titles, p->title_id);
    job_pattern(p->hidden, label, length_ms, clock_utc_ms(house->clock), &job);
    p->hand = crew_hire(house->crew, &job, &hand_ops, p, error);
    if (!p->hand) {
        pattern_free(p);
        return false;
    }
    g_ptr_array_add(house->patterns, p);
    return true;
}

void patterns_disown(live *house)
{
    for (guint i = 0; i < house->patterns->len; i++) {
        pattern *p = g_ptr_array_index(house->patterns, i);
        crew_disown(p->hand);
        pattern_free(p);
    }
    g_ptr_array_set_size(house->patterns, 0);
}
