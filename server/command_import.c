#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "catalogue/occupation.h"

typedef struct {
    char *data;
    char **files; /* the words that are no options */
} wish;

static void wish_clear(wish *is)
{
    g_free(is->data);
    g_strfreev(is->files);
}

static char *read_file(const char *path, gsize *length, GError **error)
{
    char *bytes = NULL;
    g_autoptr(GError) why = NULL;
    if (g_file_get_contents(path, &bytes, length, &why))
        return bytes;
    error_set(error, ERROR_INPUT, "file", NULL, "%s", why->message);
    return NULL;
}

static bool import(const char *data, const char *bytes, gsize length, occupation_report *report,
                   GError **error)
{
    g_autofree char *path = command_database(data);
    records *db = records_open(path, RECORDS_WRITE, error);
    base_clock *clock = clock_new_system();
    bool good = db && records_begin(db, error) &&
                occupation_import(db, clock, bytes, length, report, error) &&
                records_commit(db, error);
    clock_free(clock);
    records_close(db);
    return good;
}

static void tell(const char *file, const occupation_report *report)
{
    for (guint i = 0; i < report->errors->len; i++) {
        const occupation_error *is = &g_array_index(report->errors, occupation_error, i);
        fprintf(stderr, "%s:%d: %s\n", file, is->line, is->text);
    }
    printf("新增 Added %d, 修改 changed %d, 不变 unchanged %d, 拒绝 refused %d\n", report->added,
           report->changed, report->unchanged, report->refused);
}

static int occupations(int argc, char **argv)
{
    wish is = {0};
    gsize length = 0;
    occupation_report report = {0};
    g_autofree char *bytes = NULL;
    g_autoptr(GError) error = NULL;
    const GOptionEntry entries[] = {
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &is.data,
         "数据目录 The server's data directory (" COMMAND_DATA ")", "DIR"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &is.files, NULL, "FILE"},
        G_OPTION_ENTRY_NULL};
    bool good = command_options(
        argc, argv, "jiangtang import occupations",
        "导入职业分类 CSV：edition,code,name,levels,tags；有错的行逐行列出，其余照收。 "
        "Takes in a CSV of occupations; wrong lines are told one by one, the "
        "others are taken.",
        entries, &error);
    if (good && (!is.files || g_strv_length(is.files) != 1)) {
        error_set(&error, ERROR_INPUT, "missing", NULL, "One FILE is needed; see --help");
        good = false;
    }
    if (good && (bytes = read_file(is.files[0], &length, &error)) &&
        import(is.data, bytes, length, &report, &error))
        tell(is.files[0], &report);
    int refused = report.refused;
    occupation_report_clear(&report);
    wish_clear(&is);
    return refused && !error ? 1 : command_end(error);
}

static int usage(FILE *out)
{
    fputs("用法 Usage: jiangtang import occupations [OPTION...] FILE\n\n"
          "  occupations   职业分类 a classification of occupations (CSV)\n\n"
          "Each has --help.\n",
          out);
    return out == stdout ? 0 : 2;
}

int command_import(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "occupations") == 0)
        return occupations(argc - 1, argv + 1);
    return usage(strcmp(what, "--help") == 0 || strcmp(what, "-h") == 0 ? stdout : stderr);
}
