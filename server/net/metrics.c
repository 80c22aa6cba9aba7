#include "net/inside.h"

static void gauge(GString *out, const char *name, const char *help, const char *type)
{
    g_string_append_printf(out, "# HELP jiangtang_net_%s %s\n# TYPE jiangtang_net_%s %s\n", name,
                           help, name, type);
}

static void number(GString *out, const char *name, const char *labels, guint64 value)
{
    g_string_append_printf(out, "jiangtang_net_%s%s %" G_GUINT64_FORMAT "\n", name, labels, value);
}

static void single(GString *out, const char *name, const char *help, const char *type,
                   guint64 value)
{
    gauge(out, name, help, type);
    number(out, name, "", value);
}

void net_metrics(const net *n, GString *out)
{
    const net_counts *c = &n->counts;
    gauge(out, "connections", "Open sockets by what is spoken on them.", "gauge");
    number(out, "connections", "{kind=\"http\"}", c->http_open - c->ws_open);
    number(out, "connections", "{kind=\"websocket\"}", c->ws_open);
    number(out, "connections", "{kind=\"raw\"}", c->raw_open);
    gauge(out, "responses_total", "Responses begun, by class of status.", "counter");
    for (int class = 1; class <= 5; class ++) {
        g_autofree char *labels = g_strdup_printf("{class=\"%dxx\"}", class);
        number(out, "responses_total", labels, c->by_class[class]);
    }
    single(out, "accepted_total", "Connections accepted.", "counter", c->accepted);
    single(out, "requests_total", "Requests whose headers were whole.", "counter", c->requests);
    single(out, "refused_total", "Requests refused by the net itself.", "counter", c->refused);
    single(out, "sent_bytes_total", "Bytes handed to the kernel.", "counter", c->bytes_sent);
    single(out, "websockets_opened_total", "WebSocket handshakes completed.", "counter",
           c->ws_opened);
    single(out, "websockets_cut_total", "WebSockets closed for being slow, silent or too big.",
           "counter", c->ws_cut);
    single(out, "mail_waiting", "Letters from other threads not opened yet.", "gauge",
           mail_waiting(n->mail));
    single(out, "long_turns_total", "Loop turns over 5 ms.", "counter", c->turns_long);
    single(out, "longest_turn_microseconds", "The longest of them.", "gauge", c->turn_worst_us);
}
