/*
 * A disk whose power can be cut, for one process and its children: LD_PRELOAD, with POWER_DATA (a folder) and
 * POWER_SHADOW (another one). What the process has synced under POWER_DATA, and no more, is under POWER_SHADOW/disk:
 *   - fsync and fdatasync of a file: all its bytes as they are now, under its name;
 *   - fsync of a folder: which names it has. A name whose file was never synced has an empty file.
 * Bytes that were written and not synced are lost there, as they may be when the power goes. Hold an flock on
 * POWER_SHADOW/lock while the process is killed, and no copy is half made.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int sync_call(int fd);

/* What fails here would make the disk forget: the walk must see it. */
static void insist(int fine, const char *what)
{
    if (!fine) {
        perror(what);
        abort();
    }
}

/* Of a name under POWER_DATA, or "" for the folder itself; NULL: elsewhere. */
static const char *inside(const char *path)
{
    const char *data = getenv("POWER_DATA");
    size_t length = data ? strlen(data) : 0;
    return length && strncmp(path, data, length) == 0 && (!path[length] || path[length] == '/')
               ? path + length
               : NULL;
}

static void make_folders(char *path)
{
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        insist(mkdir(path, 0700) == 0 || errno == EEXIST, path);
        *at = '/';
    }
}

static void shadow_of(char *path, const char *kind, const char *name)
{
    insist(snprintf(path, PATH_MAX, "%s/%s%s", getenv("POWER_SHADOW"), kind, name) < PATH_MAX,
           "path");
    make_folders(path);
}

/* The bytes are kept once, by inode: renaming takes the name alone. A number is given again, but not with its birth. */
static void inode_of(char *path, int folder, const char *entry)
{
    char name[64];
    struct statx is;
    insist(statx(folder, entry, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME,
                 &is) == 0,
           entry);
    insist((is.stx_mask & STATX_BTIME) != 0, "birth times");
    snprintf(name, sizeof name, "/%llu.%lld.%u", (unsigned long long)is.stx_ino,
             (long long)is.stx_btime.tv_sec, is.stx_btime.tv_nsec);
    shadow_of(path, "inodes", name);
}

static void copy(int from, const char *to)
{
    static char bytes[1 << 20]; /* under the lock */
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    insist(out >= 0, to);
    ssize_t got;
    for (off_t at = 0; (got = pread(from, bytes, sizeof bytes, at)) > 0; at += got)
        insist(write(out, bytes, (size_t)got) == got, to);
    insist(got == 0, to);
    close(out);
}

static void name_it(const char *bytes, const char *name)
{
    char there[PATH_MAX];
    shadow_of(there, "disk", name);
    int fd = open(bytes, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    insist(fd >= 0, bytes);
    close(fd);
    insist(unlink(there) == 0 || errno == ENOENT, there);
    insist(link(bytes, there) == 0, there);
}

static void take_file(int fd, const char *again, const char *name)
{
    char bytes[PATH_MAX];
    inode_of(bytes, fd, "");
    int from = open(again, O_RDONLY | O_CLOEXEC); /* the synced one may be open for writing alone */
    insist(from >= 0, again);
    copy(from, bytes);
    close(from);
    name_it(bytes, name);
}

static void forget_removed(int folder, const char *name)
{
    char there[PATH_MAX];
    shadow_of(there, "disk", name);
    DIR *kept = opendir(there);
    for (struct dirent *entry; kept && (entry = readdir(kept));)
        if (entry->d_type == DT_REG &&
            faccessat(folder, entry->d_name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            insist(unlinkat(dirfd(kept), entry->d_name, 0) == 0, entry->d_name);
    if (kept)
        closedir(kept);
}

static void take_folder(int folder, const char *name)
{
    forget_removed(folder, name);
    DIR *now = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    insist(now != NULL, name);
    for (struct dirent *entry; (entry = readdir(now));) {
        char whole[PATH_MAX], bytes[PATH_MAX];
        insist(snprintf(whole, sizeof whole, "%s/%s", name, entry->d_name) < PATH_MAX, "path");
        if (entry->d_type != DT_REG)
            continue;
        inode_of(bytes, folder, entry->d_name);
        name_it(bytes, whole);
    }
    closedir(now);
}

static void take(int fd)
{
    char link_name[64], path[PATH_MAX];
    struct stat is;
    snprintf(link_name, sizeof link_name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link_name, path, sizeof path - 1);
    if (length < 0 || fstat(fd, &is) != 0 || (S_ISREG(is.st_mode) && is.st_nlink == 0))
        return;
    path[length] = '\0';
    const char *name = inside(path);
    if (name && S_ISDIR(is.st_mode))
        take_folder(fd, name);
    else if (name && S_ISREG(is.st_mode))
        take_file(fd, link_name, name);
}

static int sync_and_take(int fd, const char *call)
{
    sync_call *real = (sync_call *)dlsym(RTLD_NEXT, call);
    int status = real(fd), failed = errno;
    if (status == 0 && getenv("POWER_SHADOW")) {
        char lock_name[PATH_MAX];
        shadow_of(lock_name, "lock", "");
        int lock = open(lock_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        insist(lock >= 0 && flock(lock, LOCK_EX) == 0, lock_name);
        take(fd);
        close(lock);
    }
    errno = failed;
    return status;
}

int fsync(int fd)
{
    return sync_and_take(fd, "fsync");
}

int fdatasync(int fd)
{
    return sync_and_take(fd, "fdatasync");
}
