/*
 * For those who keep the server running: is it alive, is it ready, and numbers.
 */
#include "api/api.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/metric.h"

static bool say_text(api_call *call, char *text, const char *type)
{
    call->raw = g_bytes_new_take(text, strlen(text));
    call->raw_type = type;
    return true;
}

/* The loop turns: that is all. */
static bool health(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    return say_text(call, g_strdup("ok\n"), "text/plain; charset=utf-8");
}

/* In the clerk's job, so that the answer comes only after a commit. */
static bool ready(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    return say_text(call, g_strdup("ready\n"), "text/plain; charset=utf-8");
}

/* ---- numbers ---- */

static double resident_bytes(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (statm && fscanf(statm, "%*s %ld", &pages) != 1)
        pages = 0;
    if (statm)
        fclose(statm);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double open_fds(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    double count = 0;
    while (dir && g_dir_read_name(dir))
        count++;
    return count;
}

static void process_metrics(GString *out)
{
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    metric_gauge(out, "process_resident_memory_bytes", "Resident memory", resident_bytes());
    metric_gauge(out, "process_open_fds", "Open file descriptors", open_fds());
    metric_counter(out, "process_cpu_seconds_total", "User and system CPU time",
                   (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
}

static bool metrics(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const api_parts *parts = call->parts;
    GString *out = g_string_new(NULL);
    process_metrics(out);
    net_metrics(parts->net, out);
    clerk_metrics(parts->clerk, out);
    room_metrics(parts->hall, out);
    live_metrics(parts->live, out);
    if (parts->more_metrics)
        parts->more_metrics(parts->more_metrics_user, out);
    return say_text(call, g_string_free(out, FALSE), "text/plain; version=0.0.4; charset=utf-8");
}

void api_operate(api *a)
{
    static const api_route routes[] = {
        {"GET", "/healthz", .before = health},
        {"GET", "/readyz", .work = ready},
        {"GET", "/metrics", .before = metrics},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
