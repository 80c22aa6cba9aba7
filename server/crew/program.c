#include "crew/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
    crew_loop loop;
    pid_t pid;
    int pidfd, into; /* readable when it has died; its stdin, -1 once it has everything */
    GBytes *input;
    gsize written;
    int64_t limit_ms;
    bool late; /* it was killed for that */
    gpointer death, room, limit;
    program_done done;
    gpointer user;
};

static bool refuse(GError **error, const char *step, int code)
{
    error_set(error, ERROR_PEER, "program_start", NULL, "it cannot be started (%s): %s", step,
              g_strerror(code));
    return false;
}

static int start(const char *path, int theirs, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t manner;
    sigset_t none, all;
    char *words[] = {(char *)path, NULL};
    g_auto(GStrv) environment = g_get_environ();
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, theirs, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&manner);
    posix_spawnattr_setflags(&manner, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                          POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&manner, &none);
    posix_spawnattr_setsigdefault(&manner, &all);
    int code = posix_spawn(pid, path, &files, &manner, words, environment);
    posix_spawnattr_destroy(&manner);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

static void end_input(program *p)
{
    p->loop.watch_free(g_steal_pointer(&p->room));
    close(p->into);
    p->into = -1;
}

/* As much as the pipe takes. Who closed its stdin wants no more. */
static void write_on(guint events, gpointer data)
{
    (void)events;
    program *p = data;
    gsize length;
    const char *bytes = g_bytes_get_data(p->input, &length);
    while (p->written < length) {
        ssize_t n = write(p->into, bytes + p->written, length - p->written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            break;
        p->written += (gsize)n;
    }
    end_input(p);
}

static void program_clear(program *p)
{
    if (p->room)
        end_input(p);
    if (p->death)
        p->loop.watch_free(p->death);
    if (p->limit)
        p->loop.timer_free(p->limit);
    close(p->pidfd);
    g_bytes_unref(p->input);
    g_free(p);
}

static char *cause_of(const program *p, int status)
{
    if (p->late)
        return g_strdup_printf("did not end in %d s", (int)(p->limit_ms / 1000));
    return WIFEXITED(status) ? g_strdup_printf("exit %d", WEXITSTATUS(status))
                             : g_strdup_printf("signal %d", WTERMSIG(status));
}

static void on_death(guint events, gpointer data)
{
    (void)events;
    program *p = data;
    int status = 0;
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR) {
    }
    bool good = !p->late && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    g_autofree char *why = good ? g_strdup("") : cause_of(p, status);
    p->done(good, why, p->user);
    program_clear(p);
}

/* Its death follows, by its own door. */
static void on_limit(gpointer data)
{
    program *p = data;
    p->late = true;
    kill(-p->pid, SIGKILL);
}

static void watch(program *p)
{
    const crew_loop *l = &p->loop;
    p->death = l->watch_new(l->loop, p->pidfd, CREW_READ, on_death, p);
    p->room = l->watch_new(l->loop, p->into, CREW_WRITE, write_on, p);
    p->limit = l->timer_new(l->loop, p->limit_ms, 0, on_limit, p);
}

static bool follow(program *p, GError **error)
{
    p->pidfd = pidfd_open(p->pid, 0); /* always CLOEXEC */
    if (p->pidfd >= 0)
        return true;
    int code = errno;
    kill(-p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
    return refuse(error, "pidfd_open", code);
}

program *program_run(const crew_loop *loop, const char *path, GBytes *input, int64_t limit_ms,
                     program_done done, gpointer user, GError **error)
{
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) != 0) {
        refuse(error, "pipe", errno);
        return NULL;
    }
    program *p = g_new0(program, 1);
    *p =
        (program){.loop = *loop, .into = pair[1], .limit_ms = limit_ms, .done = done, .user = user};
    fcntl(p->into, F_SETFL, fcntl(p->into, F_GETFL) | O_NONBLOCK); /* ours only: it may block */
    int code = start(path, pair[0], &p->pid);
    close(pair[0]);
    if (code != 0 ? !refuse(error, path, code) : !follow(p, error)) {
        close(p->into);
        g_free(p);
        return NULL;
    }
    p->input = g_bytes_ref(input);
    watch(p);
    return p;
}

void program_free(program *p)
{
    if (!p)
        return;
    if (p->into >= 0) {
        kill(-p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    program_clear(p);
}
