#include "ledger/coverage.h"

#include <string.h>

struct coverage {
    GArray *spans; /* of ledger_span, sorted, no two touch */
};

static ledger_span *at(const coverage *is, guint i)
{
    return &g_array_index(is->spans, ledger_span, i);
}

coverage *coverage_new(void)
{
    coverage *is = g_new(coverage, 1);
    is->spans = g_array_new(FALSE, FALSE, sizeof(ledger_span));
    return is;
}

coverage *coverage_copy(const coverage *of)
{
    coverage *is = coverage_new();
    g_array_append_vals(is->spans, of->spans->data, of->spans->len);
    return is;
}

void coverage_free(coverage *is)
{
    if (!is)
        return;
    g_array_unref(is->spans);
    g_free(is);
}

/* The first span that ends at or behind ms: where something from ms on may touch. */
static guint first_reaching(const coverage *is, int64_t ms)
{
    guint low = 0, high = is->spans->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (at(is, middle)->to_ms < ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t coverage_add(coverage *is, int64_t from_ms, int64_t to_ms)
{
    if (from_ms < 0 || to_ms > COVERAGE_MS_MAX || from_ms >= to_ms)
        return 0;
    guint first = first_reaching(is, from_ms), last = first;
    ledger_span merged = {from_ms, to_ms};
    int64_t had = 0;
    for (; last < is->spans->len && at(is, last)->from_ms <= to_ms; last++) {
        had += at(is, last)->to_ms - at(is, last)->from_ms;
        merged.from_ms = MIN(merged.from_ms, at(is, last)->from_ms);
        merged.to_ms = MAX(merged.to_ms, at(is, last)->to_ms);
    }
    if (last == first && is->spans->len == COVERAGE_SPANS_MAX)
        return 0;
    if (last > first) {
        *at(is, first) = merged;
        g_array_remove_range(is->spans, first + 1, last - first - 1);
    } else {
        g_array_insert_val(is->spans, first, merged);
    }
    return merged.to_ms - merged.from_ms - had;
}

void coverage_add_all(coverage *is, const coverage *other)
{
    for (guint i = 0; i < other->spans->len; i++)
        coverage_add(is, at(other, i)->from_ms, at(other, i)->to_ms);
}

int64_t coverage_total(const coverage *is)
{
    int64_t sum = 0;
    for (guint i = 0; i < is->spans->len; i++)
        sum += at(is, i)->to_ms - at(is, i)->from_ms;
    return sum;
}

const GArray *coverage_spans(const coverage *is)
{
    return is->spans;
}

bool coverage_empty(const coverage *is)
{
    return is->spans->len == 0;
}

static void append(coverage *is, int64_t from_ms, int64_t to_ms)
{
    ledger_span span = {from_ms, to_ms};
    if (from_ms < to_ms)
        g_array_append_val(is->spans, span);
}

coverage *coverage_common(const coverage *is, const coverage *with)
{
    coverage *both = coverage_new();
    for (guint a = 0, b = 0; a < is->spans->len && b < with->spans->len;) {
        const ledger_span *x = at(is, a), *y = at(with, b);
        append(both, MAX(x->from_ms, y->from_ms), MIN(x->to_ms, y->to_ms));
        if (x->to_ms < y->to_ms)
            a++;
        else
            b++;
    }
    return both;
}

coverage *coverage_minus(const coverage *is, const coverage *without)
{
    coverage *rest = coverage_new();
    guint b = 0;
    for (guint a = 0; a < is->spans->len; a++) {
        int64_t from_ms = at(is, a)->from_ms, to_ms = at(is, a)->to_ms;
        while (b < without->spans->len && at(without, b)->to_ms <= from_ms)
            b++;
        for (guint i = b; i < without->spans->len && at(without, i)->from_ms < to_ms; i++) {
            append(rest, from_ms, at(without, i)->from_ms);
            from_ms = at(without, i)->to_ms;
        }
        append(rest, from_ms, to_ms);
    }
    return rest;
}

coverage *coverage_first(const coverage *is, int64_t ms)
{
    coverage *head = coverage_new();
    for (guint i = 0; i < is->spans->len && ms > 0; i++) {
        int64_t length = MIN(ms, at(is, i)->to_ms - at(is, i)->from_ms);
        append(head, at(is, i)->from_ms, at(is, i)->from_ms + length);
        ms -= length;
    }
    return head;
}

coverage *coverage_grown(const coverage *is, int64_t ms)
{
    coverage *grown = coverage_new();
    for (guint i = 0; i < is->spans->len; i++) {
        ledger_span span = {MAX(at(is, i)->from_ms - ms, 0),
                            MIN(at(is, i)->to_ms + ms, COVERAGE_MS_MAX)};
        ledger_span *last = grown->spans->len ? at(grown, grown->spans->len - 1) : NULL;
        if (last && span.from_ms <= last->to_ms)
            last->to_ms = span.to_ms;
        else
            g_array_append_val(grown->spans, span);
    }
    return grown;
}

coverage *coverage_of(const GArray *spans)
{
    coverage *is = coverage_new();
    for (guint i = 0; spans && i < spans->len; i++) {
        const ledger_span *span = &g_array_index(spans, ledger_span, i);
        coverage_add(is, span->from_ms, span->to_ms);
    }
    return is;
}

char *coverage_text(const coverage *is)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < is->spans->len; i++)
        g_string_append_printf(out, "%s%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, i ? "," : "",
                               at(is, i)->from_ms, at(is, i)->to_ms);
    return g_string_free(out, FALSE);
}

/* A plain decimal number up to COVERAGE_MS_MAX; NULL behind it when it is none. */
static const char *parse_ms(const char *text, int64_t *ms)
{
    if (!g_ascii_isdigit(*text))
        return NULL;
    for (*ms = 0; g_ascii_isdigit(*text) && *ms <= COVERAGE_MS_MAX; text++)
        *ms = *ms * 10 + (*text - '0');
    return *ms <= COVERAGE_MS_MAX ? text : NULL;
}

coverage *coverage_parse(const char *text, GError **error)
{
    coverage *is = coverage_new();
    const char *next = text;
    int64_t last_ms = -1;
    while (next && *next && is->spans->len < COVERAGE_SPANS_MAX) {
        ledger_span span;
        next = parse_ms(next, &span.from_ms);
        next = next && *next == '-' ? parse_ms(next + 1, &span.to_ms) : NULL;
        if (!next || span.from_ms <= last_ms || span.to_ms <= span.from_ms ||
            (*next && *next != ',')) {
            next = NULL;
            break;
        }
        g_array_append_val(is->spans, span);
        last_ms = span.to_ms;
        if (*next == ',' && *++next == '\0')
            next = NULL;
    }
    if (next && *next == '\0')
        return is;
    coverage_free(is);
    error_set(error, ERROR_INPUT, "coverage_text", NULL, "\"%.40s\" is not a list of rising spans",
              text);
    return NULL;
}
