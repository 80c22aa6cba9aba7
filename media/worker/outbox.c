#include "worker/outbox.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct outbox {
    GMutex lock;
    GCond room;
    GQueue items; /* of outbox_item */
    bool shut;
    int fd;
};

outbox *outbox_new(void)
{
    outbox *o = g_new0(outbox, 1);
    g_mutex_init(&o->lock);
    g_cond_init(&o->room);
    g_queue_init(&o->items);
    o->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (o->fd < 0)
        g_error("eventfd: %s", g_strerror(errno));
    return o;
}

void outbox_item_free(outbox_item *item)
{
    if (!item)
        return;
    unit_free(item->unit);
    g_clear_pointer(&item->config, g_bytes_unref);
    g_free(item->sentence);
    g_free(item);
}

void outbox_free(outbox *o)
{
    if (!o)
        return;
    g_queue_clear_full(&o->items, (GDestroyNotify)outbox_item_free);
    g_mutex_clear(&o->lock);
    g_cond_clear(&o->room);
    close(o->fd);
    g_free(o);
}

int outbox_fd(const outbox *o)
{
    return o->fd;
}

void outbox_wake(outbox *o)
{
    uint64_t one = 1;
    if (write(o->fd, &one, sizeof one) < 0 && errno != EAGAIN)
        g_error("eventfd: %s", g_strerror(errno));
}

void outbox_put(outbox *o, outbox_item *item)
{
    g_mutex_lock(&o->lock);
    while (!o->shut && g_queue_get_length(&o->items) >= OUTBOX_MAX)
        g_cond_wait(&o->room, &o->lock);
    bool shut = o->shut;
    if (!shut)
        g_queue_push_tail(&o->items, item);
    g_mutex_unlock(&o->lock);
    if (shut)
        outbox_item_free(item);
    else
        outbox_wake(o);
}

void outbox_shut(outbox *o)
{
    g_mutex_lock(&o->lock);
    o->shut = true;
    g_cond_broadcast(&o->room);
    g_mutex_unlock(&o->lock);
}

outbox_item *outbox_take(outbox *o)
{
    uint64_t count;
    g_mutex_lock(&o->lock);
    outbox_item *item = g_queue_pop_head(&o->items);
    g_cond_signal(&o->room);
    g_mutex_unlock(&o->lock);
    if (!item && read(o->fd, &count, sizeof count) > 0) {
        g_mutex_lock(&o->lock);
        item = g_queue_pop_head(&o->items); /* put between the look and the read */
        g_mutex_unlock(&o->lock);
    }
    return item;
}

void outbox_wait(outbox *o, int64_t timeout_ms)
{
    struct pollfd p = {o->fd, POLLIN, 0};
    poll(&p, 1, (int)timeout_ms);
}
