#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "school/school.h"
#include "transcode/inside.h"

#define PDF_BEGINS "%PDF-"

/* One file on its way in: its row, its move, its job. Each step may be said again. */
typedef struct {
    transcode *owner;
    asset is;
    char *from, *to;
    bool known; /* it stands already, with all it needs */
    bool moved;
    bool lost;   /* it is neither where it was nor where it should be */
    bool no_pdf; /* a handout that is none */
} intake;

static void intake_free(gpointer data)
{
    intake *in = data;
    asset_clear(&in->is);
    g_free(in->from);
    g_free(in->to);
    g_free(in);
}

GHashTable *intakes_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, intake_free);
}

static void let_go(intake *in)
{
    g_hash_table_remove(in->owner->intakes, in->is.upload_id);
}

static bool take_upload(records *db, const intake *in, GError **error)
{
    const transcode_news *news = &in->owner->news;
    return !news->take || news->take(news->user, db, in->is.upload_id, error);
}

/* ---- 3: its job ---- */

static bool make_job(records *db, intake *in, GError **error)
{
    job made;
    bool there;
    return job_of_asset(db, in->is.id, &made, &there, error) &&
           (there || job_add(db, in->owner->parts.clock, in->is.id, JOB_PROBE, &made, error));
}

static bool judge_handout(records *db, intake *in, GError **error)
{
    bool large = in->is.bytes > ASSET_HANDOUT_MAX;
    in->is.state = in->no_pdf || large ? ASSET_REFUSED : ASSET_READY;
    if (large)
        trouble_set(&in->is.trouble, "handout_too_large", "", "");
    else if (in->no_pdf)
        trouble_set(&in->is.trouble, "not_pdf", "", "");
    in->is.source_kept = in->is.state == ASSET_READY;
    return asset_save(db, &in->is, error) &&
           (in->is.source_kept ||
            storage_discard(db, in->owner->parts.clock, STORAGE_HANDOUT, in->is.id, error));
}

/* Nothing can be made of it any more: it is told so once, instead of being asked for forever. */
static bool give_up(records *db, intake *in, GError **error)
{
    in->is.state = ASSET_FAILED;
    in->is.source_kept = false;
    trouble_set(&in->is.trouble, "file_lost", "", in->from);
    return asset_save(db, &in->is, error);
}

static bool complete(records *db, gpointer data, GError **error)
{
    intake *in = data;
    bool good = in->lost                       ? give_up(db, in, error)
                : in->is.kind == ASSET_HANDOUT ? judge_handout(db, in, error)
                                               : make_job(db, in, error);
    return good && take_upload(db, in, error);
}

static void completed(gpointer data, const GError *error)
{
    intake *in = data;
    transcode *t = in->owner;
    if (error)
        log_warn("transcode", "upload %s cannot be taken yet: %s", in->is.upload_id,
                 error->message);
    else if (in->is.state == ASSET_REFUSED)
        storage_sweep(t->parts.storage);
    let_go(in);
    transcode_kick(t);
}

/* ---- 2: its move, on the thread ---- */

static bool sync_folder(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return fine;
}

static bool begins_as_pdf(const char *path)
{
    char head[sizeof PDF_BEGINS] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool fine = fd >= 0 && read(fd, head, sizeof PDF_BEGINS - 1) == sizeof PDF_BEGINS - 1;
    if (fd >= 0)
        close(fd);
    return fine && strcmp(head, PDF_BEGINS) == 0;
}

/* A file that is gone from there and is here was moved before. */
static void move_file(gpointer data)
{
    intake *in = data;
    g_autofree char *folder = g_path_get_dirname(in->to);
    struct stat here;
    g_mkdir_with_parents(folder, 0700);
    in->moved = rename(in->from, in->to) == 0 || (errno == ENOENT && stat(in->to, &here) == 0);
    in->lost = !in->moved && errno == ENOENT && access(in->from, F_OK) != 0 && errno == ENOENT;
    if (!in->moved)
        log_error("transcode", "%s cannot be moved to %s: %s", in->from, in->to, g_strerror(errno));
    in->moved = in->moved && sync_folder(in->to);
    in->no_pdf = in->moved && in->is.kind == ASSET_HANDOUT && !begins_as_pdf(in->to);
}

static void moved(gpointer data)
{
    intake *in = data;
    if ((!in->moved && !in->lost) ||
        !clerk_post(in->owner->parts.clerk, complete, completed, in, NULL))
        let_go(in);
}

/* ---- 1: its row ---- */

static bool add_row(records *db, intake *in, GError **error)
{
    asset *is = &in->is;
    asset_state state = is->kind == ASSET_HANDOUT ? ASSET_QUEUED : ASSET_PROBING;
    school_id_new(is->id);
    return records_run(db, error, SQL_ASSET_ADD, "ttttitiit", is->id, is->upload_id, is->name,
                       asset_kind_word(is->kind), is->bytes, is->sha256, is->owner,
                       clock_utc_ms(in->owner->parts.clock), asset_state_word(state));
}

static bool enter(records *db, gpointer data, GError **error)
{
    intake *in = data;
    job of;
    asset stands;
    bool found;
    if (!add_row(db, in, error) || !asset_of_upload(db, in->is.upload_id, &stands, &found, error) ||
        !found)
        return false;
    asset_clear(&in->is);
    in->is = stands;
    if (!job_of_asset(db, in->is.id, &of, &in->known, error))
        return false;
    in->known = in->known || in->is.state == ASSET_FAILED ||
                (in->is.kind == ASSET_HANDOUT && in->is.state != ASSET_QUEUED);
    return !in->known || take_upload(db, in, error);
}

static void entered(gpointer data, const GError *error)
{
    intake *in = data;
    const transcode *t = in->owner;
    storage_kind where = in->is.kind == ASSET_HANDOUT ? STORAGE_HANDOUT : STORAGE_SOURCE;
    if (error)
        log_warn("transcode", "upload %s cannot be taken yet: %s", in->is.upload_id,
                 error->message);
    if (error || in->known || t->stopped) {
        let_go(in);
        return;
    }
    in->to = storage_path(t->parts.storage, where, in->is.id);
    if (!errand_post(storage_errands(t->parts.storage), move_file, moved, in, NULL, NULL))
        let_go(in);
}

/* As it was called where it came from: one line, not too long. */
static void take_name(asset *is, const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    for (char *at = valid; *at; at++)
        if (g_ascii_iscntrl(*at))
            *at = ' ';
    g_strstrip(valid);
    glong chars = MIN(g_utf8_strlen(valid, -1), ASSET_NAME_CHARS);
    g_autofree char *cut = g_utf8_substring(valid, 0, chars);
    g_strlcpy(is->name, *cut ? cut : "file", sizeof is->name);
}

bool transcode_take(transcode *t, const transcode_source *source, GError **error)
{
    if (g_hash_table_contains(t->intakes, source->upload_id))
        return true;
    intake *in = g_new0(intake, 1);
    in->owner = t;
    in->from = g_strdup(source->path);
    in->is.kind = source->handout ? ASSET_HANDOUT : ASSET_VIDEO;
    in->is.owner = source->owner;
    in->is.bytes = source->bytes;
    g_strlcpy(in->is.upload_id, source->upload_id, sizeof in->is.upload_id);
    g_strlcpy(in->is.sha256, source->sha256, sizeof in->is.sha256);
    take_name(&in->is, source->name);
    g_hash_table_insert(t->intakes, in->is.upload_id, in);
    if (clerk_post(t->parts.clerk, enter, entered, in, error))
        return true;
    let_go(in);
    return false;
}
