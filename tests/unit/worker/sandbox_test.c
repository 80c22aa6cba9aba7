/* What a worker can no longer do. Each try is made by a child that has entered the sandbox. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/sandbox.h"

typedef bool (*try)(const char *title_dir);

static bool inside_of(try what, bool receiver)
{
    g_autofree char *dir = g_dir_make_tmp("jiangtang-sandbox-XXXXXX", NULL);
    pid_t child = fork();
    if (!child) {
        if (receiver)
            sandbox_enter_receiver();
        else
            sandbox_enter(dir, NULL);
        _exit(what(dir) ? 0 : 1);
    }
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_autofree char *file = g_build_filename(dir, "part", NULL);
    g_unlink(file);
    g_rmdir(dir);
    return WEXITSTATUS(status) == 0;
}

/* Does `what` succeed inside? */
static bool inside(try what)
{
    return inside_of(what, false);
}

static bool inside_receiver(try what)
{
    return inside_of(what, true);
}

static bool confines_files(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

static bool write_in_title(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "part", NULL);
    return open(path, O_WRONLY | O_CREAT, 0644) >= 0;
}

static bool write_beside_title(const char *dir)
{
    g_autofree char *path = g_strconcat(dir, "-beside", NULL);
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    if (fd >= 0)
        g_unlink(path);
    return fd >= 0;
}

static bool read_home(const char *dir)
{
    (void)dir;
    return open(g_get_home_dir(), O_RDONLY | O_DIRECTORY) >= 0;
}

/* Settings and keys of the house are in there. */
static bool read_etc(const char *dir)
{
    (void)dir;
    return open("/etc", O_RDONLY | O_DIRECTORY) >= 0 || open("/etc/hosts", O_RDONLY) >= 0;
}

static bool read_libraries(const char *dir)
{
    (void)dir;
    return open("/usr/lib", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool open_socket(const char *dir)
{
    (void)dir;
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool use_udp(const char *dir)
{
    (void)dir;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof at);
}

static bool use_udp6(const char *dir)
{
    (void)dir;
    return socket(AF_INET6, SOCK_DGRAM, 0) >= 0;
}

static bool use_local_socket(const char *dir)
{
    (void)dir;
    return socket(AF_UNIX, SOCK_DGRAM, 0) >= 0;
}

static bool use_audit(const char *dir)
{
    (void)dir;
    return socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT) >= 0;
}

static bool connect_udp(const char *dir)
{
    (void)dir;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(9)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return fd >= 0 && !connect(fd, (struct sockaddr *)&at, sizeof at);
}

static bool run_program(const char *dir)
{
    (void)dir;
    execl("/bin/true", "true", NULL);
    return false;
}

static void it_writes_in_its_title(void)
{
    g_assert_true(inside(write_in_title));
}

static void it_writes_and_reads_nowhere_else(void)
{
    if (!confines_files()) {
        g_test_skip("this kernel has no Landlock");
        return;
    }
    g_assert_false(inside(write_beside_title));
    g_assert_false(inside(read_home));
    g_assert_false(inside(read_etc));
    g_assert_true(inside(read_libraries));
}

static void it_reaches_no_network_and_starts_no_program(void)
{
    if (SANDBOX_SANITIZED) {
        g_test_skip("sanitizers start programs");
        return;
    }
    g_assert_false(inside(open_socket));
    g_assert_false(inside(run_program));
}

static void a_receiver_has_udp_and_no_other_network(void)
{
    if (SANDBOX_SANITIZED) {
        g_test_skip("calls are not refused under sanitizers");
        return;
    }
    g_assert_true(inside_receiver(use_udp));
    g_assert_false(inside(use_udp));
    g_assert_false(inside_receiver(open_socket));
    g_assert_false(inside_receiver(use_udp6));
    g_assert_false(inside_receiver(use_local_socket));
    g_assert_false(inside_receiver(use_audit));
    g_assert_false(inside_receiver(connect_udp));
    g_assert_false(inside_receiver(run_program));
}

static void a_receiver_writes_nowhere(void)
{
    if (!confines_files()) {
        g_test_skip("this kernel has no Landlock");
        return;
    }
    g_assert_false(inside_receiver(write_in_title));
    g_assert_true(inside_receiver(read_libraries));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sandbox/it_writes_in_its_title", it_writes_in_its_title);
    g_test_add_func("/sandbox/it_writes_and_reads_nowhere_else", it_writes_and_reads_nowhere_else);
    g_test_add_func("/sandbox/it_reaches_no_network_and_starts_no_program",
                    it_reaches_no_network_and_starts_no_program);
    g_test_add_func("/sandbox/a_receiver_has_udp_and_no_other_network",
                    a_receiver_has_udp_and_no_other_network);
    g_test_add_func("/sandbox/a_receiver_writes_nowhere", a_receiver_writes_nowhere);
    return g_test_run();
}
