#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "people/people.h"
#include "people/token.h"

#define SECRET_BYTES 32

static bool fail(GError **error, const char *path, const char *why)
{
    error_set(error, ERROR_STORAGE, "secret", NULL, "The key %s %s", path, why);
    return false;
}

static bool fail_errno(GError **error, const char *path, const char *step)
{
    g_autofree char *why = g_strdup_printf("%s: %s", step, g_strerror(errno));
    return fail(error, path, why);
}

/* *bytes is NULL, without an error, when there is no such file. */
static bool read_secret(const char *path, GBytes **bytes, GError **error)
{
    uint8_t read_bytes[SECRET_BYTES + 1];
    struct stat is;
    *bytes = NULL;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || fail_errno(error, path, "cannot be opened");
    bool safe = fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && (is.st_mode & 077) == 0;
    ssize_t got = read(fd, read_bytes, sizeof read_bytes);
    close(fd);
    if (!safe)
        return fail(error, path,
                    "can be read by others: give it mode 0600, and think about replacing it");
    if (got != SECRET_BYTES)
        return fail(error, path, "is damaged: it should be 32 bytes");
    *bytes = g_bytes_new(read_bytes, SECRET_BYTES);
    return true;
}

static bool sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

/* Writes a new secret to `temporary`, on disk when true. */
static bool write_temporary(const char *temporary)
{
    uint8_t bytes[SECRET_BYTES];
    token_random(bytes, sizeof bytes);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = write(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes && fsync(fd) == 0;
    close(fd);
    return good;
}

/*
 * link() never replaces: of two processes making the same key, the later one takes the earlier
 * one's.
 */
static bool make_secret(const char *folder, const char *path, GError **error)
{
    g_autofree char *suffix = token_new();
    g_autofree char *temporary = g_strdup_printf("%s.%s", path, suffix);
    bool good = write_temporary(temporary) && (link(temporary, path) == 0 || errno == EEXIST) &&
                sync_folder(folder);
    if (!good)
        fail_errno(error, path, "cannot be made");
    unlink(temporary);
    return good;
}

GBytes *people_secret(const char *data_dir, const char *name, GError **error)
{
    g_assert(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name) && *name);
    g_autofree char *folder = g_build_filename(data_dir, "keys", NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    GBytes *bytes = NULL;
    if (g_mkdir_with_parents(folder, 0700) != 0 || !sync_folder(data_dir)) {
        fail_errno(error, folder, "folder cannot be made");
        return NULL;
    }
    if (!read_secret(path, &bytes, error) || bytes)
        return bytes;
    if (make_secret(folder, path, error))
        read_secret(path, &bytes, error);
    return bytes;
}
