#include "api/body.h"

#include <string.h>

#include "api/api.h"

static bool within_depth(json_t *value, int depth)
{
    if (!json_is_object(value) && !json_is_array(value))
        return true;
    if (depth == 0)
        return false;
    gsize i;
    const char *key;
    json_t *inner;
    json_array_foreach(value, i, inner)
    {
        if (!within_depth(inner, depth - 1))
            return false;
    }
    json_object_foreach(value, key, inner)
    {
        if (!within_depth(inner, depth - 1))
            return false;
    }
    return true;
}

json_t *body_parse(const char *text, gsize length, GError **error)
{
    json_error_t where;
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (!value) {
        bool twice = json_error_code(&where) == json_error_duplicate_key;
        error_set(error, ERROR_INPUT, twice ? "duplicate_key" : "body_not_json", NULL,
                  "The body is not the JSON it should be: line %d, column %d", where.line,
                  where.column);
        return NULL;
    }
    if (!json_is_object(value) || !within_depth(value, BODY_DEPTH_MAX)) {
        error_set(error, ERROR_INPUT, "body_not_object", NULL,
                  "The body must be one JSON object, at most %d levels deep", BODY_DEPTH_MAX);
        json_decref(value);
        return NULL;
    }
    return value;
}

/* "application/json", with or without parameters: anything else a foreign form could send without asking. */
static bool is_json(const char *content_type)
{
    static const char name[] = "application/json";
    if (!content_type || g_ascii_strncasecmp(content_type, name, sizeof name - 1) != 0)
        return false;
    char next = content_type[sizeof name - 1];
    return next == '\0' || next == ';' || next == ' ';
}

bool body_read(const request *req, json_t **body, GError **error)
{
    gsize length;
    const char *text = g_bytes_get_data(request_body(req), &length);
    *body = NULL;
    if (length == 0)
        return true;
    if (!is_json(request_header(req, "content-type"))) {
        error_set(error, ERROR_INPUT, "content_type", NULL, "The body must be application/json");
        return false;
    }
    *body = body_parse(text, length, error);
    return *body != NULL;
}

static json_t *field_of(const api_call *call, const char *field, GError **error)
{
    json_t *value = call->body ? json_object_get(call->body, field) : NULL;
    if (!value)
        error_set(error, ERROR_INPUT, "missing", field, "%s is missing", field);
    return value;
}

const char *api_text(const api_call *call, const char *field, gsize min_chars, gsize max_chars,
                     GError **error)
{
    json_t *value = field_of(call, field, error);
    if (!value)
        return NULL;
    if (!json_is_string(value)) {
        error_set(error, ERROR_INPUT, "wrong_type", field, "%s must be text", field);
        return NULL;
    }
    gsize chars = (gsize)g_utf8_strlen(json_string_value(value), (gssize)json_string_length(value));
    if (chars < min_chars || chars > max_chars) {
        error_set(error, ERROR_INPUT, chars < min_chars ? "too_short" : "too_long", field,
                  "%s must be %zu to %zu characters long", field, min_chars, max_chars);
        return NULL;
    }
    return json_string_value(value);
}

bool api_integer(const api_call *call, const char *field, int64_t min, int64_t max, int64_t *value,
                 GError **error)
{
    json_t *given = field_of(call, field, error);
    if (!given)
        return false;
    if (!json_is_integer(given)) {
        error_set(error, ERROR_INPUT, "wrong_type", field, "%s must be a whole number", field);
        return false;
    }
    *value = json_integer_value(given);
    if (*value >= min && *value <= max)
        return true;
    error_set(error, ERROR_INPUT, "out_of_range", field,
              "%s must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, field, min, max);
    return false;
}

bool api_has(const api_call *call, const char *field)
{
    json_t *value = call->body ? json_object_get(call->body, field) : NULL;
    return value && !json_is_null(value);
}
