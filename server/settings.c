#include "settings.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "award/award.h"
#include "school/kinds.h"

typedef enum {
    SETTING_TEXT,
    SETTING_INT,
    SETTING_URL,
    SETTING_MODULES,
    SETTING_PROGRAM,
} setting_type;

typedef struct {
    const char *section, *key;
    setting_type type;
    gsize offset;
    const char *standard; /* the default, as written in a file */
    int64_t least, most;  /* SETTING_INT: the number; SETTING_TEXT: characters, most 0 for any */
    const char *choices;  /* SETTING_TEXT: "a|b|c", or NULL for anything */
} setting;

#define PLACE(member) offsetof(settings, member)

static const setting table[] = {
    {"server", "bind", SETTING_TEXT, PLACE(bind), "0.0.0.0", 0, 0, NULL},
    {"server", "port", SETTING_INT, PLACE(port), "8080", 0, 65535, NULL},
    {"server", "public_url", SETTING_URL, PLACE(public_url), "", 0, 0, NULL},
    {"server", "data", SETTING_TEXT, PLACE(data), "./data", 0, 0, NULL},
    {"server", "web", SETTING_TEXT, PLACE(web), "", 0, 0, NULL},
    {"log", "format", SETTING_TEXT, PLACE(log_format), "lines", 0, 0, "lines|json"},
    {"log", "level", SETTING_TEXT, PLACE(log_level), "info", 0, 0, "debug|info|warn|error"},
    {"rtmp", "port", SETTING_INT, PLACE(rtmp_port), "1935", -1, 65535, NULL},
    {"rtmps", "port", SETTING_INT, PLACE(rtmps_port), "1936", 0, 65535, NULL},
    {"rtmps", "certificate", SETTING_TEXT, PLACE(rtmps_certificate), "", 0, 0, NULL},
    {"rtmps", "key", SETTING_TEXT, PLACE(rtmps_key), "", 0, 0, NULL},
    {"srt", "port", SETTING_INT, PLACE(srt_port), "8890", -1, 65535, NULL},
    {"srt", "latency_ms", SETTING_INT, PLACE(srt_latency_ms), "250", 20, 8000, NULL},
    {"srt", "encryption", SETTING_TEXT, PLACE(srt_encryption), "off", 0, 0, "off|on"},
    {"whip", "port", SETTING_INT, PLACE(whip_port), "8189", -1, 65535, NULL},
    {"whip", "address", SETTING_TEXT, PLACE(whip_address), "", 0, 0, NULL},
    {"whip", "ice_servers", SETTING_TEXT, PLACE(whip_ice_servers), "", 0, 0, NULL},
    {"live", "latency", SETTING_TEXT, PLACE(live_latency), "standard", 0, 0, "standard|low"},
    {"live", "window_seconds", SETTING_INT, PLACE(live_window_seconds), "600", 5, 86400, NULL},
    {"live", "reminder_minutes", SETTING_INT, PLACE(reminder_minutes), "15", 1, 1440, NULL},
    {"live", "reminder_hook", SETTING_PROGRAM, PLACE(reminder_hook), "", 0, 0, NULL},
    {"worker", "path", SETTING_TEXT, PLACE(worker), "", 0, 0, NULL},
    {"worker", "cores", SETTING_INT, PLACE(worker_cores), "0", 0, 1024, NULL},
    {"worker", "warm", SETTING_INT, PLACE(worker_warm), "1", 0, 8, NULL},
    {"upload", "max_gb", SETTING_INT, PLACE(upload_max_gb), "20", 1, 100000, NULL},
    {"upload", "person_gb", SETTING_INT, PLACE(upload_person_gb), "100", 1, 100000, NULL},
    {"upload", "quota_gb", SETTING_INT, PLACE(upload_quota_gb), "200", 1, 1000000, NULL},
    {"upload", "reserve_gb", SETTING_INT, PLACE(upload_reserve_gb), "5", 0, 1000000, NULL},
    {"upload", "expire_hours", SETTING_INT, PLACE(upload_expire_hours), "72", 1, 8760, NULL},
    {"transcode", "keep_source", SETTING_TEXT, PLACE(keep_source), "on", 0, 0, "on|off"},
    {"retention", "live_days", SETTING_INT, PLACE(live_days), "0", 0, 36500, NULL},
    {"course", "general_modules", SETTING_MODULES, PLACE(general_modules), "", 0, 0, NULL},
    {"course", "general_max_permille", SETTING_INT, PLACE(general_max_permille), "1000", 0, 1000,
     NULL},
    {"certificate", "issuer", SETTING_TEXT, PLACE(issuer), "匠堂", 1, AWARD_ISSUER_MAX, NULL},
};

static char **text_of(const settings *is, const setting *s)
{
    return (char **)((char *)is + s->offset);
}

static int *int_of(const settings *is, const setting *s)
{
    return (int *)((char *)is + s->offset);
}

static bool is_choice(const char *choices, const char *value)
{
    g_auto(GStrv) list = g_strsplit(choices, "|", -1);
    return g_strv_contains((const char *const *)list, value);
}

static bool set_int(settings *is, const setting *s, const char *value, GError **error)
{
    gint64 number = 0;
    if (!g_ascii_string_to_signed(value, 10, s->least, s->most, &number, NULL)) {
        error_set(error, ERROR_INPUT, "setting_value", s->key,
                  "%s.%s = \"%s\": a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                  " is wanted",
                  s->section, s->key, value, s->least, s->most);
        return false;
    }
    *int_of(is, s) = (int)number;
    return true;
}

/* Scheme, host and perhaps a port: paths are appended to it, and origins compared with it. */
static bool is_site(const char *value)
{
    g_autoptr(GUri) uri = g_uri_parse(value, G_URI_FLAGS_NONE, NULL);
    return uri &&
           (g_str_equal(g_uri_get_scheme(uri), "http") ||
            g_str_equal(g_uri_get_scheme(uri), "https")) &&
           g_uri_get_host(uri) && *g_uri_get_host(uri) && !*g_uri_get_path(uri) &&
           !g_uri_get_query(uri) && !g_uri_get_fragment(uri) && !g_uri_get_userinfo(uri);
}

static bool has_length(const char *value, int64_t least, int64_t most)
{
    glong chars = g_utf8_validate(value, -1, NULL) ? g_utf8_strlen(value, -1) : -1;
    return chars >= least && chars <= most;
}

static bool set_text(settings *is, const setting *s, const char *value, GError **error)
{
    if (s->type == SETTING_URL && *value && !is_site(value)) {
        error_set(error, ERROR_INPUT, "setting_value", s->key,
                  "%s.%s = \"%s\": http://HOST or https://HOST with nothing behind it is wanted",
                  s->section, s->key, value);
        return false;
    }
    if (s->type == SETTING_MODULES && !general_modules_parse(value, &(guint){0})) {
        error_set(error, ERROR_INPUT, "setting_value", s->key,
                  "%s.%s = \"%s\": words of general modules with commas between are wanted, "
                  "as safety, law",
                  s->section, s->key, value);
        return false;
    }
    if (s->type == SETTING_PROGRAM && *value &&
        !(g_path_is_absolute(value) && g_file_test(value, G_FILE_TEST_IS_EXECUTABLE))) {
        error_set(error, ERROR_INPUT, "setting_value", s->key,
                  "%s.%s = \"%s\": the whole path of a program that can be run is wanted",
                  s->section, s->key, value);
        return false;
    }
    if (s->choices && !is_choice(s->choices, value)) {
        error_set(error, ERROR_INPUT, "setting_value", s->key,
                  "%s.%s = \"%s\": one of %s is wanted", s->section, s->key, value, s->choices);
        return false;
    }
    if (s->most > 0 && !has_length(value, s->least, s->most)) {
        error_set(error, ERROR_INPUT, "setting_value", s->key,
                  "%s.%s = \"%s\": %d to %d characters are wanted", s->section, s->key, value,
                  (int)s->least, (int)s->most);
        return false;
    }
    g_free(*text_of(is, s));
    *text_of(is, s) = g_strdup(value);
    return true;
}

static bool set(settings *is, const setting *s, const char *value, GError **error)
{
    return s->type == SETTING_INT ? set_int(is, s, value, error) : set_text(is, s, value, error);
}

static const setting *find(const char *section, const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (g_str_equal(table[i].section, section) && g_str_equal(table[i].key, key))
            return &table[i];
    return NULL;
}

settings *settings_new(void)
{
    settings *is = g_new0(settings, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        g_assert(set(is, &table[i], table[i].standard, NULL));
    return is;
}

void settings_free(settings *is)
{
    if (!is)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].type != SETTING_INT)
            g_free(*text_of(is, &table[i]));
    g_free(is);
}

bool settings_set(settings *is, const char *name, const char *value, GError **error)
{
    const char *dot = strchr(name, '.');
    g_autofree char *section = dot ? g_strndup(name, (gsize)(dot - name)) : g_strdup("");
    const setting *s = dot ? find(section, dot + 1) : NULL;
    if (!s) {
        error_set(error, ERROR_INPUT, "setting_unknown", NULL, "there is no setting \"%s\"", name);
        return false;
    }
    return set(is, s, value, error);
}

static bool load_key(settings *is, GKeyFile *file, const char *section, const char *key,
                     GError **error)
{
    const setting *s = find(section, key);
    if (!s) {
        error_set(error, ERROR_INPUT, "setting_unknown", NULL,
                  "there is no setting \"%s\" in section [%s]: see config/jiangtang.conf for all "
                  "there are",
                  key, section);
        return false;
    }
    g_autofree char *value = g_key_file_get_string(file, section, key, error);
    return value && set(is, s, value, error);
}

static bool load_section(settings *is, GKeyFile *file, const char *section, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, section, NULL, error);
    if (!keys)
        return false;
    for (char **key = keys; *key; key++)
        if (!load_key(is, file, section, *key, error))
            return false;
    return true;
}

bool settings_load(settings *is, const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error)) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    g_auto(GStrv) sections = g_key_file_get_groups(file, NULL);
    for (char **section = sections; *section; section++)
        if (!load_section(is, file, *section, error)) {
            g_prefix_error(error, "%s: ", path);
            return false;
        }
    return true;
}

char *settings_describe(const settings *is)
{
    GString *out = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const setting *s = &table[i];
        g_string_append_printf(out, "%s.%s=", s->section, s->key);
        if (s->type == SETTING_INT)
            g_string_append_printf(out, "%d\n", *int_of(is, s));
        else
            g_string_append_printf(out, "%s\n", *text_of(is, s));
    }
    return g_string_free(out, FALSE);
}
