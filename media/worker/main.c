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
 * Asked by AddressSanitizer, when built with it: GLib, full of GStreamer's names, drops a table on
 * purpose.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int main(int argc, char **argv)
{
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
