/*
 * Handouts: a PDF for whoever may watch the lessons it belongs to, its owner and staff.
 *
 * It is a stranger's file on our origin: it comes as a download under its own name, typed as what it is, and whatever
 * opens it in place gets no scripts and no origin.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "school/handout.h"
#include "storage/storage.h"
#include "transcode/asset.h"

#define HEADERS                                                                                    \
    "Content-Security-Policy: default-src 'none'; sandbox\r\nCross-Origin-Resource-Policy: "       \
    "same-origin\r\nCache-Control: private, no-cache\r\n"
#define FALLBACK "handout.pdf" /* for a reader of headers that knows no UTF-8 */

typedef struct {
    char name[ASSET_NAME_CHARS * 4 + 1];
    char *path;
    int fd;
    int64_t bytes;
} handout_call;

static void handout_call_free(gpointer data)
{
    handout_call *c = data;
    if (c->fd >= 0)
        close(c->fd);
    g_free(c->path);
    g_free(c);
}

static bool missing(GError **error)
{
    error_set(error, ERROR_MISSING, "handout_missing", NULL, "There is no such handout");
    return false;
}

/* Nothing tells a stranger whether there is one. */
static bool may_read(records *db, const person *who, const asset *of, GError **error)
{
    viewing_verdict verdict;
    if (who->id != 0 && asset_may(who, of->owner))
        return true;
    if (!handout_viewing(db, who, of->id, &verdict, error))
        return false;
    viewing_refuse(&verdict, error);
    return verdict.need == NEED_NOTHING;
}

static bool take(api_call *call, records *db, const asset *of, GError **error)
{
    handout_call *c = call->data;
    if (of->kind != ASSET_HANDOUT || of->state != ASSET_READY || !call->parts->storage)
        return missing(error);
    if (!may_read(db, &call->who, of, error))
        return false;
    g_strlcpy(c->name, of->name, sizeof c->name);
    c->path = storage_path(call->parts->storage, STORAGE_HANDOUT, of->id);
    return true;
}

static bool find(api_call *call, records *db, GError **error)
{
    asset of = {0};
    g_autoptr(GError) why = NULL;
    handout_call *c = g_new0(handout_call, 1);
    c->fd = -1;
    call->data = c;
    call->free_data = handout_call_free;
    if (!asset_read(db, request_param(call->request, "id"), &of, &why)) {
        if (error_is(why, ERROR_MISSING))
            return missing(error);
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    bool good = take(call, db, &of, error);
    asset_clear(&of);
    return good;
}

/* On the pool: a cold disk is not the loop's affair. */
static bool open_file(api_call *call, records *db, GError **error)
{
    (void)db;
    struct stat is;
    handout_call *c = call->data;
    c->fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (c->fd < 0 || fstat(c->fd, &is) || !S_ISREG(is.st_mode))
        return missing(error);
    c->bytes = is.st_size;
    return true;
}

/* RFC 6266 with the name as RFC 8187 writes it. */
static char *disposition(const char *name)
{
    g_autofree char *escaped = g_uri_escape_string(name, NULL, FALSE);
    return g_strdup_printf(HEADERS "Content-Disposition: attachment; filename=\"" FALLBACK
                                   "\"; filename*=UTF-8''%s\r\n",
                           escaped);
}

static void on_sent(int64_t sent, gpointer data)
{
    (void)sent;
    close(GPOINTER_TO_INT(data));
}

static bool answer(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    handout_call *c = call->data;
    int fd = c->fd;
    g_autofree char *headers = disposition(c->name);
    c->fd = -1;
    call->handed = true;
    request_reply_file(call->request, 200, "application/pdf", headers, fd, 0, c->bytes, on_sent,
                       GINT_TO_POINTER(fd));
    return true;
}

void api_handouts(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/handouts/{id}", 0, 0, .work = find, .slow = open_file, .after = answer},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
