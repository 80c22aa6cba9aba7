/*
 * The roll as staff keep it: who there is, which institution they belong to, who is blocked.
 */
#include <string.h>

#include "api/revoke.h"
#include "api/viewing_view.h"
#include "people/audit.h"
#include "people/revoked.h"

#define BODY_MAX 1024
#define KEEPERS (ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_ADMIN))
#define MAKERS (KEEPERS | ROLE_BIT(ROLE_MASTER))
#define SEARCH_MAX 64 /* bytes */

typedef struct {
    char search[SEARCH_MAX + 1], after[PERSON_LOGIN_MAX + 1];
    GArray *list; /* of roll_entry or institution */
    roll_entry entry;
} roll_call;

static void roll_call_free(gpointer data)
{
    roll_call *r = data;
    g_clear_pointer(&r->list, g_array_unref);
    g_free(r);
}

static roll_call *carry(api_call *call)
{
    if (!call->data) {
        call->data = g_new0(roll_call, 1);
        call->free_data = roll_call_free;
    }
    return call->data;
}

static json_t *entry_json(const roll_entry *entry)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:o, s:b}", "id", (json_int_t)entry->is.id, "login",
                     entry->is.login, "name", entry->is.name, "role",
                     person_role_word(entry->is.role), "institution", institution_json(&entry->of),
                     "blocked", (int)entry->blocked);
}

/* ---- GET /people ---- */

static bool query_text_of(const api_call *call, const char *name, char *out, gsize size,
                          GError **error)
{
    const char *text = request_query(call->request, name);
    if (!text || (strlen(text) < size && g_utf8_validate(text, -1, NULL))) {
        g_strlcpy(out, text ? text : "", size);
        return true;
    }
    error_set(error, ERROR_INPUT, "too_long", name, "%s has at most %zu bytes of text", name,
              size - 1);
    return false;
}

static bool list_begin(api_call *call, records *db, GError **error)
{
    (void)db;
    roll_call *r = carry(call);
    return query_text_of(call, "search", r->search, sizeof r->search, error) &&
           query_text_of(call, "after", r->after, sizeof r->after, error);
}

static bool list(api_call *call, records *db, GError **error)
{
    roll_call *r = carry(call);
    r->list = roll_list(db, r->search, r->after, error);
    return r->list != NULL;
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const GArray *people = carry(call)->list;
    json_t *all = json_array();
    for (guint i = 0; people && i < people->len; i++)
        json_array_append_new(all, entry_json(&g_array_index(people, roll_entry, i)));
    call->answer = json_pack("{s:o}", "people", all);
    return true;
}

/* ---- PATCH /people/{id} ---- */

static bool find_person(api_call *call, records *db, GError **error)
{
    roll_call *r = carry(call);
    int64_t id;
    if (!g_ascii_string_to_signed(request_param(call->request, "id"), 10, 1, G_MAXINT64, &id,
                                  NULL)) {
        error_set(error, ERROR_MISSING, "person_missing", NULL, "There is no such person");
        return false;
    }
    return roll_read(db, id, &r->entry, error);
}

/* Nobody locks themselves out, and staff do not block who stands above them. */
static bool may_block(const api_call *call, const person *is, GError **error)
{
    if (is->id != call->who.id && (is->role != ROLE_ADMIN || call->who.role == ROLE_ADMIN))
        return true;
    error_set(error, ERROR_DENIED, "not_to_block", "blocked",
              "Neither yourself nor an administrator can be blocked by you");
    return false;
}

static bool set_blocked(const api_call *call, records *db, const roll_entry *entry,
                        const char *reason, GError **error)
{
    if (!api_has(call, "blocked"))
        return true;
    const json_t *wanted = json_object_get(call->body, "blocked");
    bool blocked = json_is_true(wanted);
    if (!json_is_boolean(wanted)) {
        error_set(error, ERROR_INPUT, "wrong_type", "blocked", "blocked must be true or false");
        return false;
    }
    return may_block(call, &entry->is, error) &&
           roll_set_blocked(db, call->parts->clock, entry->is.id, blocked, error) &&
           audit_add(db, call->parts->clock, &call->who,
                     blocked ? "person_blocked" : "person_freed", entry->is.login, reason, error);
}

static bool set_institution(const api_call *call, records *db, const roll_entry *entry,
                            const char *reason, GError **error)
{
    if (!api_has(call, "institution"))
        return true;
    const char *code = api_text(call, "institution", 0, INSTITUTION_CODE_MAX, error);
    return code && roll_set_institution(db, entry->is.id, code, error) &&
           audit_add(db, call->parts->clock, &call->who, "person_institution", entry->is.login,
                     reason, error);
}

static bool change(api_call *call, records *db, GError **error)
{
    roll_call *r = carry(call);
    const char *reason = api_text(call, "reason", 1, AUDIT_REASON_MAX, error);
    return reason && find_person(call, db, error) &&
           set_institution(call, db, &r->entry, reason, error) &&
           set_blocked(call, db, &r->entry, reason, error) &&
           revoked_note(db, call->parts->clock, revoked_person(r->entry.is.id), error) &&
           roll_read(db, r->entry.is.id, &r->entry, error);
}

static bool changed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const roll_entry *entry = &carry(call)->entry;
    revoke_person(call->parts, entry->is.id);
    if (entry->blocked)
        live_bar(call->parts->live, entry->is.id);
    call->answer = entry_json(entry);
    return true;
}

/* ---- institutions ---- */

static bool list_institutions(api_call *call, records *db, GError **error)
{
    carry(call)->list = institution_list(db, error);
    return carry(call)->list != NULL;
}

static bool listed_institutions(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const GArray *found = carry(call)->list;
    json_t *all = json_array();
    for (guint i = 0; found && i < found->len; i++)
        json_array_append_new(all, institution_json(&g_array_index(found, institution, i)));
    call->answer = json_pack("{s:o}", "institutions", all);
    return true;
}

static bool put_institution(api_call *call, records *db, GError **error)
{
    const char *code = request_param(call->request, "code");
    const char *name = api_text(call, "name", 1, INSTITUTION_NAME_MAX, error);
    institution is;
    if (!name || !institution_put(db, code, name, error) || !institution_read(db, code, &is, error))
        return false;
    call->answer = institution_json(&is);
    return true;
}

void api_people(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/people", KEEPERS, 0, .before = list_begin, .work = list, .after = listed},
        {"PATCH", "/api/v1/people/{id}", KEEPERS, BODY_MAX, .work = change, .after = changed},
        {"GET", "/api/v1/institutions", MAKERS, 0, .work = list_institutions,
         .after = listed_institutions},
        {"PUT", "/api/v1/institutions/{code}", KEEPERS, BODY_MAX, .work = put_institution},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
