#include "upload/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define SPOOL_PART ".part"
#define READ_BYTES (64 * 1024) /* at once, for a digest or a copy, on the pool's stack */

struct spool {
    char *folder;
    int fd; /* of the folder */
};

/* Translates errno; false. */
static bool failed(const char *step, GError **error)
{
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    error_set(error, ERROR_STORAGE, full ? "disk_full" : "spool", NULL, "%s: %s", step,
              g_strerror(errno));
    return false;
}

spool *spool_open(const char *data_dir, GError **error)
{
    spool *is = g_new0(spool, 1);
    is->folder = g_build_filename(data_dir, "spool", NULL);
    is->fd = -1;
    if (g_mkdir_with_parents(is->folder, 0700) == 0)
        is->fd = open(is->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (is->fd >= 0)
        return is;
    failed("the spool's folder", error);
    spool_free(is);
    return NULL;
}

void spool_free(spool *is)
{
    if (!is)
        return;
    if (is->fd >= 0)
        close(is->fd);
    g_free(is->folder);
    g_free(is);
}

char *spool_path(const spool *is, const char *id)
{
    return g_build_filename(is->folder, id, NULL);
}

static char *part_name(const char *id)
{
    return g_strconcat(id, SPOOL_PART, NULL);
}

bool spool_room(const spool *is, int64_t *bytes, GError **error)
{
    struct statvfs disk;
    if (fstatvfs(is->fd, &disk) != 0)
        return failed("asking for the disk's room", error);
    *bytes = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    return true;
}

/* ---- an unfinished file ---- */

static bool cut_to(const spool *is, const spool_file *file, int64_t offset, GError **error)
{
    struct stat now;
    if (fstat(file->fd, &now) != 0)
        return failed("looking at an upload's file", error);
    if (now.st_size < offset) {
        error_set(error, ERROR_STORAGE, "spool", NULL,
                  "an upload's file has %" G_GINT64_FORMAT " bytes where %" G_GINT64_FORMAT
                  " were acknowledged",
                  (int64_t)now.st_size, offset);
        return false;
    }
    if (now.st_size > offset && !spool_cut(file, offset, error))
        return false;
    return offset > 0 || fsync(is->fd) == 0 || failed("syncing the spool's folder", error);
}

bool spool_take(const spool *is, const char *id, int64_t offset, spool_file *file, GError **error)
{
    g_autofree char *name = part_name(id);
    *file = SPOOL_CLOSED;
    file->fd = openat(is->fd, name, O_RDWR | O_CLOEXEC | (offset == 0 ? O_CREAT : 0), 0600);
    if (file->fd < 0)
        return failed("opening an upload's file", error);
    if (!cut_to(is, file, offset, error)) {
        spool_close(file);
        return false;
    }
    file->direct = openat(is->fd, name, O_WRONLY | O_CLOEXEC | O_DIRECT);
    return true;
}

void spool_close(spool_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    if (file->direct >= 0)
        close(file->direct);
    *file = SPOOL_CLOSED;
}

static bool is_aligned(const void *bytes, int64_t at)
{
    return (guintptr)bytes % SPOOL_ALIGN == 0 && at % SPOOL_ALIGN == 0;
}

/* What can go past the page cache, does. A file system that opens such a way and then has none is remembered. */
static ssize_t write_some(spool_file *file, const void *bytes, gsize length, int64_t at)
{
    gsize whole = length / SPOOL_ALIGN * SPOOL_ALIGN;
    if (file->direct >= 0 && whole > 0 && is_aligned(bytes, at)) {
        ssize_t wrote = pwrite(file->direct, bytes, whole, at);
        if (wrote >= 0 || errno != EINVAL)
            return wrote;
        close(file->direct);
        file->direct = -1;
    }
    return pwrite(file->fd, bytes, length, at);
}

bool spool_write(spool_file *file, const void *bytes, gsize length, int64_t at, GError **error)
{
    while (length > 0) {
        ssize_t wrote = write_some(file, bytes, length, at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return failed("writing an upload", error);
        bytes = (const guint8 *)bytes + wrote;
        length -= (gsize)wrote;
        at += wrote;
    }
    return true;
}

bool spool_sync(const spool_file *file, GError **error)
{
    return fdatasync(file->fd) == 0 || failed("syncing an upload", error);
}

bool spool_cut(const spool_file *file, int64_t length, GError **error)
{
    return ftruncate(file->fd, length) == 0 || failed("cutting an upload's file", error);
}

/* ---- reading it again ---- */

static int open_again(const spool *is, const char *id, GError **error)
{
    g_autofree char *name = part_name(id);
    int fd = openat(is->fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        fd = openat(is->fd, id, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        failed("opening an upload's file again", error);
    return fd;
}

/* Reads as much as there is room for, or to the end. */
static bool read_at(int fd, guint8 *into, gsize length, int64_t at, GError **error)
{
    while (length > 0) {
        ssize_t got = pread(fd, into, length, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = ENODATA;
        if (got <= 0)
            return failed("reading an upload again", error);
        into += got;
        length -= (gsize)got;
        at += got;
    }
    return true;
}

bool spool_digest(const spool *is, const char *id, digest *sum, int64_t from, int64_t to,
                  GError **error)
{
    int fd = open_again(is, id, error);
    guint8 bytes[READ_BYTES];
    bool good = fd >= 0;
    while (good && from < to) {
        gsize length = (gsize)MIN(to - from, READ_BYTES);
        good = read_at(fd, bytes, length, from, error);
        if (good)
            digest_add(sum, bytes, length);
        from += (int64_t)length;
    }
    if (fd >= 0)
        close(fd);
    return good;
}

static bool copy_plain(int from_fd, int64_t from, gsize length, spool_file *file, int64_t at,
                       GError **error)
{
    guint8 bytes[READ_BYTES];
    while (length > 0) {
        gsize piece = MIN(length, READ_BYTES);
        if (!read_at(from_fd, bytes, piece, from, error) ||
            !spool_write(file, bytes, piece, at, error))
            return false;
        length -= piece;
        from += (int64_t)piece;
        at += (int64_t)piece;
    }
    return true;
}

bool spool_copy(const spool *is, const char *id, int64_t from, int64_t length, spool_file *file,
                int64_t at, GError **error)
{
    int from_fd = open_again(is, id, error);
    if (from_fd < 0)
        return false;
    while (length > 0) {
        off_t reads = from, writes = at;
        ssize_t copied = copy_file_range(from_fd, &reads, file->fd, &writes, (gsize)length, 0);
        if (copied <= 0)
            break;
        from += copied;
        at += copied;
        length -= copied;
    }
    bool good =
        copy_plain(from_fd, from, (gsize)length, file, at, error); /* what the kernel did not */
    close(from_fd);
    return good;
}

/* ---- its name ---- */

bool spool_whole(const spool *is, const char *id, GError **error)
{
    g_autofree char *name = part_name(id);
    if (renameat(is->fd, name, is->fd, id) != 0 &&
        (errno != ENOENT || faccessat(is->fd, id, F_OK, 0) != 0))
        return failed("naming a whole upload", error);
    return fsync(is->fd) == 0 || failed("syncing the spool's folder", error);
}

void spool_drop(const spool *is, const char *id)
{
    g_autofree char *name = part_name(id);
    unlinkat(is->fd, name, 0);
    unlinkat(is->fd, id, 0);
}

guint spool_tidy(const spool *is, GHashTable *known_ids)
{
    g_autoptr(GDir) dir = g_dir_open(is->folder, 0, NULL);
    guint removed = 0;
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        if (!g_str_has_suffix(name, SPOOL_PART))
            continue;
        g_autofree char *id = g_strndup(name, strlen(name) - strlen(SPOOL_PART));
        if (!g_hash_table_contains(known_ids, id))
            removed += unlinkat(is->fd, name, 0) == 0;
    }
    return removed;
}
