#include "crew/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKER_FD 3

static bool refuse(GError **error, const char *step, int code)
{
    error_set(error, ERROR_PEER, "worker_start", NULL, "the worker cannot be started (%s): %s",
              step, g_strerror(code));
    return false;
}

/*
 * GStreamer's list of plugins, of our own: another program may look for plugins in other places. A
 * worker must not build its own at each start.
 */
static char *registry_path(void)
{
    struct utsname machine;
    if (uname(&machine) != 0)
        return NULL;
    return g_strdup_printf("GST_REGISTRY=%s/jiangtang/registry.%s.bin", g_get_user_cache_dir(),
                           machine.machine);
}

/*
 * What a worker is given of the server's environment: the last two speak to sanitizers. Not
 * LSAN_OPTIONS: a file named there is read at the end, when the sandbox has no files any more.
 */
static bool is_kept(const char *entry)
{
    static const char *const names[] = {
        "PATH=", "LANG=", "LC_ALL=", "GST_", "ASAN_OPTIONS=", "UBSAN_OPTIONS="};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_has_prefix(entry, names[i]))
            return true;
    return false;
}

static char **worker_environment(spawn_kind kind, const char *home)
{
    GPtrArray *kept = g_ptr_array_new();
    g_auto(GStrv) ours = g_get_environ();
    bool registry = false;
    for (char **entry = ours; *entry; entry++) {
        registry = registry || g_str_has_prefix(*entry, "GST_REGISTRY=");
        if (is_kept(*entry))
            g_ptr_array_add(kept, g_strdup(*entry));
    }
    char *path = registry ? NULL : registry_path();
    if (path)
        g_ptr_array_add(kept, path);
    if (kind == SPAWN_WORKER)
        g_ptr_array_add(kept, g_strdup("GST_REGISTRY_UPDATE=no")); /* only if there is a list */
    g_ptr_array_add(kept, g_strdup_printf("HOME=%s", home));
    g_ptr_array_add(kept, NULL);
    return (char **)g_ptr_array_free(kept, FALSE);
}

static int start(char **words, int theirs, char **environment, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t manner;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, theirs, WORKER_FD);
    posix_spawn_file_actions_addclosefrom_np(&files, WORKER_FD + 1);
    posix_spawnattr_init(&manner);
    posix_spawnattr_setflags(&manner, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                          POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&manner, &none);
    posix_spawnattr_setsigdefault(&manner, &all);
    int code = posix_spawn(pid, words[0], &files, &manner, words, environment);
    posix_spawnattr_destroy(&manner);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

static bool start_with(const char *worker_path, spawn_kind kind, const char *home, int theirs,
                       spawned *made, GError **error)
{
    g_auto(GStrv) environment = worker_environment(kind, home);
    char *words[] = {(char *)worker_path, kind == SPAWN_REGISTRAR ? "--registry" : NULL, NULL};
    int code = start(words, theirs, environment, &made->pid);
    if (code != 0)
        return refuse(error, worker_path, code);
    made->pidfd = pidfd_open(made->pid, 0); /* always CLOEXEC */
    if (made->pidfd >= 0)
        return true;
    code = errno;
    kill(made->pid, SIGKILL);
    waitpid(made->pid, NULL, 0);
    return refuse(error, "pidfd_open", code);
}

bool spawn_worker(const char *worker_path, spawn_kind kind, const char *home, spawned *made,
                  GError **error)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return refuse(error, "socketpair", errno);
    fcntl(pair[0], F_SETFL,
          fcntl(pair[0], F_GETFL) | O_NONBLOCK); /* ours only: the worker may block */
    bool fine = start_with(worker_path, kind, home, pair[1], made, error);
    close(pair[1]);
    made->socket = pair[0];
    if (!fine)
        close(pair[0]);
    return fine;
}
