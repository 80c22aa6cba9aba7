#include "settings.h"

#include <glib/gstdio.h>
#include <string.h>

static char *written(const char *text)
{
    char *path = NULL;
    int fd = g_file_open_tmp("settings-XXXXXX.conf", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void refuses(const char *text, const char *word)
{
    settings *is = settings_new();
    g_autofree char *path = written(text);
    g_autoptr(GError) error = NULL;
    g_assert_false(settings_load(is, path, &error));
    g_assert_nonnull(strstr(error->message, word));
    g_assert_null(strchr(error->message, '\n'));
    g_remove(path);
    settings_free(is);
}

static void the_sample_names_every_key_and_equals_the_defaults(void)
{
    settings *standard = settings_new();
    settings *sample = settings_new();
    g_autoptr(GError) error = NULL;
    g_assert_true(settings_load(sample, SOURCE_DIR "/config/jiangtang.conf", &error));
    g_autofree char *want = settings_describe(standard);
    g_autofree char *got = settings_describe(sample);
    g_assert_cmpstr(got, ==, want);

    g_autoptr(GKeyFile) file = g_key_file_new();
    g_assert_true(g_key_file_load_from_file(file, SOURCE_DIR "/config/jiangtang.conf",
                                            G_KEY_FILE_NONE, NULL));
    g_auto(GStrv) lines = g_strsplit(want, "\n", -1);
    for (char **line = lines; **line; line++) {
        g_auto(GStrv) name = g_strsplit_set(*line, ".=", 3);
        g_assert_true(g_key_file_has_key(file, name[0], name[1], NULL));
    }
    settings_free(standard);
    settings_free(sample);
}

static void an_unknown_key_or_section_is_refused_by_name(void)
{
    refuses("[server]\nporrt=1\n", "porrt");
    refuses("[sever]\nport=1\n", "sever");
}

static void a_bad_value_is_refused_with_what_would_be_right(void)
{
    refuses("[server]\nport=http\n", "0 to 65535");
    refuses("[server]\nport=70000\n", "0 to 65535");
    refuses("[log]\nformat=xml\n", "lines|json");
    refuses("[live]\nreminder_minutes=0\n", "1 to 1440");
    refuses("[course]\ngeneral_modules=safety, fun\n", "general modules");
    refuses("[course]\ngeneral_max_permille=1001\n", "0 to 1000");
    refuses("[certificate]\nissuer=\n", "1 to 40");
    refuses("[certificate]\nissuer="
            "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七"
            "八九十一\n",
            "1 to 40");
}

static void a_public_url_is_scheme_and_host_or_nothing(void)
{
    static const char *const good[] = {"", "http://localhost:8080", "https://school.example",
                                       "http://[2001:db8::1]:8080"};
    static const char *const bad[] = {"https://school.example/",
                                      "https://school.example/learn",
                                      "school.example",
                                      "ftp://school.example",
                                      "https://",
                                      "https://a@school.example",
                                      "https://school.example?x",
                                      "https://school.example#x"};
    settings *is = settings_new();
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(settings_set(is, "server.public_url", good[i], NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(settings_set(is, "server.public_url", bad[i], &error));
        g_assert_nonnull(strstr(error->message, "https://HOST"));
    }
    settings_free(is);
}

static void a_hook_is_the_whole_path_of_a_program_or_nothing(void)
{
    static const char *const bad[] = {"sh", "bin/sh", "/nonexistent/hook", "/etc/passwd"};
    settings *is = settings_new();
    g_assert_true(settings_set(is, "live.reminder_hook", "/bin/sh", NULL));
    g_assert_true(settings_set(is, "live.reminder_hook", "", NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(settings_set(is, "live.reminder_hook", bad[i], &error));
        g_assert_nonnull(strstr(error->message, "whole path"));
    }
    settings_free(is);
}

static void the_command_line_wins_over_the_file(void)
{
    settings *is = settings_new();
    g_autofree char *path = written("[server]\nport=9000\n");
    g_assert_true(settings_load(is, path, NULL));
    g_assert_true(settings_set(is, "server.port", "9001", NULL));
    g_assert_cmpint(is->port, ==, 9001);
    g_assert_false(settings_set(is, "server.nothing", "1", NULL));
    g_remove(path);
    settings_free(is);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/the_sample_names_every_key_and_equals_the_defaults",
                    the_sample_names_every_key_and_equals_the_defaults);
    g_test_add_func("/settings/an_unknown_key_or_section_is_refused_by_name",
                    an_unknown_key_or_section_is_refused_by_name);
    g_test_add_func("/settings/a_bad_value_is_refused_with_what_would_be_right",
                    a_bad_value_is_refused_with_what_would_be_right);
    g_test_add_func("/settings/a_public_url_is_scheme_and_host_or_nothing",
                    a_public_url_is_scheme_and_host_or_nothing);
    g_test_add_func("/settings/a_hook_is_the_whole_path_of_a_program_or_nothing",
                    a_hook_is_the_whole_path_of_a_program_or_nothing);
    g_test_add_func("/settings/the_command_line_wins_over_the_file",
                    the_command_line_wins_over_the_file);
    return g_test_run();
}
