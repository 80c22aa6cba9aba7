/* serve and check-config: the settings from the file and the command line, and the house run on them. */
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "commands.h"
#include "house.h"

typedef struct {
    char *config, *data, *bind, *port, *rtmp_port, *srt_port, *whip_port;
    gboolean demo;
} serve_words;

static void words_clear(serve_words *words)
{
    g_free(words->config);
    g_free(words->data);
    g_free(words->bind);
    g_free(words->port);
    g_free(words->rtmp_port);
    g_free(words->srt_port);
    g_free(words->whip_port);
}

static bool parse_words(int argc, char **argv, const char *name, const char *summary,
                        serve_words *words, GError **error)
{
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &words->config,
         "Settings file (config/jiangtang.conf shows all)", "FILE"},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &words->data,
         "Directory of database, keys and titles", "DIR"},
        {"port", 0, 0, G_OPTION_ARG_FILENAME, &words->port, "HTTP port; 0: any free one", "N"},
        {"rtmp-port", 0, 0, G_OPTION_ARG_FILENAME, &words->rtmp_port,
         "RTMP port; 0: any free one, -1: none", "N"},
        {"srt-port", 0, 0, G_OPTION_ARG_FILENAME, &words->srt_port,
         "SRT port (UDP); 0: any free one, -1: none", "N"},
        {"whip-port", 0, 0, G_OPTION_ARG_FILENAME, &words->whip_port,
         "WebRTC port (UDP); 0: any free one, -1: none", "N"},
        {"bind", 0, 0, G_OPTION_ARG_FILENAME, &words->bind, "Address to listen on", "ADDR"},
        {"demo", 0, 0, G_OPTION_ARG_NONE, &words->demo,
         "Bring sample people, a course and a class on air", NULL},
        G_OPTION_ENTRY_NULL};
    return command_options(argc, argv, name, summary, entries, error);
}

static bool overrule(settings *is, const char *key, const char *value, GError **error)
{
    return !value || settings_set(is, key, value, error);
}

static bool read_settings(settings *is, const serve_words *words, GError **error)
{
    if (words->config && !settings_load(is, words->config, error))
        return false;
    return overrule(is, "server.data", words->data, error) &&
           overrule(is, "server.bind", words->bind, error) &&
           overrule(is, "server.port", words->port, error) &&
           overrule(is, "rtmp.port", words->rtmp_port, error) &&
           overrule(is, "srt.port", words->srt_port, error) &&
           overrule(is, "whip.port", words->whip_port, error);
}

static log_level level_of(const char *word)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (g_str_equal(word, words[i]))
            return (log_level)i;
    return LOG_INFO;
}

/* Also when only its help was asked for: no error then. */
static int do_not_serve(house *h, const GError *error)
{
    house_free(h);
    return command_end(error);
}

int command_serve(int argc, char **argv)
{
    settings *is = settings_new();
    house *h = house_new(is);
    serve_words words = {0};
    g_autoptr(GError) error = NULL;
    bool understood =
        parse_words(
            argc, argv, "jiangtang serve",
            "启动服务器；这里写的优先于配置文件。 Runs the server. What stands here wins over the "
            "settings file.",
            &words, &error) &&
        read_settings(is, &words, &error);
    bool demo = words.demo;
    words_clear(&words);
    if (!understood)
        return do_not_serve(h, error);
    log_start(g_str_equal(is->log_format, "json") ? LOG_JSON : LOG_LINES, level_of(is->log_level));
    signal(SIGPIPE, SIG_IGN);
    if (!house_build(h, demo, &error))
        return do_not_serve(h, error);
    house_run(h);
    house_free(h);
    return 0;
}

int command_check_config(int argc, char **argv)
{
    settings *is = settings_new();
    serve_words words = {0};
    g_autoptr(GError) error = NULL;
    if (parse_words(argc, argv, "jiangtang check-config",
                    "检查并列出全部设置。 Reads the settings, refuses what is wrong, and prints "
                    "them all.",
                    &words, &error) &&
        read_settings(is, &words, &error)) {
        g_autofree char *all = settings_describe(is);
        fputs(all, stdout);
    }
    words_clear(&words);
    settings_free(is);
    return command_end(error);
}
