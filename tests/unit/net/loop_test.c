#include "running.h"

#include <signal.h>

#include "net/pool.h"

static net *bare(base_clock **clock)
{
    *clock = clock_new_system();
    net *n = net_new(&(net_options){.bind = "127.0.0.1"}, *clock, NULL);
    g_assert_nonnull(n);
    return n;
}

/* ---- timers ---- */

typedef struct {
    net *net;
    net_timer *once, *every;
    int once_rang, every_rang;
} clockwork;

static void on_once(gpointer data)
{
    clockwork *c = data;
    c->once_rang++;
    net_timer_free(g_steal_pointer(&c->once));
}

static void on_every(gpointer data)
{
    clockwork *c = data;
    if (++c->every_rang == 5)
        net_stop(c->net);
}

static void timers_ring_once_or_again_and_may_free_themselves(void)
{
    base_clock *clock;
    clockwork c = {.net = bare(&clock)};
    c.once = net_timer_new(c.net, 1, 0, on_once, &c);
    c.every = net_timer_new(c.net, 5, 5, on_every, &c);
    net_run(c.net);
    g_assert_cmpint(c.once_rang, ==, 1);
    g_assert_cmpint(c.every_rang, >=, 5);
    net_free(c.net);
    net_timer_free(c.every); /* later than the net is fine */
    clock_free(clock);
}

/* ---- letters ---- */

#define POSTERS 4
#define LETTERS 100000 /* more than the box holds */

typedef struct {
    net *net;
    gint started;
    int last[POSTERS];
    guint opened;
} office;

typedef struct {
    office *office;
    int poster, number;
} letter;

static void on_letter(gpointer data)
{
    letter *l = data;
    office *o = l->office;
    g_assert_cmpint(l->number, ==, o->last[l->poster] + 1);
    o->last[l->poster] = l->number;
    if (++o->opened == POSTERS * LETTERS)
        net_stop(o->net);
    g_free(l);
}

static gpointer post_many(gpointer data)
{
    office *o = data;
    int poster = g_atomic_int_add(&o->started, 1);
    for (int i = 1; i <= LETTERS; i++) {
        letter *l = g_new(letter, 1);
        *l = (letter){o, poster, i};
        net_post(o->net, on_letter, l);
    }
    return NULL;
}

static void letters_arrive_in_each_posters_order_and_none_is_lost(void)
{
    base_clock *clock;
    office o = {.net = bare(&clock)};
    GThread *threads[POSTERS];
    for (int i = 0; i < POSTERS; i++)
        threads[i] = g_thread_new("poster", post_many, &o);
    net_run(o.net);
    for (int i = 0; i < POSTERS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(o.opened, ==, POSTERS * LETTERS);
    net_free(o.net);
    clock_free(clock);
}

static void nothing(gpointer data)
{
    (void)data;
}

static gpointer post_for_ever(gpointer data)
{
    for (int i = 0; i < 3 * NET_MAIL_MAX; i++)
        net_post(data, nothing, NULL);
    return NULL;
}

static void a_stopped_net_lets_waiting_posters_go(void)
{
    base_clock *clock;
    net *n = bare(&clock);
    GThread *thread = g_thread_new("poster", post_for_ever, n);
    g_usleep(50000); /* the box is full by now, or fills later: both are fine */
    net_stop(n);
    net_run(n);
    g_thread_join(thread);
    net_free(n);
    clock_free(clock);
}

/* ---- descriptors and signals ---- */

typedef struct {
    net *net;
    net_watch *watch;
    int ends[2];
    GString *seen;
    bool signalled;
} pipes;

static void on_pipe(guint events, gpointer data)
{
    pipes *p = data;
    char byte;
    if (events & NET_WRITE) {
        g_string_append_c(p->seen, 'w');
        net_watch_set(p->watch, NET_READ);
        g_assert_cmpint(write(p->ends[1], "x", 1), ==, 1);
        return;
    }
    g_assert_cmpint(read(p->ends[0], &byte, 1), ==, 1);
    g_string_append_c(p->seen, byte);
    net_watch_free(g_steal_pointer(&p->watch));
    raise(SIGUSR1);
}

static void on_signal(gpointer data)
{
    pipes *p = data;
    p->signalled = true;
    net_stop(p->net);
}

static void descriptors_and_signals_ring(void)
{
    base_clock *clock;
    pipes p = {.net = bare(&clock), .seen = g_string_new(NULL)};
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, p.ends), ==, 0);
    p.watch = net_watch_new(p.net, p.ends[0], NET_READ | NET_WRITE, on_pipe, &p);
    net_on_signal(p.net, SIGUSR1, on_signal, &p);
    net_run(p.net);
    g_assert_cmpstr(p.seen->str, ==, "wx");
    g_assert_true(p.signalled);
    net_free(p.net);
    clock_free(clock);
    close(p.ends[0]);
    close(p.ends[1]);
    g_string_free(p.seen, TRUE);
}

/* ---- the pool ---- */

typedef struct {
    net *net;
    pool *pool;
    GThread *loop;
    gint worked, done;
    int posted;
    GMutex gate;
} works;

static void work(gpointer data)
{
    works *w = data;
    g_mutex_lock(&w->gate);
    g_mutex_unlock(&w->gate);
    g_assert_true(g_thread_self() != w->loop);
    g_atomic_int_inc(&w->worked);
}

static void done(gpointer data)
{
    works *w = data;
    g_assert_true(g_thread_self() == w->loop);
    if (++w->done == w->posted)
        net_stop(w->net);
}

static void slow_work_runs_elsewhere_and_a_full_queue_says_busy(void)
{
    base_clock *clock;
    works w = {.net = bare(&clock), .loop = g_thread_self()};
    g_mutex_init(&w.gate);
    w.pool = pool_new(w.net);
    g_autoptr(GError) error = NULL;
    g_mutex_lock(&w.gate);
    while (pool_post(w.pool, work, done, &w, &error))
        w.posted++;
    g_assert_true(error_is(error, ERROR_BUSY));
    g_assert_cmpint(w.posted, >=, POOL_QUEUE_MAX);
    g_assert_cmpint(w.posted, <=, POOL_QUEUE_MAX + POOL_THREADS);
    g_mutex_unlock(&w.gate);
    net_run(w.net);
    g_assert_cmpint(w.done, ==, w.posted);
    pool_free(w.pool);
    net_free(w.net);
    clock_free(clock);
    g_mutex_clear(&w.gate);
}

static void a_freed_pool_finishes_what_runs_and_drops_the_rest(void)
{
    base_clock *clock;
    works w = {.net = bare(&clock), .loop = g_thread_self(), .posted = -1};
    g_mutex_init(&w.gate);
    w.pool = pool_new(w.net);
    for (int i = 0; i < 50; i++)
        g_assert_true(pool_post(w.pool, work, done, &w, NULL));
    pool_free(w.pool);
    gint worked = g_atomic_int_get(&w.worked);
    net_free(w.net); /* opens the letters of those that were finished, and starts no other */
    g_assert_cmpint(w.done, ==, worked);
    g_assert_cmpint(w.worked, ==, worked);
    clock_free(clock);
    g_mutex_clear(&w.gate);
}

/* ---- numbers ---- */

static void the_numbers_are_prometheus_text(void)
{
    base_clock *clock;
    net *n = bare(&clock);
    g_autoptr(GString) out = g_string_new(NULL);
    net_metrics(n, out);
    assert_has(out->str,
               "# TYPE jiangtang_net_requests_total counter\njiangtang_net_requests_total 0\n");
    assert_has(out->str, "jiangtang_net_connections{kind=\"websocket\"} 0\n");
    net_free(n);
    net_free(NULL);
    clock_free(clock);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/loop/" #name, name)
    TEST(timers_ring_once_or_again_and_may_free_themselves);
    TEST(letters_arrive_in_each_posters_order_and_none_is_lost);
    TEST(a_stopped_net_lets_waiting_posters_go);
    TEST(descriptors_and_signals_ring);
    TEST(slow_work_runs_elsewhere_and_a_full_queue_says_busy);
    TEST(a_freed_pool_finishes_what_runs_and_drops_the_rest);
    TEST(the_numbers_are_prometheus_text);
    return g_test_run();
}
