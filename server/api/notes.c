/*
 * A learner's own notes beside a lesson: theirs alone, in no export and no statistics.
 */
#include "api/api.h"
#include "school/note.h"

#define BODY_MAX 8192

typedef struct {
    GArray *notes; /* of school_note */
    school_note note;
} note_call;

static void note_call_free(gpointer data)
{
    note_call *c = data;
    g_clear_pointer(&c->notes, g_array_unref);
    g_free(c);
}

static note_call *carry(api_call *call)
{
    note_call *c = g_new0(note_call, 1);
    call->data = c;
    call->free_data = note_call_free;
    return c;
}

static json_t *note_json(const school_note *is)
{
    return json_pack("{s:I, s:s, s:I, s:s, s:I}", "id", (json_int_t)is->id, "lesson_id",
                     is->lesson_id, "at_ms", (json_int_t)is->at_ms, "text", is->text, "changed_ms",
                     (json_int_t)is->changed_ms);
}

static bool list(api_call *call, records *db, GError **error)
{
    note_call *c = carry(call);
    c->notes = note_list(db, call->who.id, request_param(call->request, "id"), error);
    return c->notes != NULL;
}

static bool listed(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    const GArray *notes = ((note_call *)call->data)->notes;
    json_t *all = json_array();
    for (guint i = 0; i < notes->len; i++)
        json_array_append_new(all, note_json(&g_array_index(notes, school_note, i)));
    call->answer = json_pack("{s:o}", "notes", all);
    return true;
}

static bool add(api_call *call, records *db, GError **error)
{
    note_call *c = carry(call);
    int64_t at_ms;
    const char *text = api_text(call, "text", 1, NOTE_TEXT_MAX, error);
    call->status = 201;
    return text && api_integer(call, "at_ms", 0, NOTE_AT_MAX_MS, &at_ms, error) &&
           note_add(db, call->parts->clock, call->who.id, request_param(call->request, "id"), at_ms,
                    text, &c->note, error);
}

static bool take_id(const api_call *call, int64_t *id, GError **error)
{
    if (g_ascii_string_to_signed(request_param(call->request, "id"), 10, 0, G_MAXINT64, id, NULL))
        return true;
    error_set(error, ERROR_MISSING, "note_missing", NULL, "There is no such note of yours");
    return false;
}

static bool change(api_call *call, records *db, GError **error)
{
    note_call *c = carry(call);
    int64_t id, at_ms;
    bool moves = api_has(call, "at_ms"), rewords = api_has(call, "text");
    const char *text = rewords ? api_text(call, "text", 1, NOTE_TEXT_MAX, error) : NULL;
    if (!take_id(call, &id, error) || (rewords && !text) ||
        (moves && !api_integer(call, "at_ms", 0, NOTE_AT_MAX_MS, &at_ms, error)))
        return false;
    return note_change(db, call->parts->clock, call->who.id, id, moves ? &at_ms : NULL, text,
                       &c->note, error);
}

static bool drop(api_call *call, records *db, GError **error)
{
    int64_t id;
    return take_id(call, &id, error) && note_drop(db, call->who.id, id, error);
}

static bool answer(api_call *call, records *db, GError **error)
{
    (void)db, (void)error;
    call->answer = note_json(&((note_call *)call->data)->note);
    return true;
}

void api_notes(api *a)
{
    static const api_route routes[] = {
        {"GET", "/api/v1/lessons/{id}/notes", ROLE_ANY, 0, .work = list, .after = listed},
        {"POST", "/api/v1/lessons/{id}/notes", ROLE_ANY, BODY_MAX, .work = add, .after = answer},
        {"PATCH", "/api/v1/notes/{id}", ROLE_ANY, BODY_MAX, .work = change, .after = answer},
        {"DELETE", "/api/v1/notes/{id}", ROLE_ANY, 0, .work = drop},
    };
    api_routes(a, routes, G_N_ELEMENTS(routes));
}
