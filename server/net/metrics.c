#include "net/inside.h"

#include "base/metric.h"

void net_metrics(const net *n, GString *out)
{
    const net_counts *c = &n->counts;
    metric_head(out, "jiangtang_net_connections", "Open sockets by what is spoken on them",
                "gauge");
    metric_sample(out, "jiangtang_net_connections", "kind=\"http\"",
                  (double)(c->http_open - c->ws_open));
    metric_sample(out, "jiangtang_net_connections", "kind=\"websocket\"", (double)c->ws_open);
    metric_sample(out, "jiangtang_net_connections", "kind=\"raw\"", (double)c->raw_open);
    metric_head(out, "jiangtang_net_responses_total", "Responses begun, by class of status",
                "counter");
    for (int class = 1; class <= 5; class ++) {
        g_autofree char *labels = g_strdup_printf("class=\"%dxx\"", class);
        metric_sample(out, "jiangtang_net_responses_total", labels, (double)c->by_class[class]);
    }
    metric_counter(out, "jiangtang_net_accepted_total", "Connections accepted",
                   (double)c->accepted);
    metric_counter(out, "jiangtang_net_requests_total", "Requests whose headers were whole",
                   (double)c->requests);
    metric_counter(out, "jiangtang_net_refused_total", "Requests refused by the net itself",
                   (double)c->refused);
    metric_counter(out, "jiangtang_net_sent_bytes_total", "Bytes handed to the kernel",
                   (double)c->bytes_sent);
    metric_counter(out, "jiangtang_net_streamed_bytes_total", "Bytes of streamed request bodies",
                   (double)c->body_bytes);
    metric_counter(out, "jiangtang_net_websockets_opened_total", "WebSocket handshakes completed",
                   (double)c->ws_opened);
    metric_counter(out, "jiangtang_net_websockets_cut_total",
                   "WebSockets closed for being slow, silent or too big", (double)c->ws_cut);
    metric_gauge(out, "jiangtang_net_mail_waiting", "Letters from other threads not opened yet",
                 (double)mail_waiting(n->mail));
    metric_counter(out, "jiangtang_net_long_turns_total", "Loop turns over 5 ms",
                   (double)c->turns_long);
    metric_gauge(out, "jiangtang_net_longest_turn_microseconds", "The longest of them",
                 (double)c->turn_worst_us);
}
