#include "catalogue/occupation.h"

#include <string.h>

#include "base/charset.h"
#include "catalogue/csv.h"
#include "catalogue/pinyin.h"
#include "catalogue/words.h"

extern const char occupations_csv[];
extern const gsize occupations_csv_length;

/* ---- what words mean ---- */

bool occupation_code_ok(const char *code)
{
    static const char shape[] = "d-dd-dd-dd";
    if (strlen(code) != OCCUPATION_CODE_CHARS || code[0] < '1' || code[0] > '8')
        return false;
    for (int i = 0; shape[i]; i++)
        if (shape[i] == 'd' ? !g_ascii_isdigit(code[i]) : code[i] != shape[i])
            return false;
    return true;
}

bool occupation_edition_ok(const char *edition)
{
    gsize length = strlen(edition);
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalnum(edition[i]))
            return false;
    return length >= 1 && length <= OCCUPATION_EDITION_MAX;
}

static bool is_one_of(const char *word, const char *list)
{
    g_auto(GStrv) all = g_strsplit(list, " ", -1);
    return g_strv_contains((const char *const *)all, word);
}

char occupation_level(const char *word)
{
    static const char *const levels[] = {
        "1 一级 1级 高级技师 一级/高级技师", "2 二级 2级 技师 二级/技师",
        "3 三级 3级 高级工 高级 三级/高级工", "4 四级 4级 中级工 中级 四级/中级工",
        "5 五级 5级 初级工 初级 五级/初级工"};
    for (int i = 0; i < 5; i++)
        if (*word && is_one_of(word, levels[i]))
            return (char)('1' + i);
    return '\0';
}

/* The code of a tag; NULL: there is no such tag. */
static const char *tag_of(const char *word)
{
    static const struct {
        const char *code, *words;
    } tags[] = {{"urgent", "urgent 急需紧缺 急需"},
                {"mass", "mass 大众"},
                {"new", "new 新职业 新"},
                {"green", "green 绿色 绿色职业 L"},
                {"digital", "digital 数字 数字职业 S"}};
    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++)
        if (is_one_of(word, tags[i].words))
            return tags[i].code;
    return NULL;
}

/* Words of one cell. */
static char **cell_words(const char *cell)
{
    g_autoptr(GString) text = g_string_new(cell);
    g_string_replace(text, "、", " ", 0);
    g_strdelimit(text->str, ",;|/", ' ');
    return g_strsplit(text->str, " ", -1);
}

static bool take_levels(const char *cell, char levels[6], GError **error)
{
    bool has[6] = {false};
    g_auto(GStrv) words = cell_words(cell);
    for (int i = 0; words[i]; i++) {
        char level = *words[i] ? occupation_level(words[i]) : '\0';
        if (level)
            has[level - '0'] = true;
        else if (*words[i]) {
            error_set(error, ERROR_INPUT, "unknown_level", "levels",
                      "There is no level \"%s\": 5 4 3 2 1, or 五级 to 一级", words[i]);
            return false;
        }
    }
    gsize count = 0;
    for (char level = '5'; level >= '1'; level--)
        if (has[level - '0'])
            levels[count++] = level;
    levels[count] = '\0';
    return true;
}

static bool take_tags(const char *cell, char tags[OCCUPATION_TAGS_BYTES], GError **error)
{
    g_auto(GStrv) words = cell_words(cell);
    tags[0] = '\0';
    for (int i = 0; words[i]; i++) {
        const char *code = *words[i] ? tag_of(words[i]) : "";
        if (!code) {
            error_set(error, ERROR_INPUT, "unknown_tag", "tags",
                      "There is no tag \"%s\": urgent, mass, new, green, digital", words[i]);
            return false;
        }
        if (!*code || is_one_of(code, tags))
            continue;
        if (tags[0])
            g_strlcat(tags, " ", OCCUPATION_TAGS_BYTES);
        g_strlcat(tags, code, OCCUPATION_TAGS_BYTES);
    }
    return true;
}

static bool take_name(const char *cell, occupation *is, GError **error)
{
    glong chars = g_utf8_strlen(cell, -1);
    if (chars >= 1 && chars <= OCCUPATION_NAME_MAX) {
        g_strlcpy(is->name, cell, sizeof is->name);
        return true;
    }
    error_set(error, ERROR_INPUT, chars ? "too_long" : "too_short", "name",
              "A name has 1 to %d characters, this one %ld", OCCUPATION_NAME_MAX, chars);
    return false;
}

/* ---- one row ---- */

static void read_row(query *row, occupation *is)
{
    memset(is, 0, sizeof *is);
    is->n = query_int(row, 0);
    g_strlcpy(is->edition, query_text(row, 1), sizeof is->edition);
    g_strlcpy(is->code, query_text(row, 2), sizeof is->code);
    g_strlcpy(is->name, query_text(row, 3), sizeof is->name);
    g_strlcpy(is->levels, query_text(row, 4), sizeof is->levels);
    g_strlcpy(is->tags, query_text(row, 5), sizeof is->tags);
}

bool occupation_read(records *db, const char *edition, const char *code, occupation *is,
                     GError **error)
{
    query *row = records_query(db, SQL_OCCUPATION_READ, "tt", edition, code);
    query_step_result step = query_step(row, error);
    if (step == QUERY_ROW)
        read_row(row, is);
    if (step == QUERY_END)
        error_set(error, ERROR_MISSING, "occupation_missing", "occupation",
                  "There is no occupation %s in the edition %s", code, edition);
    query_end(row);
    return step == QUERY_ROW;
}

static bool write_words(records *db, const occupation *is, GError **error)
{
    g_autofree char *facets = g_strdup_printf("all e%s", is->edition);
    g_autoptr(GString) name = g_string_new(NULL), spelt = g_string_new(NULL);
    words_append(name, is->name);
    words_append(name, is->code);
    pinyin_words(spelt, is->name, 0, 0);
    return records_run(db, error, SQL_OCCUPATION_TEXT_DROP, "i", is->n) &&
           records_run(db, error, SQL_OCCUPATION_TEXT_ADD, "ittt", is->n, facets, name->str,
                       spelt->str);
}

static bool insert(records *db, int64_t now_ms, occupation *is, GError **error)
{
    query *row = records_query(db, SQL_OCCUPATION_ADD, "ttttti", is->edition, is->code, is->name,
                               is->levels, is->tags, now_ms);
    if (query_step(row, error) != QUERY_ROW)
        return false;
    is->n = query_int(row, 0);
    query_end(row);
    return write_words(db, is, error);
}

static bool same(const occupation *a, const occupation *b)
{
    return g_str_equal(a->name, b->name) && g_str_equal(a->levels, b->levels) &&
           g_str_equal(a->tags, b->tags);
}

static bool put(records *db, int64_t now_ms, occupation *is, occupation_report *report,
                GError **error)
{
    occupation known;
    g_autoptr(GError) failure = NULL;
    bool there = occupation_read(db, is->edition, is->code, &known, &failure);
    if (!there && !error_is(failure, ERROR_MISSING)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    report->added += !there;
    report->unchanged += there && same(&known, is);
    report->changed += there && !same(&known, is);
    if (!there)
        return insert(db, now_ms, is, error);
    if (same(&known, is))
        return true;
    is->n = known.n;
    return records_run(db, error, SQL_OCCUPATION_CHANGE, "ittti", is->n, is->name, is->levels,
                       is->tags, now_ms) &&
           write_words(db, is, error);
}

/* ---- a file ---- */

typedef enum { EDITION, CODE, NAME, LEVELS, TAGS, COLUMNS } column;

typedef struct {
    records *db;
    int64_t now_ms;
    csv *rows;
    int at[COLUMNS];   /* where each column stands; -1: it does not */
    GHashTable *lines; /* "edition code" to the line it was on */
    occupation_report *report;
} importing;

void occupation_report_clear(occupation_report *report)
{
    g_clear_pointer(&report->errors, g_array_unref);
}

static void refuse_line(importing *i, const char *code, const GError *why)
{
    occupation_error error = {.line = csv_line(i->rows)};
    i->report->refused++;
    if (i->report->errors->len >= OCCUPATION_ERRORS_MAX)
        return;
    g_strlcpy(error.code, error_code(why), sizeof error.code);
    g_autofree char *text = g_strdup_printf("%s%s%s", code, *code ? ": " : "", why->message);
    g_autofree char *whole = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), 60));
    g_strlcpy(error.text, strlen(text) < sizeof error.text ? text : whole, sizeof error.text);
    g_array_append_val(i->report->errors, error);
}

static const char *cell(const importing *i, column which)
{
    return csv_field(i->rows, i->at[which]);
}

static bool check_key(importing *i, const char *edition, const char *code, GError **error)
{
    g_autofree char *key = g_strdup_printf("%s %s", edition, code);
    if (!occupation_edition_ok(edition)) {
        error_set(error, ERROR_INPUT, "bad_edition", "edition",
                  "An edition has 1 to %d letters or digits, such as 2022", OCCUPATION_EDITION_MAX);
        return false;
    }
    if (!occupation_code_ok(code)) {
        error_set(error, ERROR_INPUT, "bad_code", "code",
                  "A code looks like 4-14-01-02 and begins with 1 to 8");
        return false;
    }
    int before = GPOINTER_TO_INT(g_hash_table_lookup(i->lines, key));
    if (before)
        error_set(error, ERROR_INPUT, "duplicate", "code", "The same code stands on line %d",
                  before);
    else
        g_hash_table_insert(i->lines, g_steal_pointer(&key), GINT_TO_POINTER(csv_line(i->rows)));
    return before == 0;
}

static bool read_line(importing *i, occupation *is, GError **error)
{
    memset(is, 0, sizeof *is);
    if (!check_key(i, cell(i, EDITION), cell(i, CODE), error) ||
        !take_name(cell(i, NAME), is, error) || !take_levels(cell(i, LEVELS), is->levels, error) ||
        !take_tags(cell(i, TAGS), is->tags, error))
        return false;
    g_strlcpy(is->edition, cell(i, EDITION), sizeof is->edition);
    g_strlcpy(is->code, cell(i, CODE), sizeof is->code);
    return true;
}

static bool read_head(importing *i, GError **error)
{
    static const char *const names[COLUMNS] = {"edition 版本 版次", "code 编码 职业编码",
                                               "name 名称 职业名称", "levels level 等级 级别",
                                               "tags tag 标签"};
    bool row = csv_next(i->rows, NULL) == CSV_ROW;
    for (int which = 0; which < COLUMNS; which++) {
        i->at[which] = -1;
        for (int at = 0; row && at < csv_columns(i->rows); at++) {
            g_autofree char *word = g_ascii_strdown(csv_field(i->rows, at), -1);
            if (*word && is_one_of(word, names[which]))
                i->at[which] = at;
        }
    }
    if (i->at[EDITION] >= 0 && i->at[CODE] >= 0 && i->at[NAME] >= 0)
        return true;
    error_set(error, ERROR_INPUT, "csv_head", NULL,
              "The first line must name the columns: edition,code,name,levels,tags");
    return false;
}

/* False only when the records fail: what a line says is its own affair. */
static bool import_rows(importing *i, GError **error)
{
    for (;;) {
        occupation is;
        g_autoptr(GError) why = NULL;
        csv_step step = csv_next(i->rows, &why);
        if (step == CSV_END)
            return true;
        if (step == CSV_BAD)
            refuse_line(i, "", why);
        else if (!read_line(i, &is, &why))
            refuse_line(i, cell(i, CODE), why);
        else if (!put(i->db, i->now_ms, &is, i->report, error))
            return false;
    }
}

bool occupation_import(records *db, base_clock *clock, const char *bytes, gsize length,
                       occupation_report *report, GError **error)
{
    gsize written = 0;
    *report = (occupation_report){.errors = g_array_new(FALSE, FALSE, sizeof(occupation_error))};
    if (length > OCCUPATION_FILE_BYTES) {
        error_set(error, ERROR_TOO_LARGE, "file_too_large", NULL,
                  "A file of occupations has at most %d KiB", OCCUPATION_FILE_BYTES / 1024);
        return false;
    }
    g_autofree char *text = charset_to_utf8(bytes, length, &written, error);
    if (!text)
        return false;
    g_autoptr(csv) rows = csv_new(text, written);
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    importing i = {
        .db = db, .now_ms = clock_utc_ms(clock), .rows = rows, .lines = lines, .report = report};
    return read_head(&i, error) && import_rows(&i, error);
}

/* ---- looking ---- */

static GArray *read_list(query *rows, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(occupation));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        occupation is;
        read_row(rows, &is);
        g_array_append_val(list, is);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

static GArray *search(records *db, const char *asked, const char *edition, int64_t most,
                      GError **error)
{
    g_autofree char *words = words_question(asked, "name", "spelt", "", 0);
    g_autofree char *facet =
        g_strdup_printf(*edition ? "{facets} : \"e%s\"" : "{facets} : \"all\"", edition);
    g_autofree char *question = words ? g_strdup_printf("%s AND %s", words, facet) : NULL;
    if (!question)
        return g_array_new(FALSE, FALSE, sizeof(occupation));
    return read_list(records_query(db, SQL_OCCUPATION_SEARCH, "ti", question, most), error);
}

GArray *occupation_list(records *db, const char *asked, const char *edition,
                        const occupation *after, int limit, GError **error)
{
    int64_t most = CLAMP(limit, 1, OCCUPATIONS_PAGE);
    if (*edition && !occupation_edition_ok(edition))
        return g_array_new(FALSE, FALSE, sizeof(occupation));
    if (*asked)
        return search(db, asked, edition, most, error);
    return read_list(records_query(db, SQL_OCCUPATION_LIST, "ttti",
                                   after ? after->edition : edition, after ? after->code : "",
                                   *edition ? edition : "~", most),
                     error);
}

bool occupation_count(records *db, int64_t *all, int64_t *codes, GError **error)
{
    query *row = records_query(db, SQL_OCCUPATION_COUNT, "");
    bool good = query_step(row, error) == QUERY_ROW;
    *all = good ? query_int(row, 0) : 0;
    *codes = good ? query_int(row, 1) : 0;
    query_end(row);
    return good;
}

bool occupation_seed(records *db, base_clock *clock, GError **error)
{
    int64_t all, codes;
    occupation_report report = {0};
    if (!occupation_count(db, &all, &codes, error))
        return false;
    if (all)
        return true;
    bool good =
        occupation_import(db, clock, occupations_csv, occupations_csv_length, &report, error);
    g_assert(!good || report.refused == 0);
    occupation_report_clear(&report);
    return good;
}
