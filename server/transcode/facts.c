#include "transcode/facts.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "transcode/asset.h"
#include "wire/wire.h"

#define DURATION_MAX_MS (7 * 24 * 3600 * 1000LL)

static bool read_refusal(const json_t *is, file_facts *facts)
{
    const char *code = json_string_value(json_object_get(is, "code"));
    const char *found = json_string_value(json_object_get(is, "found"));
    if (json_is_null(is) || !is)
        return true;
    if (!code || !*code || strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(code))
        return false;
    g_strlcpy(facts->refused, code, sizeof facts->refused);
    words_fit(facts->found, sizeof facts->found, found);
    return true;
}

static int32_t read_gain(const json_t *audio)
{
    double db = json_number_value(json_object_get(audio, "gain_db"));
    return isfinite(db) ? (int32_t)CLAMP(db * 1000, -WIRE_GAIN_MAX, WIRE_GAIN_MAX) : 0;
}

static bool read_facts(const json_t *root, file_facts *facts)
{
    const json_t *video = json_object_get(root, "video"), *audio = json_object_get(root, "audio");
    facts->video = json_is_object(video);
    facts->audio = json_is_object(audio);
    facts->copyable = json_is_true(json_object_get(video, "copyable"));
    facts->gain_mdb = read_gain(audio);
    facts->duration_ms = json_integer_value(json_object_get(root, "duration_ms"));
    return json_is_object(root) && read_refusal(json_object_get(root, "refused"), facts) &&
           facts->duration_ms >= 0 && facts->duration_ms <= DURATION_MAX_MS &&
           (facts->refused[0] || facts->video || facts->audio);
}

bool facts_read(const char *text, file_facts *facts, GError **error)
{
    memset(facts, 0, sizeof *facts);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool good = root && read_facts(root, facts);
    json_decref(root);
    if (!good)
        error_set(error, ERROR_PEER, "bad_facts", NULL, "the probe's answer cannot be read");
    return good;
}
