#include "shelf/inside.h"

#include <string.h>

#include "base/log.h"

typedef struct {
    int64_t person;
    char title_id[TITLE_ID_MAX + 1];
    GArray *spans; /* of title_span: sorted, apart from each other */
} learner_spans;

static guint learner_hash(gconstpointer data)
{
    const learner_spans *l = data;
    return g_int64_hash(&l->person) * 31 + g_str_hash(l->title_id);
}

static gboolean learner_equal(gconstpointer a, gconstpointer b)
{
    const learner_spans *one = a, *other = b;
    return one->person == other->person && strcmp(one->title_id, other->title_id) == 0;
}

static void learner_free(gpointer data)
{
    learner_spans *l = data;
    g_array_unref(l->spans);
    g_free(l);
}

void delivered_start(shelf *s)
{
    s->delivered = g_hash_table_new_full(learner_hash, learner_equal, learner_free, NULL);
}

static learner_spans key_of(int64_t person, const char *title_id)
{
    learner_spans key = {.person = person};
    g_strlcpy(key.title_id, title_id, sizeof key.title_id);
    return key;
}

static learner_spans *learner_get(shelf *s, int64_t person, const char *title_id)
{
    learner_spans key = key_of(person, title_id);
    learner_spans *l = g_hash_table_lookup(s->delivered, &key);
    if (l)
        return l;
    if (g_hash_table_size(s->delivered) >= SHELF_DELIVERED_MAX) {
        if (!s->delivered_full)
            log_warn("shelf", "what was delivered is not being fetched: nothing new is noted");
        s->delivered_full = true;
        return NULL;
    }
    l = g_new(learner_spans, 1);
    *l = key;
    l->spans = g_array_new(FALSE, FALSE, sizeof(title_span));
    g_hash_table_add(s->delivered, l);
    return l;
}

/* Puts the span in its place and swallows those it touches. */
static void merge(GArray *spans, title_span span)
{
    guint at = spans->len;
    while (at > 0 && g_array_index(spans, title_span, at - 1).to_ms >= span.from_ms)
        at--;
    guint end = at;
    while (end < spans->len && g_array_index(spans, title_span, end).from_ms <= span.to_ms) {
        const title_span *touched = &g_array_index(spans, title_span, end++);
        span.from_ms = MIN(span.from_ms, touched->from_ms);
        span.to_ms = MAX(span.to_ms, touched->to_ms);
    }
    if (end > at)
        g_array_remove_range(spans, at, end - at);
    g_array_insert_val(spans, at, span);
}

void shelf_note_delivered(shelf *s, int64_t person, const char *title_id, int64_t from_ms,
                          int64_t to_ms)
{
    learner_spans *l = person > 0 && to_ms > from_ms ? learner_get(s, person, title_id) : NULL;
    if (l)
        merge(l->spans, (title_span){from_ms, to_ms});
}

static void append_all(GArray *out, const learner_spans *l)
{
    for (guint i = 0; i < l->spans->len; i++) {
        const title_span *span = &g_array_index(l->spans, title_span, i);
        shelf_delivery delivery = {
            .person = l->person, .from_ms = span->from_ms, .to_ms = span->to_ms};
        g_strlcpy(delivery.title_id, l->title_id, sizeof delivery.title_id);
        g_array_append_val(out, delivery);
    }
}

GArray *shelf_take_delivered(shelf *s)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(shelf_delivery));
    GHashTableIter each;
    gpointer l;
    g_hash_table_iter_init(&each, s->delivered);
    while (g_hash_table_iter_next(&each, &l, NULL))
        append_all(out, l);
    g_hash_table_remove_all(s->delivered);
    s->delivered_full = false;
    return out;
}

GArray *shelf_take_delivered_to(shelf *s, int64_t person, const char *title_id)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(shelf_delivery));
    learner_spans key = key_of(person, title_id);
    learner_spans *l = g_hash_table_lookup(s->delivered, &key);
    if (l) {
        append_all(out, l);
        g_hash_table_remove(s->delivered, l);
    }
    return out;
}
