#include "room/history.h"

struct history {
    guint most;
    GQueue *texts; /* of char * */
    char *joined;  /* NULL: to be made again */
};

history *history_new(guint messages)
{
    history *h = g_new0(history, 1);
    h->most = messages;
    h->texts = g_queue_new();
    return h;
}

void history_free(history *h)
{
    if (!h)
        return;
    g_queue_free_full(h->texts, g_free);
    g_free(h->joined);
    g_free(h);
}

void history_add(history *h, const char *json)
{
    g_queue_push_tail(h->texts, g_strdup(json));
    if (h->texts->length > h->most)
        g_free(g_queue_pop_head(h->texts));
    g_clear_pointer(&h->joined, g_free);
}

const char *history_json(history *h)
{
    if (h->joined)
        return h->joined;
    GString *all = g_string_new("[");
    for (GList *link = h->texts->head; link; link = link->next)
        g_string_append_printf(all, "%s%s", link->prev ? "," : "", (char *)link->data);
    g_string_append_c(all, ']');
    return h->joined = g_string_free(all, FALSE);
}
