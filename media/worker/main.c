/*
 * jiangtang-worker: one live class or one transcode, for the server at the other end of descriptor
 * 3.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "worker/sandbox.h"
#include "worker/worker.h"

#define LINE_FD 3

/*
 * For a build under AddressSanitizer. What libraries keep for the life of the process, as in
 * tests/lsan.supp; said here because the sandbox lets no file be read at the end.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig.so\nleak:libpango";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

/*
 * What libraries allocate before main, in their constructors, is
 * theirs to lose. GLib drops its first table of quarks on purpose when GStreamer's names outgrow it,
 * and nothing in that block's short stack tells it from one of ours.
 */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void libraries_begin(void)
{
    if (__lsan_disable)
        __lsan_disable();
}

static void libraries_stand(void)
{
    if (__lsan_enable)
        __lsan_enable();
}

/* Runs before every constructor. */
static void (*const first)(void) __attribute__((section(".preinit_array"), used)) = libraries_begin;

int main(int argc, char **argv)
{
    libraries_stand();
    if (argc == 2 && !strcmp(argv[1], "--registry"))
        return worker_registry();
    if (argc > 1) {
        bool help = !strcmp(argv[1], "--help");
        fprintf(help ? stdout : stderr,
                "jiangtang-worker %s: started by jiangtang with a socket as descriptor %d\n",
                JIANGTANG_VERSION, LINE_FD);
        return help ? 0 : 2;
    }
    if (fcntl(LINE_FD, F_GETFD) < 0) {
        fprintf(stderr,
                "jiangtang-worker: descriptor %d is not open; jiangtang starts this program\n",
                LINE_FD);
        return 2;
    }
    sandbox_close_from(LINE_FD);
    signal(SIGPIPE, SIG_IGN);
    return worker_run(LINE_FD);
}
