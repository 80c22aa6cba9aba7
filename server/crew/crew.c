#include "crew/crew.h"

#include <poll.h>
#include <unistd.h>

#include "base/log.h"
#include "crew/hand.h"

#define TURN_MS 50 /* of waiting without the loop */

struct crew {
    char *worker_path;
    crew_loop loop;
    int32_t planned;  /* thousandths of a core that may be planned for */
    GPtrArray *hands; /* of crew_hand, each until its process is reaped */
    crew_hand *registrar;
    GQueue spares;       /* of crew_hand, also in hands */
    guint wanted_spares; /* how many there should be */
    gpointer warm_timer; /* NULL: not set */
};

crew *crew_new(const char *worker_path, const crew_loop *loop, int cores)
{
    crew *us = g_new0(crew, 1);
    us->planned = (cores > 0 ? cores : (int)g_get_num_processors()) * 10 * CREW_PLANNED_PERCENT;
    us->worker_path = g_strdup(worker_path);
    us->loop = *loop;
    us->hands = g_ptr_array_new();
    return us;
}

guint crew_count(const crew *us)
{
    return us->hands->len - crew_spares(us) - (us->registrar ? 1 : 0);
}

guint crew_spares(const crew *us)
{
    return us->spares.length;
}

/* ---- what it takes ---- */

#define COST_COPY 20   /* taken in, cut and written */
#define COST_DECODE 60 /* once, when anything is encoded */
#define COST_SOUND 10
#define COST_RECEIVE 50 /* WebRTC: packets opened, sound decoded and encoded */

/* x264 superfast at 30 pictures a second, thousandths of a core by lines. */
static int32_t cost_of_lines(int32_t lines)
{
    static const struct {
        int32_t lines, cost;
    } known[] = {{240, 25}, {360, 56}, {480, 90}, {720, 190}};
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (lines <= known[i].lines)
            return known[i].cost;
    return 470;
}

int32_t crew_cost(const wire_job *job)
{
    int32_t cost = COST_COPY, encoded = 0;
    for (int32_t i = 0; i < job->rungs; i++) {
        const wire_rung *rung = &job->rung[i];
        encoded += !rung->copy && !rung->audio_only;
        cost += rung->audio_only ? COST_SOUND : rung->copy ? 0 : cost_of_lines(rung->height);
    }
    return cost + (encoded > 0 ? COST_DECODE : 0);
}

static int32_t taken(const crew *us)
{
    int32_t sum = 0;
    for (guint i = 0; i < us->hands->len; i++)
        sum += hand_cost(g_ptr_array_index(us->hands, i));
    return sum;
}

bool crew_can_carry(const crew *us, const wire_job *job, int32_t kept)
{
    return taken(us) + kept + crew_cost(job) <= us->planned;
}

bool crew_can_carry_instead(const crew *us, const crew_hand *hand, const wire_job *job,
                            int32_t kept)
{
    return taken(us) - hand_cost(hand) + kept + crew_cost(job) <= us->planned;
}

int32_t crew_source_cost(int32_t lines, bool alone)
{
    return cost_of_lines(lines) + (alone ? COST_DECODE : 0);
}

void crew_set_source_cost(crew_hand *hand, int32_t cost)
{
    hand_set_source_cost(hand, cost);
}

int32_t crew_planned(const crew *us)
{
    return us->planned;
}

int32_t crew_idle(const crew *us)
{
    return MAX(us->planned - taken(us), 0);
}

/* ---- starting ---- */

static void on_dead(crew_hand *hand, gpointer data)
{
    crew *us = data;
    g_ptr_array_remove_fast(us->hands, hand);
}

static crew_hand *start(crew *us, spawn_kind kind, const char *home, const crew_ops *ops,
                        gpointer user, GError **error)
{
    spawned worker;
    if (us->hands->len >= CREW_HANDS_MAX) {
        error_set(error, ERROR_BUSY, "hands_taken", NULL, "all %d workers are taken",
                  CREW_HANDS_MAX);
        return NULL;
    }
    if (!spawn_worker(us->worker_path, kind, home, &worker, error))
        return NULL;
    crew_hand *hand = hand_new(&us->loop, &worker, ops, user, on_dead, us);
    g_ptr_array_add(us->hands, hand);
    return hand;
}

/* ---- spares ---- */

static void top_up(gpointer data);

static void warm_timer_clear(crew *us)
{
    if (us->warm_timer)
        us->loop.timer_free(us->warm_timer);
    us->warm_timer = NULL;
}

static void top_up_in(crew *us, int64_t ms)
{
    if (!us->warm_timer)
        us->warm_timer = us->loop.timer_new(us->loop.loop, ms, 0, top_up, us);
}

static void on_idle_message(crew_hand *hand, const wire_message *message, gpointer user)
{
    (void)hand;
    (void)message;
    (void)user;
}

static void on_spare_gone(crew_hand *hand, bool done, const char *why, gpointer user)
{
    (void)done;
    crew *us = user;
    g_queue_remove(&us->spares, hand);
    log_warn("crew", "a worker that stood by is gone: %s", why);
    top_up_in(us, CREW_WARM_AGAIN_MS);
}

static const crew_ops spare_ops = {on_idle_message, NULL, on_spare_gone};

static void top_up(gpointer data)
{
    crew *us = data;
    warm_timer_clear(us);
    while (us->spares.length < us->wanted_spares) {
        g_autoptr(GError) error = NULL;
        crew_hand *spare = start(us, SPAWN_WORKER, "/", &spare_ops, us, &error);
        if (!spare) {
            log_warn("crew", "no worker can stand by: %s", error->message);
            top_up_in(us, CREW_WARM_AGAIN_MS);
            return;
        }
        g_queue_push_tail(&us->spares, spare);
    }
}

static void on_registrar_gone(crew_hand *hand, bool done, const char *why, gpointer user)
{
    (void)hand;
    (void)done;
    crew *us = user;
    us->registrar = NULL;
    if (!g_str_equal(why, "exit 0"))
        log_warn("crew", "the list of GStreamer's plugins could not be brought up to date: %s",
                 why);
    top_up(us);
}

static const crew_ops registrar_ops = {on_idle_message, NULL, on_registrar_gone};

void crew_keep_warm(crew *us, int spares)
{
    g_autoptr(GError) error = NULL;
    us->wanted_spares = (guint)spares;
    us->registrar = start(us, SPAWN_REGISTRAR, "/", &registrar_ops, us, &error);
    if (!us->registrar)
        log_warn("crew", "the list of GStreamer's plugins cannot be made: %s", error->message);
}

static crew_hand *take_spare(crew *us, const crew_ops *ops, gpointer user)
{
    crew_hand *spare = g_queue_pop_head(&us->spares);
    if (!spare)
        return NULL;
    hand_employ(spare, ops, user);
    top_up_in(us, CREW_WARM_SOON_MS);
    return spare;
}

/* ---- hiring ---- */

static void set_to_work(crew_hand *hand, int32_t cost, GBytes *order)
{
    hand_set_cost(hand, cost);
    crew_send(hand, order);
}

crew_hand *crew_hire(crew *us, const wire_job *job, const crew_ops *ops, gpointer user,
                     GError **error)
{
    g_autoptr(GBytes) order = wire_encode_job(job);
    crew_hand *hand = take_spare(us, ops, user);
    if (!hand)
        hand = start(us, SPAWN_WORKER, job->title_dir, ops, user, error);
    if (hand)
        set_to_work(hand, crew_cost(job), order);
    return hand;
}

static guint count_offline(const crew *us)
{
    guint count = 0;
    for (guint i = 0; i < us->hands->len; i++)
        count += hand_is_offline(g_ptr_array_index(us->hands, i));
    return count;
}

crew_hand *crew_hire_offline(crew *us, const wire_job *job, const crew_ops *ops, gpointer user,
                             GError **error)
{
    if (count_offline(us) >= CREW_OFFLINE_MAX || us->hands->len >= CREW_HANDS_MAX / 2) {
        error_set(error, ERROR_BUSY, "hands_taken", NULL, "classes and other files come first");
        return NULL;
    }
    g_autoptr(GBytes) order = wire_encode_job(job);
    const char *home = job->title_dir[0] ? job->title_dir : "/";
    crew_hand *hand = start(us, SPAWN_WORKER, home, ops, user, error);
    if (!hand)
        return NULL;
    hand_set_offline(hand);
    set_to_work(hand, 0, order);
    return hand;
}

crew_hand *crew_stand_by(crew *us, const crew_ops *ops, gpointer user, GError **error)
{
    g_autoptr(GBytes) order = wire_encode_plain(WIRE_STAND_BY);
    crew_hand *hand = start(us, SPAWN_WORKER, "/", ops, user, error);
    if (!hand)
        return NULL;
    hand_may_feed(hand);
    set_to_work(hand, COST_RECEIVE, order);
    return hand;
}

/* One turn over all hands without the loop. */
static void wait_turn(crew *us)
{
    struct pollfd fds[2 * CREW_HANDS_MAX];
    nfds_t count = 0;
    for (guint i = 0; i < us->hands->len; i++) {
        crew_hand *hand = g_ptr_array_index(us->hands, i);
        short writing = hand_wants_write(hand) ? POLLOUT : 0;
        fds[count++] =
            (struct pollfd){.fd = hand_socket(hand), .events = (short)(POLLIN | writing)};
        fds[count++] = (struct pollfd){.fd = hand_pidfd(hand), .events = POLLIN};
    }
    poll(fds, count, TURN_MS);
    for (guint i = us->hands->len; i-- > 0;) {
        hand_move(g_ptr_array_index(us->hands, i));
        hand_reap(g_ptr_array_index(us->hands, i));
    }
}

static void wait_all(crew *us, int64_t patience_ms)
{
    int64_t deadline = g_get_monotonic_time() + patience_ms * 1000;
    while (us->hands->len > 0 && g_get_monotonic_time() < deadline)
        wait_turn(us);
}

/* They go with the others, without a word. */
static void dismiss_spares(crew *us)
{
    us->wanted_spares = 0;
    warm_timer_clear(us);
    for (crew_hand *spare; (spare = g_queue_pop_head(&us->spares));)
        crew_disown(spare);
    if (us->registrar)
        crew_kill(us->registrar);
}

void crew_free(crew *us)
{
    if (!us)
        return;
    dismiss_spares(us);
    for (guint i = 0; i < us->hands->len; i++)
        crew_retire(g_ptr_array_index(us->hands, i), WIRE_LEAVE);
    wait_all(us, CREW_RETIRE_MS);
    for (guint i = 0; i < us->hands->len; i++)
        crew_kill(g_ptr_array_index(us->hands, i));
    wait_all(us, CREW_RETIRE_MS);
    if (us->hands->len > 0)
        log_warn("crew", "%u workers could not be reaped", us->hands->len);
    g_ptr_array_unref(us->hands);
    g_free(us->worker_path);
    g_free(us);
}
