#include "base/log.h"
#include "transcode/inside.h"

typedef struct {
    transcode *owner;
    int64_t free_bytes; /* -1: not known */
} look;

int64_t disk_left(const transcode *t)
{
    return t->free_bytes - TRANSCODE_RESERVE_BYTES;
}

static void leave_for_want_of_room(transcode *t)
{
    GHashTableIter at;
    gpointer value;
    g_hash_table_iter_init(&at, t->works);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        work *w = value;
        if (w->is.kind == JOB_PROBE || !w->hand || w->leaving)
            continue;
        w->no_room = true;
        work_leave(w);
    }
}

static void disk_has(transcode *t, int64_t free_bytes)
{
    bool none = free_bytes < TRANSCODE_RESERVE_BYTES;
    t->free_bytes = free_bytes;
    if (none != t->no_room)
        log_warn("transcode", none ? "the disk is full: files wait until there is room"
                                   : "there is room on the disk again");
    t->no_room = none;
    if (none)
        leave_for_want_of_room(t);
}

/* On the thread. */
static void read_disk(gpointer data)
{
    look *is = data;
    storage_disk disk;
    bool known = storage_disk_read(is->owner->parts.storage, &disk, NULL);
    is->free_bytes = known ? disk.free_bytes : -1;
}

static void disk_read(gpointer data)
{
    look *is = data;
    is->owner->measuring = false;
    if (is->free_bytes >= 0)
        disk_has(is->owner, is->free_bytes);
}

void disk_look(transcode *t)
{
    int64_t now_ms = clock_mono_ms(t->parts.clock);
    if (t->measuring || (t->measured_ms && now_ms - t->measured_ms < TRANSCODE_ROOM_MS))
        return;
    t->measured_ms = now_ms;
    if (t->parts.free_bytes) {
        disk_has(t, t->parts.free_bytes(t->parts.free_bytes_user));
        return;
    }
    look *is = g_new0(look, 1);
    is->owner = t;
    t->measuring =
        errand_post(storage_errands(t->parts.storage), read_disk, disk_read, is, g_free, NULL);
    if (!t->measuring)
        g_free(is);
}
