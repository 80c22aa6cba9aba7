#include "title/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "title/recover.h"

#define DIR_MODE 0755
#define FILE_MODE 0644
#define LOSE_AT_ONCE 4 /* files for one that was added */

/* The segment file parts are being appended to; one per rendition. */
typedef struct {
    char rendition[JOURNAL_NAME_MAX];
    int64_t msn;
    int fd;
} open_file;

struct title_writer {
    char *dir;
    int journal;
    int64_t length; /* bytes of the journal that stand */
    title_index *index;
    GArray *files;      /* of open_file */
    int64_t room_bytes; /* wanted free on the disk; 0: whatever there is */
    guint lost;
};

static bool storage_failed(GError **error, const char *step, const char *path)
{
    int cause = errno;
    error_set(error, ERROR_STORAGE,
              cause == ENOSPC || cause == EDQUOT ? "disk_full" : "title_storage", NULL,
              "title: %s %s: %s", step, path, g_strerror(cause));
    return false;
}

static bool write_all(int fd, const void *bytes, gsize size, int64_t offset)
{
    const char *at = bytes;
    while (size) {
        ssize_t written = pwrite(fd, at, size, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        offset += written;
        size -= (gsize)written;
    }
    return true;
}

/* ---- the journal ---- */

/* One line by one write. A line that went in only in part is taken back, so that the next one starts clean. */
static bool append(title_writer *writer, const GString *text, GError **error)
{
    ssize_t written = write(writer->journal, text->str, text->len);
    if (written == (ssize_t)text->len) {
        writer->length += written;
        return true;
    }
    if (written >= 0)
        errno = ENOSPC;
    storage_failed(error, "append to the journal of", writer->dir);
    if (written > 0 && ftruncate(writer->journal, writer->length))
        log_error("title", "%s: a torn line could not be taken back: %s", writer->dir,
                  g_strerror(errno));
    return false;
}

/* The line as it will stand, once it is sure that the index takes it. */
static GString *prepare(title_writer *writer, const journal_line *line, GError **error)
{
    g_autoptr(GString) text = g_string_sized_new(JOURNAL_LINE_MAX);
    journal_line read;
    journal_format(line, text);
    if (!journal_parse(text->str, text->len - 1, &read, error) ||
        !title_index_may_add(writer->index, &read, error))
        return NULL;
    return g_steal_pointer(&text);
}

static bool commit(title_writer *writer, const GString *text, GError **error)
{
    gsize used;
    return append(writer, text, error) &&
           title_index_feed(writer->index, text->str, text->len, &used, error);
}

/* A line that needs no bytes beside it. */
static bool say(title_writer *writer, const journal_line *line, GError **error)
{
    g_autoptr(GString) text = prepare(writer, line, error);
    return text && commit(writer, text, error);
}

static journal_line line_of(journal_kind kind, const char *rendition, int64_t msn)
{
    journal_line line = {.kind = kind, .msn = msn};
    if (rendition)
        g_strlcpy(line.rendition, rendition, sizeof line.rendition);
    return line;
}

/* ---- media files ---- */

static void close_file(title_writer *writer, const char *rendition)
{
    for (guint i = 0; i < writer->files->len; i++) {
        open_file *file = &g_array_index(writer->files, open_file, i);
        if (strcmp(file->rendition, rendition))
            continue;
        close(file->fd);
        g_array_remove_index_fast(writer->files, i);
        return;
    }
}

static int find_file(title_writer *writer, const char *rendition, int64_t msn)
{
    for (guint i = 0; i < writer->files->len; i++) {
        open_file *file = &g_array_index(writer->files, open_file, i);
        if (file->msn == msn && !strcmp(file->rendition, rendition))
            return file->fd;
    }
    return -1;
}

/* A new segment's file; whatever a dead writer left under its name goes. */
static int create_file(title_writer *writer, const char *rendition, int64_t msn, GError **error)
{
    g_autofree char *path = title_path_segment(writer->dir, rendition, msn);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        storage_failed(error, "create", path);
        return -1;
    }
    open_file file = {.msn = msn, .fd = fd};
    g_strlcpy(file.rendition, rendition, sizeof file.rendition);
    close_file(writer, rendition);
    g_array_append_val(writer->files, file);
    return fd;
}

static bool make_folder(const title_writer *writer, const char *rendition, GError **error)
{
    g_autofree char *path = g_build_filename(writer->dir, rendition, NULL);
    return !g_mkdir_with_parents(path, DIR_MODE) || storage_failed(error, "create", path);
}

/* ---- opening what is there ---- */

/* One writer per title: the lock goes with the process that holds it. */
static bool lock_journal(title_writer *writer, GError **error)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (!fcntl(writer->journal, F_OFD_SETLK, &whole))
        return true;
    if (errno != EAGAIN && errno != EACCES)
        return storage_failed(error, "lock the journal of", writer->dir);
    error_set(error, ERROR_CONFLICT, "title_in_use", NULL, "title: %s has another writer",
              writer->dir);
    return false;
}

static bool open_journal(title_writer *writer, GError **error)
{
    if (g_mkdir_with_parents(writer->dir, DIR_MODE))
        return storage_failed(error, "create", writer->dir);
    g_autofree char *path = title_path_journal(writer->dir);
    writer->journal = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, FILE_MODE);
    if (writer->journal < 0)
        return storage_failed(error, "open", path);
    return lock_journal(writer, error);
}

/* Reads the journal and cuts it back to whole lines that are true; of segments written whole, to whole ones. */
static bool load(title_writer *writer, bool resume, GError **error)
{
    g_autofree char *path = title_path_journal(writer->dir), *text = NULL;
    gsize length, used;
    g_autoptr(GError) unread = NULL;
    if (!g_file_get_contents(path, &text, &length, &unread)) {
        error_set(error, ERROR_STORAGE, "title_storage", NULL, "title: read: %s", unread->message);
        return false;
    }
    gsize whole = title_true_length(writer->dir, text, length);
    if (resume)
        whole = title_closed_length(text, whole);
    if (!title_index_feed(writer->index, text, whole, &used, error)) {
        g_prefix_error(error, "title %s: ", writer->dir);
        return false;
    }
    if (used < length && ftruncate(writer->journal, (off_t)used))
        return storage_failed(error, "cut the torn end of", path);
    if (used < length)
        log_info("title", "%s: cut %zu bytes of unfinished journal", writer->dir, length - used);
    writer->length = (int64_t)used;
    return true;
}

static bool agree_on_head(title_writer *writer, const journal_head *head, GError **error)
{
    const journal_head *is = title_index_head(writer->index);
    if (!is) {
        journal_line line = {.kind = JOURNAL_HEAD, .head = *head};
        return say(writer, &line, error);
    }
    if (title_index_ended(writer->index)) {
        error_set(error, ERROR_CONFLICT, "title_ended", NULL, "title: %s has ended", writer->dir);
        return false;
    }
    if (is->part_target == head->part_target && is->segment_target == head->segment_target &&
        is->target_duration_s == head->target_duration_s)
        return true;
    error_set(error, ERROR_CONFLICT, "title_targets", NULL,
              "title: %s was begun with other target durations", writer->dir);
    return false;
}

static const title_segment *last_of(const title_rendition *rendition)
{
    guint count = rendition->segments->len;
    return count ? rendition->segments->pdata[count - 1] : NULL;
}

/* Bytes behind the last journalled part were never true. */
static bool trim_and_close(title_writer *writer, const title_rendition *rendition, GError **error)
{
    const title_segment *last = last_of(rendition);
    if (!last || last->closed)
        return true;
    g_autofree char *path = title_path_segment(writer->dir, rendition->is.name, last->msn);
    if (truncate(path, (off_t)last->bytes))
        return storage_failed(error, "cut", path);
    return title_writer_segment(writer, rendition->is.name, last->msn, error);
}

bool title_writer_fill(title_writer *writer, const title_rendition *behind,
                       const title_segment *guide, GError **error)
{
    const title_segment *last = last_of(behind);
    journal_line line = line_of(JOURNAL_GAP, behind->is.name, guide->msn);
    line.start = last->start + last->duration;
    line.duration = MAX(guide->start + guide->duration - line.start, 1);
    if (!title_index_may_add(writer->index, &line, NULL) && guide->start > line.start) {
        line.start = guide->start;
        line.duration = guide->duration;
    }
    return say(writer, &line, error);
}

static bool catch_up(title_writer *writer, const title_rendition *rendition,
                     const title_rendition *furthest, GError **error)
{
    const title_segment *last;
    while ((last = last_of(rendition)) && last->msn < last_of(furthest)->msn)
        if (!title_writer_fill(writer, rendition, title_rendition_segment(furthest, last->msn + 1),
                               error))
            return false;
    return true;
}

static const title_rendition *find_furthest(const title_index *index)
{
    const title_rendition *best = NULL;
    for (guint i = 0; i < title_index_count(index); i++) {
        const title_rendition *rendition = title_index_rendition(index, i);
        if (last_of(rendition) && (!best || last_of(rendition)->msn > last_of(best)->msn))
            best = rendition;
    }
    return best;
}

/* Every rendition ends at the same msn, all segments closed, and a discontinuity stands before the next. */
static bool recover(title_writer *writer, GError **error)
{
    const title_index *index = writer->index;
    for (guint i = 0; i < title_index_count(index); i++)
        if (!trim_and_close(writer, title_index_rendition(index, i), error))
            return false;
    const title_rendition *furthest = find_furthest(index);
    if (!furthest)
        return true;
    for (guint i = 0; i < title_index_count(index); i++)
        if (!catch_up(writer, title_index_rendition(index, i), furthest, error))
            return false;
    journal_line line = line_of(JOURNAL_DISCONTINUITY, NULL, title_writer_next_msn(writer));
    return !title_index_may_add(index, &line, NULL) || say(writer, &line, error);
}

static title_writer *open_title(const char *dir, const journal_head *head, bool resume,
                                GError **error)
{
    title_writer *writer = g_new0(title_writer, 1);
    writer->dir = g_strdup(dir);
    writer->journal = -1;
    writer->index = title_index_new();
    writer->files = g_array_new(FALSE, FALSE, sizeof(open_file));
    if (open_journal(writer, error) && load(writer, resume, error) &&
        agree_on_head(writer, head, error) && (resume || recover(writer, error)))
        return writer;
    title_writer_free(writer);
    return NULL;
}

title_writer *title_writer_open(const char *dir, const journal_head *head, GError **error)
{
    return open_title(dir, head, false, error);
}

title_writer *title_writer_resume(const char *dir, const journal_head *head, GError **error)
{
    return open_title(dir, head, true, error);
}

void title_writer_free(title_writer *writer)
{
    if (!writer)
        return;
    for (guint i = 0; i < writer->files->len; i++)
        close(g_array_index(writer->files, open_file, i).fd);
    if (writer->journal >= 0)
        close(writer->journal);
    g_array_unref(writer->files);
    title_index_free(writer->index);
    g_free(writer->dir);
    g_free(writer);
}

const title_index *title_writer_index(const title_writer *writer)
{
    return writer->index;
}

const journal_head *title_writer_head(const title_writer *writer)
{
    return title_index_head(writer->index);
}

int64_t title_writer_next_msn(const title_writer *writer)
{
    const title_rendition *furthest = find_furthest(writer->index);
    return furthest ? last_of(furthest)->msn + 1 : 0;
}

int64_t title_writer_next_start(const title_writer *writer)
{
    int64_t next = 0;
    for (guint i = 0; i < title_index_count(writer->index); i++) {
        const title_segment *last = last_of(title_index_rendition(writer->index, i));
        next = last ? MAX(next, last->start + last->duration) : next;
    }
    return next;
}

/* ---- writing ---- */

/* Saying again what stands is fine: a hired-again worker describes its renditions anew. */
bool title_writer_rendition(title_writer *writer, const journal_rendition *rendition,
                            GError **error)
{
    journal_line line = line_of(JOURNAL_RENDITION, rendition->name, 0);
    line.described = *rendition;
    g_autoptr(GString) text = prepare(writer, &line, error);
    if (!text || !make_folder(writer, rendition->name, error))
        return false;
    const title_rendition *known = title_index_find(writer->index, rendition->name);
    if (!known)
        return commit(writer, text, error);
    g_autoptr(GString) stands = g_string_sized_new(JOURNAL_LINE_MAX);
    journal_line now = {.kind = JOURNAL_RENDITION, .described = known->is};
    journal_format(&now, stands);
    return g_string_equal(stands, text) || commit(writer, text, error);
}

static bool write_init(title_writer *writer, const char *rendition, int32_t n, GBytes *init,
                       GError **error)
{
    g_autofree char *path = title_path_init(writer->dir, rendition, n);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    bool whole = fd >= 0 && write_all(fd, g_bytes_get_data(init, NULL), g_bytes_get_size(init), 0);
    if (!whole)
        storage_failed(error, "write", path);
    if (fd >= 0)
        close(fd);
    return whole;
}

bool title_writer_init(title_writer *writer, const char *rendition, GBytes *init, GError **error)
{
    const title_rendition *known = title_index_find(writer->index, rendition);
    journal_line line = line_of(JOURNAL_INIT, rendition, known ? known->last_init + 1 : 0);
    line.bytes = (int64_t)g_bytes_get_size(init);
    g_autoptr(GString) text = prepare(writer, &line, error);
    return text && write_init(writer, rendition, (int32_t)line.msn, init, error) &&
           commit(writer, text, error);
}

static bool write_part(title_writer *writer, const journal_line *line, GBytes *part, GError **error)
{
    int fd = find_file(writer, line->rendition, line->msn);
    if (fd < 0 && (fd = create_file(writer, line->rendition, line->msn, error)) < 0)
        return false;
    return write_all(fd, g_bytes_get_data(part, NULL), g_bytes_get_size(part), line->offset) ||
           storage_failed(error, "write a part in", writer->dir);
}

bool title_writer_part(title_writer *writer, const char *rendition, int64_t msn, int64_t start,
                       int64_t duration, bool independent, GBytes *part, GError **error)
{
    journal_line line = line_of(JOURNAL_PART, rendition, msn);
    const title_rendition *known = title_index_find(writer->index, rendition);
    const title_segment *last = known ? last_of(known) : NULL;
    if (last && !last->closed && last->msn == msn) {
        line.part = (int32_t)last->parts->len;
        line.offset = last->bytes;
    }
    line.start = start;
    line.duration = duration;
    line.bytes = (int64_t)g_bytes_get_size(part);
    line.independent = independent;
    g_autoptr(GString) text = prepare(writer, &line, error);
    return text && write_part(writer, &line, part, error) && commit(writer, text, error);
}

/* ---- a disk that is nearly full ---- */

void title_writer_keep_room(title_writer *writer, int64_t free_bytes)
{
    writer->room_bytes = free_bytes;
}

guint title_writer_lost(const title_writer *writer)
{
    return writer->lost;
}

static bool is_short_of_room(const title_writer *writer)
{
    struct statvfs disk;
    return writer->room_bytes && !fstatvfs(writer->journal, &disk) &&
           (int64_t)(disk.f_bavail * disk.f_frsize) < writer->room_bytes;
}

/* NULL: everything that is left is too new. */
static const title_segment *oldest_kept(const title_rendition *rendition)
{
    const title_segment *last = last_of(rendition);
    for (guint i = 0; last && i < rendition->segments->len; i++) {
        const title_segment *one = rendition->segments->pdata[i];
        if (one->start + one->duration > last->start - TITLE_KEPT_TIME)
            return NULL;
        if (!one->gap)
            return one;
    }
    return NULL;
}

/* The journal says so, for good, before the file goes: a reader never finds less than it was told. */
static bool lose(title_writer *writer, const title_rendition *rendition, int64_t msn,
                 GError **error)
{
    journal_line line = line_of(JOURNAL_LOST, rendition->is.name, msn);
    if (!say(writer, &line, error))
        return false;
    if (fdatasync(writer->journal))
        return storage_failed(error, "sync the journal of", writer->dir);
    g_autofree char *path = title_path_segment(writer->dir, rendition->is.name, msn);
    writer->lost++;
    return !unlink(path) || errno == ENOENT || storage_failed(error, "remove", path);
}

static bool make_room(title_writer *writer, const title_rendition *rendition, GError **error)
{
    const title_segment *oldest;
    for (int i = 0; i < LOSE_AT_ONCE && is_short_of_room(writer); i++)
        if ((oldest = oldest_kept(rendition)) && !lose(writer, rendition, oldest->msn, error))
            return false;
    return true;
}

bool title_writer_segment(title_writer *writer, const char *rendition, int64_t msn, GError **error)
{
    journal_line line = line_of(JOURNAL_SEGMENT, rendition, msn);
    const title_rendition *known = title_index_find(writer->index, rendition);
    const title_segment *last = known ? last_of(known) : NULL;
    line.start = last ? last->start : 0;
    line.duration = last ? last->duration : 1;
    line.bytes = last ? MAX(last->bytes, 1) : 1;
    if (!say(writer, &line, error))
        return false;
    close_file(writer, rendition);
    return !known || make_room(writer, known, error); /* an unknown one was refused above */
}

/* One more line of a segment that is being written whole: it stands in the index, and waits in `text`. */
static bool stage(title_writer *writer, const journal_line *line, GString *text, GError **error)
{
    gsize used;
    g_autoptr(GString) one = prepare(writer, line, error);
    if (!one || !title_index_feed(writer->index, one->str, one->len, &used, error))
        return false;
    g_string_append_len(text, one->str, (gssize)one->len);
    return true;
}

static bool stage_whole(title_writer *writer, const char *rendition, int64_t msn,
                        const title_piece *pieces, guint count, GString *text, GError **error)
{
    journal_line whole = line_of(JOURNAL_SEGMENT, rendition, msn);
    whole.start = pieces[0].start;
    for (guint i = 0; i < count; i++) {
        journal_line line = line_of(JOURNAL_PART, rendition, msn);
        line.part = (int32_t)i;
        line.offset = whole.bytes;
        line.start = pieces[i].start;
        line.duration = pieces[i].duration;
        line.bytes = (int64_t)g_bytes_get_size(pieces[i].bytes);
        line.independent = pieces[i].independent;
        whole.bytes += line.bytes;
        whole.duration = line.start + line.duration - whole.start;
        if (!stage(writer, &line, text, error))
            return false;
    }
    return stage(writer, &whole, text, error);
}

static bool write_pieces(title_writer *writer, const char *rendition, int64_t msn,
                         const title_piece *pieces, guint count, GError **error)
{
    int fd = create_file(writer, rendition, msn, error);
    int64_t at = 0;
    for (guint i = 0; fd >= 0 && i < count; i++) {
        gsize size;
        const void *bytes = g_bytes_get_data(pieces[i].bytes, &size);
        if (!write_all(fd, bytes, size, at)) {
            storage_failed(error, "write a segment in", writer->dir);
            fd = -1;
        }
        at += (int64_t)size;
    }
    close_file(writer, rendition);
    return fd >= 0;
}

bool title_writer_whole(title_writer *writer, const char *rendition, int64_t msn,
                        const title_piece *pieces, guint count, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    return write_pieces(writer, rendition, msn, pieces, count, error) &&
           stage_whole(writer, rendition, msn, pieces, count, text, error) &&
           append(writer, text, error);
}

bool title_writer_init_stands(const title_writer *writer, const char *rendition, GBytes *init)
{
    const title_rendition *known = title_index_find(writer->index, rendition);
    gsize length = 0, size;
    g_autofree char *stands = NULL;
    if (!known || known->last_init < 0)
        return false;
    g_autofree char *path = title_path_init(writer->dir, rendition, known->last_init);
    const void *bytes = g_bytes_get_data(init, &size);
    return g_file_get_contents(path, &stands, &length, NULL) && length == size &&
           !memcmp(stands, bytes, size);
}

bool title_writer_gap(title_writer *writer, const char *rendition, int64_t msn, int64_t start,
                      int64_t duration, GError **error)
{
    journal_line line = line_of(JOURNAL_GAP, rendition, msn);
    line.start = start;
    line.duration = duration;
    return say(writer, &line, error);
}

bool title_writer_discontinuity(title_writer *writer, int64_t msn, GError **error)
{
    journal_line line = line_of(JOURNAL_DISCONTINUITY, NULL, msn);
    return say(writer, &line, error);
}

static bool close_open_segments(title_writer *writer, GError **error)
{
    for (guint i = 0; i < title_index_count(writer->index); i++) {
        const title_rendition *rendition = title_index_rendition(writer->index, i);
        const title_segment *last = last_of(rendition);
        if (last && !last->closed &&
            !title_writer_segment(writer, rendition->is.name, last->msn, error))
            return false;
    }
    return true;
}

/* The file's bytes are on their way out, and out: without a flush of the disk of its own. */
static bool push_file(const char *path, GError **error)
{
    const guint out =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool done = fd >= 0 && !sync_file_range(fd, 0, 0, out);
    if (!done)
        storage_failed(error, "sync", path);
    if (fd >= 0)
        close(fd);
    return done;
}

static bool push_rendition(const title_writer *writer, const title_rendition *rendition,
                           GError **error)
{
    for (int32_t n = 0; n <= rendition->last_init; n++) {
        g_autofree char *path = title_path_init(writer->dir, rendition->is.name, n);
        if (!push_file(path, error))
            return false;
    }
    for (guint i = 0; i < rendition->segments->len; i++) {
        const title_segment *segment = rendition->segments->pdata[i];
        g_autofree char *path = title_path_segment(writer->dir, rendition->is.name, segment->msn);
        if (!segment->gap && !push_file(path, error))
            return false;
    }
    return true;
}

/*
 * What the END promises must outlive the power. Three hours are twenty thousand files: each is pushed out, then
 * one flush of the journal takes what the file system knows of them and the disk's cache along.
 */
static bool sync_media(const title_writer *writer, GError **error)
{
    for (guint i = 0; i < title_index_count(writer->index); i++)
        if (!push_rendition(writer, title_index_rendition(writer->index, i), error))
            return false;
    return !fsync(writer->journal) || storage_failed(error, "sync the journal of", writer->dir);
}

bool title_writer_end(title_writer *writer, GError **error)
{
    journal_line line = {.kind = JOURNAL_END};
    if (!close_open_segments(writer, error))
        return false;
    line.duration = title_index_duration(writer->index);
    if (!sync_media(writer, error) || !say(writer, &line, error))
        return false;
    return !fsync(writer->journal) || storage_failed(error, "sync the journal of", writer->dir);
}
