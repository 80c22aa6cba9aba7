#include "base/metric.h"

void metric_head(GString *out, const char *name, const char *help, const char *type)
{
    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void append_value(GString *out, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(out, " %s\n", g_ascii_formatd(text, sizeof text, "%.17g", value));
}

void metric_sample(GString *out, const char *name, const char *labels, double value)
{
    g_string_append_printf(out, "%s{%s}", name, labels);
    append_value(out, value);
}

static void alone(GString *out, const char *name, const char *help, const char *type, double value)
{
    metric_head(out, name, help, type);
    g_string_append(out, name);
    append_value(out, value);
}

void metric_gauge(GString *out, const char *name, const char *help, double value)
{
    alone(out, name, help, "gauge", value);
}

void metric_counter(GString *out, const char *name, const char *help, double value)
{
    alone(out, name, help, "counter", value);
}
