#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#define LOOK                                                                                       \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE)
#define CHANGE                                                                                     \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define WORK                                                                                       \
    (LOOK | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                       \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG)
#define OF_FILES                                                                                   \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE)

#define SOCKET_TYPE 0xf /* of socket()'s second word: the rest are flags */

/* Where libraries, plugins, fonts, time zones and processor facts are. Not all of /etc: the house's secrets are there. */
static const char *const readable[] = {"/usr",
                                       "/lib",
                                       "/lib64",
                                       "/bin",
                                       "/opt",
                                       "/dev",
                                       "/proc",
                                       "/sys",
                                       "/var/cache/fontconfig",
                                       "/etc/ld.so.cache",
                                       "/etc/alternatives",
                                       "/etc/localtime",
                                       "/etc/fonts",
                                       "/etc/passwd",
                                       "/etc/ssl/openssl.cnf",
                                       "/etc/gcrypt"};

static void limit(int what, rlim_t most)
{
    struct rlimit is = {most, most};
    if (setrlimit(what, &is))
        log_info("worker", "a limit cannot be set: %s", g_strerror(errno));
}

static void set_limits(void)
{
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, SANDBOX_FILES);
#if !SANDBOX_SANITIZED
    limit(RLIMIT_DATA, SANDBOX_MEMORY_BYTES);
#endif
}

static bool allow(int rules, const char *path, uint64_t access)
{
    struct stat is;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT;
    if (!fstat(fd, &is) && !S_ISDIR(is.st_mode))
        access &= OF_FILES;
    struct landlock_path_beneath_attr beneath = {.allowed_access = access, .parent_fd = fd};
    bool ok = !syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(fd);
    return ok;
}

/* Plugins that live elsewhere are named in the environment, by whoever started the server. */
static bool allow_plugins(int rules)
{
    const char *path = g_getenv("GST_PLUGIN_PATH");
    g_auto(GStrv) folders = g_strsplit(path ? path : "", ":", -1);
    bool ok = true;
    for (int i = 0; folders[i]; i++)
        ok = (!folders[i][0] || allow(rules, folders[i], LOOK)) && ok;
    return ok;
}

static bool confine_files(const char *title_dir, const char *file)
{
    struct landlock_ruleset_attr handled = {.handled_access_fs = LOOK | CHANGE};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0)
        return false;
    bool ok = (!title_dir || allow(rules, title_dir, WORK)) &&
              (!file || allow(rules, file, LOOK)) && allow_plugins(rules);
    for (gsize i = 0; i < G_N_ELEMENTS(readable); i++)
        ok = ok && allow(rules, readable[i], LOOK);
    ok = ok && allow(rules, "/dev/null", LOOK | LANDLOCK_ACCESS_FS_WRITE_FILE);
    ok = ok && !syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
    return ok;
}

#if SANDBOX_SANITIZED
/* The sanitizers trace their own process and start a program to name its functions. */
static bool confine_calls(bool receives)
{
    (void)receives;
    return true;
}
#else
/*
 * A receiver's sockets: UDP over IPv4, and the kernel's list of interfaces, which libnice looks at
 * for every stranger.
 */
static bool allow_udp(scmp_filter_ctx filter)
{
    const uint32_t no = SCMP_ACT_ERRNO(EPERM);
    const int call = SCMP_SYS(socket);
    bool ok = !seccomp_rule_add(filter, no, call, 1, SCMP_A0(SCMP_CMP_GE, AF_MAX));
    for (unsigned family = 0; ok && family < AF_MAX; family++)
        if (family != AF_INET && family != AF_NETLINK)
            ok = !seccomp_rule_add(filter, no, call, 1, SCMP_A0(SCMP_CMP_EQ, family));
    return ok &&
           !seccomp_rule_add(filter, no, call, 2, SCMP_A0(SCMP_CMP_EQ, AF_INET),
                             SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE, SOCK_STREAM)) &&
           !seccomp_rule_add(filter, no, call, 2, SCMP_A0(SCMP_CMP_EQ, AF_INET),
                             SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE, SOCK_RAW)) &&
           !seccomp_rule_add(filter, no, call, 2, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
                             SCMP_A2(SCMP_CMP_NE, NETLINK_ROUTE));
}

static bool confine_sockets(scmp_filter_ctx filter, bool receives)
{
    const uint32_t no = SCMP_ACT_ERRNO(EPERM);
    if (receives)
        return allow_udp(filter);
    return !seccomp_rule_add(filter, no, SCMP_SYS(socket), 0) &&
           !seccomp_rule_add(filter, no, SCMP_SYS(bind), 0);
}

/* Calls a transcode never makes; they answer EPERM instead of ending the work. */
static bool confine_calls(bool receives)
{
    /* clang-format off */
    static const int refused[] = {
        SCMP_SYS(connect), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
        SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(mount),
        SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns),
        SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(init_module), SCMP_SYS(finit_module),
        SCMP_SYS(kexec_load), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
        SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(reboot), SCMP_SYS(swapon),
        SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(setuid), SCMP_SYS(setgid),
        SCMP_SYS(setresuid), SCMP_SYS(kill), SCMP_SYS(tkill),
    };
    /* clang-format on */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = filter && !seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    for (gsize i = 0; ok && i < G_N_ELEMENTS(refused); i++)
        ok = !seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
    ok = ok && confine_sockets(filter, receives) && !seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    return ok;
}
#endif

void sandbox_close_from(int last)
{
    close_range((unsigned)last + 1, ~0U, 0);
}

static void enter(const char *title_dir, const char *file, bool receives)
{
    set_limits();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        log_warn("worker", "new privileges cannot be given up: %s", g_strerror(errno));
    if (!confine_files(title_dir, file))
        log_warn("worker", "this kernel does not confine files: %s", g_strerror(errno));
    if (!confine_calls(receives))
        log_warn("worker", "this kernel does not confine system calls");
}

void sandbox_enter(const char *title_dir, const char *file)
{
    enter(title_dir, file, false);
}

/* Of a server that runs as root: it could change the routes it may look at. */
static void drop_capabilities(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}};
    if (syscall(SYS_capset, &head, none))
        log_warn("worker", "capabilities cannot be given up: %s", g_strerror(errno));
}

void sandbox_enter_receiver(void)
{
    drop_capabilities();
    enter(NULL, NULL, true);
}
