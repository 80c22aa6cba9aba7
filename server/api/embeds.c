/*
 * Links that show a class on a page elsewhere: made, listed, taken back; and the pass such a page's player asks for.
 */
#include <string.h>

#include "api/embed_link.h"
#include "api/revoke.h"
#include "people/audit.h"
#include "people/revoked.h"
#include "storage/storage.h"

#define BODY_MAX 1024
#define MAKERS (ROLE_BIT(ROLE_MASTER) | ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))
#define WORD_MAX 200 /* bytes of anything in a link */

typedef struct {
    GArray *links; /* of embed_link */
    embed_link link;
    live_class is;
    int64_t judged_ms;
} embed_call;

static void embed_call_free(gpointer data)
{
    embed_call *e = data;
    g_clear_pointer(&e->links, g_array_unref);
    g_free(e);
}

static embed_call *carry(api_call *call)
{
    if (!call->data) {
        call->data = g_new0(embed_call, 1);
        call->free_data = embed_call_free;
    }
    return call->data;
}

static json_t *link_json(const api_call *call, const embed_link *is)
{
    g_autofree char *url = embed_link_url(call->parts, is);
    return json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I}", "id", (json_int_t)is->id, "class_id",
                     is->class_id, "url", url, "site", is->site, "made_ms", (json_int_t)is->made_ms,
                     "until_ms", (json_int_t)is->until_ms, "revoked_ms",
                     (json_int_t)is->revoked_ms);
}

/* ---- for its master and staff ---- */

static bool may_share(const api_call *call, records *db, const char *class_id, live_class *is,
                      GError **error)
{
    if (!live_class_read(db, class_id, is, error))
        return false;
    if (call->who.role != ROLE_MASTER || is->master == call->who.id)
        return true;
    error_set(error, ERROR_DENIED, "not_your_class", NULL,
              "Only its master and the staff may do this");
    return false;
}

static bool make(api_call *call, records *db, GError **error)
{
    embed_call *e = carry(call);
    int64_t hours;
    const char *site = "";
    if (!may_share(call, db, request_param(call->request, "id"), &e->is, error) ||
        !api_integer(call, "hours", 1, EMBED_HOURS_MAX, &hours, error))
        return false;
    if (api_has(call, "site") && !(site = api_text(call, "site", 0, EMBED_SITE_MAX, error)))
        return false;
    return embed_add(db, call->parts->clock, e->is.id, site, hours, call->who.id, &e->link,
                     error) &&
           audit_add(db, call->parts->clock, &call->who, "embed_made", e->is.id, *site ? site : "*",
                     error);
}

static bool made(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    call->status = 201;
    call->answer = link_json(call, &carry(call)->link);
    return true;
}

static bool list(api_call *call, records *db, GError **error)
{
    embed_call *e = carry(call);
    if (may_share(call, db, request_param(call->request, "id"), &e->is, error))
        e->links = embed_list(db, e->is.id, error);
    return e->links != NULL;
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const GArray *links = carry(call)->links;
    json_t *all = json_array();
    for (guint i = 0; links && i < links->len; i++)
        json_array_append_new(all, link_json(call, &g_array_index(links, embed_link, i)));
    call->answer = json_pack("{s:o}", "embeds", all);
    return true;
}

static bool take_back(api_call *call, records *db, GError **error)
{
    embed_call *e = carry(call);
    int64_t id = 0;
    g_ascii_string_to_signed(request_param(call->request, "id"), 10, 1, G_MAXINT64, &id, NULL);
    return embed_read(db, id, &e->link, error) &&
           may_share(call, db, e->link.class_id, &e->is, error) &&
           embed_revoke(db, call->parts->clock, id, error) &&
           revoked_note(db, call->parts->clock, revoked_embed(id), error);
}

static bool taken_back(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    revoke_embed(call->parts, carry(call)->link.id);
    call->status = 204;
    return true;
}

/* ---- POST /classes/{id}/embed-pass: for the player of a page elsewhere ---- */

static bool link_over(GError **error, const char *code, const char *sentence)
{
    error_set(error, ERROR_DENIED, code, NULL, "%s", sentence);
    return false;
}

static bool read_link(api_call *call, records *db, GError **error)
{
    (void)db;
    const char *words[4], *const fields[] = {"link", "until", "site", "signature"};
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        if (!(words[i] = api_text(call, fields[i], 0, WORD_MAX, error)))
            return false;
    if (!embed_link_check(call->parts, request_param(call->request, "id"), words[0], words[1],
                          words[2], words[3], &carry(call)->link))
        return link_over(error, "embed_invalid", "This link is not one of ours");
    return true;
}

static bool judge_link(api_call *call, records *db, GError **error)
{
    embed_call *e = carry(call);
    e->judged_ms = clock_utc_ms(call->parts->clock);
    if (!embed_read(db, e->link.id, &e->link, error) ||
        !live_class_read(db, e->link.class_id, &e->is, error))
        return false;
    if (e->link.revoked_ms != 0)
        return link_over(error, "embed_revoked", "This link was taken back by its owner");
    if (e->link.until_ms <= e->judged_ms)
        return link_over(error, "embed_expired", "This link has expired: ask for a new one");
    if (e->is.cut_ms != 0)
        return link_over(error, "cut_off", "This class was stopped by the staff");
    return storage_still_there(db, e->is.title_id, error);
}

static json_t *shown_json(const api_call *call, const live_class *is)
{
    const title_index *index = shelf_index(call->parts->shelf, is->title_id, NULL);
    const journal_head *head = index ? title_index_head(index) : NULL;
    int64_t duration_ms = index ? title_index_duration(index) * 1000 / TITLE_TIMESCALE : 0;
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "id", is->id, "title", is->title,
                     "state", class_state_word(is->state), "master_name", is->master_name,
                     "planned_ms", (json_int_t)is->planned_ms, "epoch_ms",
                     (json_int_t)(head ? head->epoch_utc_ms : 0), "duration_ms",
                     (json_int_t)duration_ms);
}

static bool issue(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const embed_call *e = call->data;
    const live_class *in_memory = live_find(call->parts->live, e->is.id);
    pass given = {.viewer = e->link.id,
                  .role = PASS_EMBED,
                  .issued_ms = e->judged_ms,
                  .until_ms = MIN(e->judged_ms + PASS_LIFETIME_MS, e->link.until_ms)};
    g_strlcpy(given.title_id, e->is.title_id, sizeof given.title_id);
    g_autofree char *text = pass_issue(call->parts->pass_key, &given);
    call->answer = json_pack("{s:s, s:I, s:s, s:o}", "pass", text, "until_ms",
                             (json_int_t)given.until_ms, "title_id", given.title_id, "class",
                             shown_json(call, in_memory ? in_memory : &e->is));
    return true;
}

void api_embeds(api *a)
{
    static const api_route routes[] = {
        {"POST", "/api/v1/classes/{id}/embeds", MAKERS, BODY_MAX, .work = make, .after = made},
        {"GET", "/api/v1/classes/{id}/embeds", MAKERS, 0, .work = list, .after = listed},
        {"DELETE", "/api/v1/embeds/{id}", MAKERS, 0, .work = take_back, .after = taken_back},
        {"POST", "/api/v1/classes/{id}/embed-pass", 0, BODY_MAX, .before = read_link,
         .work = judge_link, .after = issue},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
