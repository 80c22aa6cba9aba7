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
    return us->hands->len;
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

bool crew_can_carry(const crew *us, const wire_job *job)
{
    int32_t taken = 0;
    for (guint i = 0; i < us->hands->len; i++)
        taken += hand_cost(g_ptr_array_index(us->hands, i));
    return taken + crew_cost(job) <= us->planned;
}

/* ---- hiring ---- */

static void on_dead(crew_hand *hand, gpointer data)
{
    crew *us = data;
    g_ptr_array_remove_fast(us->hands, hand);
}

static crew_hand *start(crew *us, const char *home, GBytes *order, int32_t cost,
                        const crew_ops *ops, gpointer user, GError **error)
{
    spawned worker;
    if (us->hands->len >= CREW_HANDS_MAX) {
        error_set(error, ERROR_BUSY, "hands_taken", NULL, "all %d workers are taken",
                  CREW_HANDS_MAX);
        return NULL;
    }
    if (!spawn_worker(us->worker_path, home, &worker, error))
        return NULL;
    crew_hand *hand = hand_new(&us->loop, &worker, cost, ops, user, on_dead, us);
    g_ptr_array_add(us->hands, hand);
    crew_send(hand, order);
    return hand;
}

crew_hand *crew_hire(crew *us, const wire_job *job, const crew_ops *ops, gpointer user,
                     GError **error)
{
    g_autoptr(GBytes) order = wire_encode_job(job);
    return start(us, job->title_dir, order, crew_cost(job), ops, user, error);
}

crew_hand *crew_stand_by(crew *us, const crew_ops *ops, gpointer user, GError **error)
{
    g_autoptr(GBytes) order = wire_encode_plain(WIRE_STAND_BY);
    crew_hand *hand = start(us, "/", order, COST_RECEIVE, ops, user, error);
    if (hand)
        hand_may_feed(hand);
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

void crew_free(crew *us)
{
    if (!us)
        return;
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
