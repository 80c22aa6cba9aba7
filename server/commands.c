#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* GLib's own --help goes through the locale: question marks for Chinese on a bare machine. */
static void print_help(GOptionContext *context)
{
    g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
    fputs(help, stdout);
}

bool command_options(int argc, char **argv, const char *name, const char *summary,
                     const GOptionEntry *entries, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_set_prgname(name);
    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, entries, NULL);
    if (asks_for_help(argc, argv)) {
        print_help(context);
        return false;
    }
    if (!g_option_context_parse(context, &argc, &argv, error))
        return false;
    if (argc > 1)
        error_set(error, ERROR_INPUT, "words", NULL, "\"%s\" is not understood; see --help",
                  argv[1]);
    return argc <= 1;
}

char *command_database(const char *data_dir)
{
    return g_build_filename(data_dir ? data_dir : COMMAND_DATA, "jiangtang.db", NULL);
}

int command_end(const GError *error)
{
    if (error)
        fprintf(stderr, "jiangtang: %s\n", error->message);
    return error ? 1 : 0;
}
