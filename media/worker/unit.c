#include "worker/unit.h"

unit *unit_new(GBytes *bytes, int64_t pts, int64_t dts, bool key)
{
    unit *u = g_new0(unit, 1);
    u->bytes = g_bytes_ref(bytes);
    u->pts = pts;
    u->dts = dts;
    u->key = key;
    return u;
}

unit *unit_copy(const unit *from)
{
    unit *u = unit_new(from->bytes, from->pts, from->dts, from->key);
    u->duration = from->duration;
    return u;
}

void unit_free(unit *u)
{
    if (!u)
        return;
    g_bytes_unref(u->bytes);
    g_free(u);
}
