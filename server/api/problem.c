#include "api/api.h"

#include <string.h>

#include "base/log.h"

#define RETRY_BUSY_S 1      /* a full mailbox is empty again by then */
#define RETRY_ATTEMPTS_S 60 /* too many sign-ins: a person should pause, not a script */

typedef struct {
    error_kind kind;
    int status;
} kind_status;

static const kind_status statuses[] = {
    {ERROR_INPUT, 400},    {ERROR_UNKNOWN_PERSON, 401}, {ERROR_DENIED, 403}, {ERROR_MISSING, 404},
    {ERROR_CONFLICT, 409}, {ERROR_TOO_LARGE, 413},      {ERROR_BUSY, 503},   {ERROR_PEER, 502},
    {ERROR_STORAGE, 507},  {ERROR_GONE, 410},
};

int api_status(const GError *error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
        if (error_is(error, statuses[i].kind))
            return statuses[i].status;
    }
    return 500;
}

/* What the client may read. Paths and statements of our own troubles stay in the log. */
static const char *public_detail(const GError *error, int status)
{
    if (strcmp(error_code(error), "disk_full") == 0 ||
        strcmp(error_code(error), "storage_full") == 0)
        return "The server's disk is full. What was acknowledged is kept: go on once staff have "
               "made room.";
    if (status == 507 && error_is(error, ERROR_STORAGE))
        return "The server could not write or read its records. Try again later.";
    if (status == 500)
        return "The server made a mistake. It has been logged.";
    return error->message;
}

GBytes *api_problem(const GError *error, int status)
{
    json_t *problem = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title",
                                net_status_phrase(status), "status", status, "code",
                                error_code(error), "detail", public_detail(error, status));
    if (!problem) /* the sentence quoted bytes that are not UTF-8 */
        problem = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title",
                            net_status_phrase(status), "status", status, "code", error_code(error));
    if (error_field(error))
        json_object_set_new(problem, "field", json_string(error_field(error)));
    char *dumped = json_dumps(problem, JSON_COMPACT);
    json_decref(problem);
    GBytes *bytes = g_bytes_new(dumped, strlen(dumped));
    free(dumped);
    return bytes;
}

static char *problem_headers(const GError *error, int status)
{
    if (status == 503) {
        bool attempts = g_str_equal(error_code(error), "too_many_attempts");
        return g_strdup_printf("Cache-Control: no-store\r\nRetry-After: %d\r\n",
                               attempts ? RETRY_ATTEMPTS_S : RETRY_BUSY_S);
    }
    if (status == 401)
        return g_strdup(
            "Cache-Control: no-store\r\nWWW-Authenticate: Bearer realm=\"jiangtang\"\r\n");
    return g_strdup("Cache-Control: no-store\r\n");
}

void api_refuse(request *req, const GError *error)
{
    api_refuse_as(req, error, api_status(error), "");
}

void api_refuse_as(request *req, const GError *error, int status, const char *more)
{
    if (status >= 500 && status != 503)
        log_error("api", "%s %s: %s", request_method(req), request_path(req), error->message);
    g_autoptr(GBytes) body = api_problem(error, status);
    g_autofree char *usual = problem_headers(error, status);
    g_autofree char *headers = g_strconcat(usual, more, NULL);
    request_reply(req, status, "application/problem+json", headers, body);
}
