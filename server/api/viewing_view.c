#include "api/viewing_view.h"

static bool refuse(GError **error, const char *field, const char *sentence)
{
    error_set(error, ERROR_INPUT, "wrong_viewing", field, "%s", sentence);
    return false;
}

bool viewing_given(const api_call *call, bool *given, viewing *is, GError **error)
{
    *is = (viewing){0};
    *given = api_has(call, "viewing");
    if (!*given)
        return true;
    const json_t *body = json_object_get(call->body, "viewing");
    const char *who = json_string_value(json_object_get(body, "who"));
    const char *code = json_string_value(json_object_get(body, "institution"));
    if (!who || !viewing_parse(who, &is->kind))
        return refuse(error, "viewing.who", "who is public, signed_in, enrolled or institution");
    if (is->kind != VIEWING_INSTITUTION)
        return true;
    if (!code || strlen(code) > INSTITUTION_CODE_MAX)
        return refuse(error, "viewing.institution", "Say which institution, by its code");
    g_strlcpy(is->of.code, code, sizeof is->of.code);
    return true;
}

json_t *removal_json(const storage_removal *is)
{
    if (is->at_ms == 0)
        return json_null();
    return json_pack("{s:I, s:s}", "at_ms", (json_int_t)is->at_ms, "by",
                     is->by_policy ? "policy" : "person");
}

json_t *institution_json(const institution *is)
{
    if (is->code[0] == '\0')
        return json_null();
    return json_pack("{s:s, s:s}", "code", is->code, "name", is->name);
}

static json_t *need_json(const viewing_verdict *verdict)
{
    const char *word = viewing_need_word(verdict->need);
    if (!word)
        return json_null();
    json_t *course = verdict->course_id[0] ? json_pack("{s:s, s:s}", "id", verdict->course_id,
                                                       "title", verdict->course_title)
                                           : json_null();
    return json_pack("{s:s, s:o, s:o}", "to", word, "course", course, "institution",
                     institution_json(&verdict->of));
}

json_t *viewing_json(const viewing *is, const viewing_verdict *verdict)
{
    return json_pack("{s:s, s:o, s:o}", "who", viewing_word(is->kind), "institution",
                     institution_json(&is->of), "need", need_json(verdict));
}
