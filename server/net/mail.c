#include <pthread.h> /* not GMutex: ThreadSanitizer cannot see into that */

#include "net/inside.h"

#define MAIL_SLICE 1024 /* letters opened per loop turn; chat and media want their turn too */

typedef struct {
    void (*fn)(gpointer data);
    gpointer data;
} letter;

struct mail {
    net *net;
    ev_async bell;
    pthread_mutex_t lock; /* guards `in`, `closed` and `room` */
    pthread_cond_t room;
    GArray *in; /* of letter: written by anybody */
    bool closed;
    GArray *open; /* of letter: being read by the loop */
    guint at;
};

static void refill(mail *m)
{
    g_array_set_size(m->open, 0);
    m->at = 0;
    pthread_mutex_lock(&m->lock);
    GArray *full = m->in;
    m->in = m->open;
    m->open = full;
    pthread_cond_broadcast(&m->room);
    pthread_mutex_unlock(&m->lock);
}

static void on_bell(struct ev_loop *loop, ev_async *bell, int events)
{
    (void)events;
    mail *m = bell->data;
    net_turn(m->net, "mail");
    for (guint i = 0; i < MAIL_SLICE; i++) {
        if (m->at == m->open->len)
            refill(m);
        if (m->at == m->open->len)
            return;
        letter l = g_array_index(m->open, letter, m->at++);
        l.fn(l.data);
    }
    ev_async_send(loop, bell);
}

mail *mail_new(net *n)
{
    mail *m = g_new0(mail, 1);
    m->net = n;
    m->in = g_array_new(FALSE, FALSE, sizeof(letter));
    m->open = g_array_new(FALSE, FALSE, sizeof(letter));
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->room, NULL);
    ev_async_init(&m->bell, on_bell);
    m->bell.data = m;
    ev_async_start(n->loop, &m->bell);
    return m;
}

void mail_close(mail *m)
{
    pthread_mutex_lock(&m->lock);
    m->closed = true;
    pthread_cond_broadcast(&m->room);
    pthread_mutex_unlock(&m->lock);
}

void mail_free(mail *m)
{
    ev_async_stop(m->net->loop, &m->bell);
    g_array_unref(m->in);
    g_array_unref(m->open);
    pthread_cond_destroy(&m->room);
    pthread_mutex_destroy(&m->lock);
    g_free(m);
}

guint mail_waiting(const mail *m)
{
    mail *open = (mail *)m; /* the lock is not part of what is promised const */
    pthread_mutex_lock(&open->lock);
    guint waiting = m->in->len;
    pthread_mutex_unlock(&open->lock);
    return waiting + m->open->len - m->at;
}

void mail_drain(mail *m)
{
    for (int i = 0; i < 2 * NET_MAIL_MAX / MAIL_SLICE && mail_waiting(m) > 0; i++)
        on_bell(m->net->loop, &m->bell, 0);
}

bool mail_post(mail *m, void (*fn)(gpointer data), gpointer data)
{
    letter l = {fn, data};
    pthread_mutex_lock(&m->lock);
    /* The loop itself never waits for itself. */
    while (m->in->len >= NET_MAIL_MAX && !m->closed &&
           g_thread_self() != g_atomic_pointer_get(&m->net->thread))
        pthread_cond_wait(&m->room, &m->lock);
    bool taken = !m->closed;
    if (taken)
        g_array_append_val(m->in, l);
    pthread_mutex_unlock(&m->lock);
    if (taken)
        ev_async_send(m->net->loop, &m->bell);
    return taken;
}

bool net_post(net *n, void (*fn)(gpointer data), gpointer data)
{
    return mail_post(n->mail, fn, data);
}
