#include "worker/facts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_MLUFS (-16000)
#define PEAK_MDB (-1000)
#define GAIN_LEAST_MDB 1000
#define GAIN_MOST_MDB 20000
#define SILENCE_MLUFS (-60000) /* noise of an open microphone is not raised */

static void cut_into(char *to, gsize size, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    gsize length = MIN(strlen(valid), size - 1);
    while (length && valid[length] && (valid[length] & 0xC0) == 0x80)
        length--;
    memcpy(to, valid, length);
    to[length] = '\0';
}

void facts_say(facts_word *word, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_strlcpy(word->code, code, sizeof word->code);
    cut_into(word->found, sizeof word->found, text);
}

void facts_warn(facts *f, const char *code, const char *found)
{
    if (f->warnings < FACTS_WARNINGS_MAX)
        facts_say(&f->warning[f->warnings++], code, "%s", found);
}

int32_t facts_gain_mdb(int32_t loudness_mlufs, int32_t peak_mdb)
{
    if (loudness_mlufs == FACTS_NOT_HEARD || loudness_mlufs < SILENCE_MLUFS)
        return 0;
    int32_t gain = TARGET_MLUFS - loudness_mlufs;
    if (gain > 0)
        gain = MAX(0, MIN(gain, PEAK_MDB - peak_mdb));
    return abs(gain) < GAIN_LEAST_MDB ? 0 : CLAMP(gain, -GAIN_MOST_MDB, GAIN_MOST_MDB);
}

/* ---- JSON ---- */

static void add_text(GString *to, const char *name, const char *text)
{
    g_string_append_printf(to, "\"%s\":\"", name);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_c(to, '\\');
        if ((unsigned char)*c < ' ')
            g_string_append_printf(to, "\\u%04x", *c);
        else
            g_string_append_c(to, *c);
    }
    g_string_append_c(to, '"');
}

static void add_number(GString *to, const char *name, int64_t value)
{
    g_string_append_printf(to, ",\"%s\":%" G_GINT64_FORMAT, name, value);
}

static void add_flag(GString *to, const char *name, bool value)
{
    g_string_append_printf(to, ",\"%s\":%s", name, value ? "true" : "false");
}

static void add_thousandths(GString *to, const char *name, int32_t value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, "%.2f", value / 1000.0);
    g_string_append_printf(to, ",\"%s\":%s", name, text);
}

static void add_word(GString *to, const facts_word *word)
{
    g_string_append_c(to, '{');
    add_text(to, "code", word->code);
    g_string_append_c(to, ',');
    add_text(to, "found", word->found);
    g_string_append_c(to, '}');
}

static void add_video(GString *to, const facts_video *v)
{
    g_string_append(to, ",\"video\":{");
    add_text(to, "codec", v->codec);
    add_number(to, "width", v->width);
    add_number(to, "height", v->height);
    add_number(to, "rotation", v->rotation);
    add_number(to, "fps_milli", v->fps_milli);
    add_flag(to, "vfr", v->vfr);
    add_flag(to, "interlaced", v->interlaced);
    add_number(to, "bit_depth", v->bit_depth);
    g_string_append_c(to, ',');
    add_text(to, "chroma", v->chroma);
    add_flag(to, "hdr", v->hdr);
    add_flag(to, "copyable", v->copyable);
    add_number(to, "key_ms", v->key_ms);
    add_number(to, "bps", v->bps);
    g_string_append_c(to, '}');
}

static void add_audio(GString *to, const facts_audio *a)
{
    g_string_append(to, ",\"audio\":{");
    add_text(to, "codec", a->codec);
    add_number(to, "rate", a->rate);
    add_number(to, "channels", a->channels);
    add_number(to, "tracks", a->tracks);
    if (a->loudness_mlufs == FACTS_NOT_HEARD) {
        g_string_append(to, ",\"loudness_lufs\":null,\"peak_db\":null");
    } else {
        add_thousandths(to, "loudness_lufs", a->loudness_mlufs);
        add_thousandths(to, "peak_db", a->peak_mdb);
    }
    add_thousandths(to, "gain_db", a->gain_mdb);
    g_string_append_c(to, '}');
}

static void add_warnings(GString *to, const facts *f)
{
    g_string_append(to, ",\"warnings\":[");
    for (int32_t i = 0; i < f->warnings; i++) {
        if (i)
            g_string_append_c(to, ',');
        add_word(to, &f->warning[i]);
    }
    g_string_append(to, "]}");
}

char *facts_json(const facts *f)
{
    GString *to = g_string_new("{");
    add_text(to, "container", f->container);
    add_number(to, "bytes", f->bytes);
    add_number(to, "duration_ms", f->duration_ms);
    add_flag(to, "measured", f->measured);
    if (f->has_video)
        add_video(to, &f->video);
    else
        g_string_append(to, ",\"video\":null");
    if (f->has_audio)
        add_audio(to, &f->audio);
    else
        g_string_append(to, ",\"audio\":null");
    g_string_append(to, ",\"refused\":");
    if (*f->refused.code)
        add_word(to, &f->refused);
    else
        g_string_append(to, "null");
    add_warnings(to, f);
    return g_string_free(to, FALSE);
}
