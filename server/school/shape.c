#include <math.h>
#include <string.h>

#include "school/draft.h"

#define PATH_MAX_BYTES 160

typedef enum {
    SHAPE_WORDS,         /* text of at most `most` characters; null is "" */
    SHAPE_WORD,          /* one of `words`; null is the first */
    SHAPE_ID,            /* "", which gets one, or 12 characters as school_id_new() makes them */
    SHAPE_WHOLE,         /* 0..most; null is `otherwise` */
    SHAPE_WHOLE_OR_NULL, /* 0..most or null */
    SHAPE_TENTHS,        /* 0..most with one decimal; null is 0 */
    SHAPE_LINES,         /* at most `count` texts of `most` characters */
    SHAPE_OBJECT,        /* of `fields`; null is all of them as null */
    SHAPE_OBJECT_OR_NULL,
    SHAPE_LIST /* at most `count` objects of `fields` */
} shape_kind;

typedef struct shape {
    const char *name;
    shape_kind kind;
    int64_t most, otherwise;
    gsize count;
    const char *const *words;
    const struct shape *fields; /* ended by one without a name */
} shape;

static const char *const levels[] = {"", "5", "4", "3", "2", "1", NULL};
static const char *const viewers[] = {"public", "signed_in", "enrolled", "institution", NULL};

static const shape occupation_fields[] = {
    {"edition", SHAPE_WORDS, OCCUPATION_MAX}, {"code", SHAPE_WORDS, OCCUPATION_MAX}, {NULL}};
static const shape rule_fields[] = {{"coverage_permille", SHAPE_WHOLE, 1000, .otherwise = 950},
                                    {"minutes", SHAPE_WHOLE, RULE_MINUTES_MAX},
                                    {"general_max_permille", SHAPE_WHOLE_OR_NULL, 1000},
                                    {NULL}};
static const shape master_fields[] = {{"name", SHAPE_WORDS, DRAFT_WORDS_MAX},
                                      {"kind", SHAPE_WORD, .words = master_kind_words},
                                      {"proof", SHAPE_WORDS, DRAFT_TEXT_MAX},
                                      {"intro", SHAPE_WORDS, DRAFT_TEXT_MAX},
                                      {NULL}};
static const shape viewing_fields[] = {
    {"who", SHAPE_WORD, .words = viewers}, {"institution", SHAPE_WORDS, 64}, {NULL}};
static const shape lesson_fields[] = {{"id", SHAPE_ID},
                                      {"title", SHAPE_WORDS, DRAFT_WORDS_MAX},
                                      {"kind", SHAPE_WORD, .words = lesson_kind_words},
                                      {"asset_id", SHAPE_WORDS, 32},
                                      {"title_id", SHAPE_WORDS, 32},
                                      {"class_id", SHAPE_WORDS, 32},
                                      {"handout_id", SHAPE_WORDS, 32},
                                      {"url", SHAPE_WORDS, LESSON_URL_MAX},
                                      {"module", SHAPE_WORD, .words = general_module_words},
                                      {NULL}};
static const shape chapter_fields[] = {
    {"id", SHAPE_ID},
    {"title", SHAPE_WORDS, DRAFT_WORDS_MAX},
    {"lessons", SHAPE_LIST, .count = LESSONS_MAX, .fields = lesson_fields},
    {NULL}};
static const shape draft_fields[] = {
    {"title", SHAPE_WORDS, DRAFT_WORDS_MAX},
    {"summary", SHAPE_WORDS, DRAFT_TEXT_MAX},
    {"occupation", SHAPE_OBJECT_OR_NULL, .fields = occupation_fields},
    {"level", SHAPE_WORD, .words = levels},
    {"tags", SHAPE_LINES, DRAFT_WORDS_MAX, .count = 2 * TAGS_MAX},
    {"declared_hours", SHAPE_TENTHS, 10000},
    {"hour_minutes", SHAPE_WHOLE, 1000, .otherwise = HOUR_MINUTES},
    {"rule", SHAPE_OBJECT, .fields = rule_fields},
    {"modules_required", SHAPE_LINES, DRAFT_WORDS_MAX, .count = GENERAL_MODULES},
    {"masters", SHAPE_LIST, .count = MASTERS_MAX, .fields = master_fields},
    {"free_from_ms", SHAPE_WHOLE_OR_NULL, G_MAXINT64},
    {"free_until_ms", SHAPE_WHOLE_OR_NULL, G_MAXINT64},
    {"cover_asset", SHAPE_WORDS, 32},
    {"viewing", SHAPE_OBJECT_OR_NULL, .fields = viewing_fields},
    {"chapters", SHAPE_LIST, .count = COURSE_CHAPTERS_MAX, .fields = chapter_fields},
    {NULL}};

/* Where one is in the document, and the ids met so far. */
typedef struct {
    GString *path;
    GHashTable *ids;
} walk;

static json_t *refuse(const walk *w, GError **error, const char *code, const char *sentence)
{
    error_set(error, ERROR_INPUT, code, w->path->str, "%s %s", w->path->str, sentence);
    return NULL;
}

static json_t *take_words(const walk *w, const shape *as, const json_t *given, GError **error)
{
    if (!given || json_is_null(given))
        return json_string("");
    if (!json_is_string(given))
        return refuse(w, error, "wrong_type", "must be text");
    if (g_utf8_strlen(json_string_value(given), -1) > as->most)
        return refuse(w, error, "too_long", "is longer than it may be");
    return json_string(json_string_value(given));
}

static json_t *take_word(const walk *w, const shape *as, const json_t *given, GError **error)
{
    if (!given || json_is_null(given))
        return json_string(as->words[0]);
    if (!json_is_string(given))
        return refuse(w, error, "wrong_type", "must be text");
    if (!g_strv_contains(as->words, json_string_value(given)))
        return refuse(w, error, "unknown_word", "is none of the words it may be");
    return json_string(json_string_value(given));
}

static json_t *take_id(walk *w, const json_t *given, GError **error)
{
    char made[33];
    const char *id = given && !json_is_null(given) ? json_string_value(given) : "";
    if (!id)
        return refuse(w, error, "wrong_type", "must be text");
    if (!*id) {
        school_id_new(made);
        id = made;
    }
    if (strlen(id) != SCHOOL_ID_CHARS ||
        strspn(id, "abcdefghijklmnopqrstuvwxyz234567") != SCHOOL_ID_CHARS)
        return refuse(w, error, "bad_id", "must be 12 characters of a-z and 2-7, or empty");
    if (!g_hash_table_add(w->ids, g_strdup(id)))
        return refuse(w, error, "id_twice", "stands in this draft twice");
    return json_string(id);
}

static json_t *take_whole(const walk *w, const shape *as, const json_t *given, GError **error)
{
    if (!given || json_is_null(given))
        return as->kind == SHAPE_WHOLE ? json_integer(as->otherwise) : json_null();
    if (!json_is_integer(given))
        return refuse(w, error, "wrong_type", "must be a whole number");
    if (json_integer_value(given) < 0 || json_integer_value(given) > as->most)
        return refuse(w, error, "out_of_range", "is out of range");
    return json_integer(json_integer_value(given));
}

static json_t *take_tenths(const walk *w, const shape *as, const json_t *given, GError **error)
{
    if (!given || json_is_null(given))
        return json_integer(0);
    double number = json_number_value(given);
    if (!json_is_number(given))
        return refuse(w, error, "wrong_type", "must be a number");
    if (!(number >= 0 && number <= (double)as->most))
        return refuse(w, error, "out_of_range", "is out of range");
    int64_t tenths = llround(number * 10);
    if (fabs(number * 10 - (double)tenths) > 1e-6)
        return refuse(w, error, "out_of_range", "has more than one decimal");
    return tenths % 10 ? json_real((double)tenths / 10) : json_integer(tenths / 10);
}

static json_t *take_value(walk *w, const shape *as, const json_t *given, GError **error);

static gsize go_down(walk *w, const char *name)
{
    gsize back = w->path->len;
    g_string_append_printf(w->path, "%s%s", back ? "." : "", name);
    if (w->path->len > PATH_MAX_BYTES) /* only a field nobody knows has so long a name */
        g_string_truncate(w->path, PATH_MAX_BYTES);
    return back;
}

static bool known_only(walk *w, const shape *fields, const json_t *given, GError **error)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)given, name, value)
    {
        const shape *field = fields;
        while (field->name && strcmp(field->name, name) != 0)
            field++;
        if (field->name)
            continue;
        go_down(w, name);
        refuse(w, error, "unknown_field", "is no field of a draft");
        return false;
    }
    return true;
}

static json_t *take_object(walk *w, const shape *fields, const json_t *given, GError **error)
{
    if (given && !json_is_null(given) && !json_is_object(given))
        return refuse(w, error, "wrong_type", "must be an object");
    if (!known_only(w, fields, given, error))
        return NULL;
    json_t *made = json_object();
    for (const shape *field = fields; field->name; field++) {
        gsize back = go_down(w, field->name);
        json_t *value = take_value(w, field, json_object_get(given, field->name), error);
        if (!value) {
            json_decref(made);
            return NULL;
        }
        g_string_truncate(w->path, back);
        json_object_set_new(made, field->name, value);
    }
    return made;
}

static json_t *take_list(walk *w, const shape *as, const json_t *given, GError **error)
{
    if (given && !json_is_null(given) && !json_is_array(given))
        return refuse(w, error, "wrong_type", "must be a list");
    if (json_array_size(given) > as->count)
        return refuse(w, error, "too_long", "has more entries than it may have");
    json_t *made = json_array();
    for (gsize i = 0; i < json_array_size(given); i++) {
        char name[24];
        g_snprintf(name, sizeof name, "%zu", i);
        gsize back = go_down(w, name);
        const json_t *one = json_array_get(given, i);
        json_t *value = as->kind == SHAPE_LINES ? take_words(w, as, one, error)
                                                : take_object(w, as->fields, one, error);
        if (!value) {
            json_decref(made);
            return NULL;
        }
        g_string_truncate(w->path, back);
        json_array_append_new(made, value);
    }
    return made;
}

static json_t *take_value(walk *w, const shape *as, const json_t *given, GError **error)
{
    switch (as->kind) {
    case SHAPE_WORDS:
        return take_words(w, as, given, error);
    case SHAPE_WORD:
        return take_word(w, as, given, error);
    case SHAPE_ID:
        return take_id(w, given, error);
    case SHAPE_WHOLE:
    case SHAPE_WHOLE_OR_NULL:
        return take_whole(w, as, given, error);
    case SHAPE_TENTHS:
        return take_tenths(w, as, given, error);
    case SHAPE_LINES:
    case SHAPE_LIST:
        return take_list(w, as, given, error);
    case SHAPE_OBJECT_OR_NULL:
        if (!given || json_is_null(given))
            return json_null();
        return take_object(w, as->fields, given, error);
    case SHAPE_OBJECT:
        break;
    }
    return take_object(w, as->fields, given, error);
}

json_t *draft_shape(const json_t *given, GError **error)
{
    walk w = {.path = g_string_new("draft"),
              .ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    json_t *made = NULL;
    if (json_is_object(given))
        made = take_object(&w, draft_fields, given, error);
    else
        error_set(error, ERROR_INPUT, given ? "wrong_type" : "missing", "draft",
                  "draft must be an object");
    g_string_free(w.path, TRUE);
    g_hash_table_unref(w.ids);
    return made;
}

/* ---- reading one ---- */

const char *draft_word(const json_t *object, const char *field)
{
    const char *word = json_string_value(json_object_get(object, field));
    return word ? word : "";
}

int64_t draft_number(const json_t *object, const char *field, int64_t otherwise)
{
    const json_t *value = json_object_get(object, field);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

GPtrArray *draft_lessons(const json_t *body)
{
    GPtrArray *all = g_ptr_array_new();
    const json_t *chapters = json_object_get(body, "chapters");
    for (gsize i = 0; i < json_array_size(chapters); i++) {
        const json_t *lessons = json_object_get(json_array_get(chapters, i), "lessons");
        for (gsize k = 0; k < json_array_size(lessons); k++)
            g_ptr_array_add(all, json_array_get(lessons, k));
    }
    return all;
}

int32_t draft_declared_tenths(const json_t *body)
{
    return (int32_t)llround(json_number_value(json_object_get(body, "declared_hours")) * 10);
}
