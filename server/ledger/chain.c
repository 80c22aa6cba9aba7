#include "ledger/chain.h"

#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "base/clock.h"

#define DAY_MS (24 * 3600 * 1000LL)

chain_hash chain_start(void)
{
    return (chain_hash){{0}};
}

chain_hash chain_next(const chain_hash *before, const char *body)
{
    chain_hash next;
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool done = sha && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(sha, before->bytes, sizeof before->bytes) == 1 &&
                EVP_DigestUpdate(sha, body, strlen(body)) == 1 &&
                EVP_DigestFinal_ex(sha, next.bytes, NULL) == 1;
    g_assert(done); /* SHA-256 in memory cannot fail but for memory */
    EVP_MD_CTX_free(sha);
    return next;
}

bool chain_equal(const chain_hash *a, const chain_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

char *chain_hex(const chain_hash *hash)
{
    GString *hex = g_string_sized_new(2 * CHAIN_HASH_BYTES + 1);
    for (gsize i = 0; i < CHAIN_HASH_BYTES; i++)
        g_string_append_printf(hex, "%02x", hash->bytes[i]);
    return g_string_free(hex, FALSE);
}

void chain_day(int64_t utc_ms, char day[11])
{
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc((utc_ms + CLOCK_CHINA_MS) / 1000);
    g_autofree char *text = g_date_time_format(date, "%Y-%m-%d");
    g_strlcpy(day, text, 11);
}

static void append_refused(GString *out, const chain_record *record)
{
    const char *comma = "";
    for (int i = 0; i < CHAIN_REFUSED_MAX; i++) {
        if (record->refused_ms[i] == 0)
            continue;
        g_string_append_printf(out, "%s\"%d\":%" G_GINT64_FORMAT, comma, i, record->refused_ms[i]);
        comma = ",";
    }
}

char *chain_body(const chain_record *record)
{
    char day[11];
    g_autofree char *gained = coverage_text(record->gained);
    GString *out = g_string_sized_new(256);
    chain_day(record->at_ms, day);
    g_string_append_printf(out,
                           "{\"v\":1,\"n\":%" G_GINT64_FORMAT
                           ",\"day\":\"%s\",\"at\":%" G_GINT64_FORMAT
                           ",\"person\":%" G_GINT64_FORMAT ",\"title\":\"%s\",\"spans\":\"%s\""
                           ",\"gained\":%" G_GINT64_FORMAT ",\"credited\":%" G_GINT64_FORMAT
                           ",\"covered\":%" G_GINT64_FORMAT ",\"refused\":{",
                           record->n, day, record->at_ms, record->person, record->title_id, gained,
                           record->gained_ms, record->credited_ms, record->covered_ms);
    append_refused(out, record);
    g_string_append(out, "}}");
    return g_string_free(out, FALSE);
}

static int64_t integer(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void read_refused(const json_t *refused, chain_record *record)
{
    for (int i = 0; i < CHAIN_REFUSED_MAX; i++) {
        char key[4];
        g_snprintf(key, sizeof key, "%d", i);
        record->refused_ms[i] = integer(refused, key);
    }
}

static bool read_object(const json_t *root, chain_record *record, GError **error)
{
    const char *title = json_string_value(json_object_get(root, "title"));
    const char *spans = json_string_value(json_object_get(root, "spans"));
    *record = (chain_record){.n = integer(root, "n"),
                             .at_ms = integer(root, "at"),
                             .person = integer(root, "person"),
                             .gained_ms = integer(root, "gained"),
                             .credited_ms = integer(root, "credited"),
                             .covered_ms = integer(root, "covered")};
    g_strlcpy(record->title_id, title ? title : "", sizeof record->title_id);
    read_refused(json_object_get(root, "refused"), record);
    record->gained = coverage_parse(spans ? spans : "none", error);
    return record->gained != NULL;
}

bool chain_read(const char *body, chain_record *record, GError **error)
{
    json_t *root = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    bool read = root && read_object(root, record, NULL);
    json_decref(root);
    if (read) { /* whatever is missing, added or bent, the text would not come out the same */
        g_autofree char *again = chain_body(record);
        if (g_str_equal(again, body))
            return true;
        chain_record_clear(record);
    }
    error_set(error, ERROR_INPUT, "chain_body", NULL, "this is not the text of a record");
    return false;
}

void chain_record_clear(chain_record *record)
{
    g_clear_pointer(&record->gained, coverage_free);
}
