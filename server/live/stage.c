#include <string.h>

#include "base/log.h"
#include "live/inside.h"

#define HEALTHY_MS 60000 /* a hand that lived longer: its death is a first one again */

static const crew_ops hand_ops;

stage *stage_new(live *house, const live_class *is)
{
    stage *s = g_new0(stage, 1);
    s->live = house;
    s->is = *is;
    s->is.publisher[0] = s->is.standby[0] = '\0';
    g_queue_init(&s->held);
    s->backoff_ms = LIVE_REHIRE_FIRST_MS;
    return s;
}

static void rehire_cancel(stage *s)
{
    g_clear_pointer(&s->rehire, net_timer_free);
}

void stage_free(stage *s)
{
    stage_detach(s, "the server is going down");
    if (s->hand)
        crew_disown(s->hand);
    rehire_cancel(s);
    g_free(s);
}

static int64_t title_duration(const stage *s)
{
    const title_index *index = shelf_index(s->live->shelf, s->is.title_id, NULL);
    return index ? title_index_duration(index) : 0;
}

static int64_t title_content(const stage *s)
{
    const title_index *index = shelf_index(s->live->shelf, s->is.title_id, NULL);
    return index ? title_index_content_ms(index) : 0;
}

/* ---- facts ---- */

/* One recording on its way. Live may be gone when its answer comes. */
typedef struct {
    live *live; /* NULL: gone; touched on the loop only */
    stage *stage;
    live_class is;
    int64_t content_ms; /* of its title */
    bool (*record_end)(records *db, const char *title_id, int64_t content_ms, GError **error);
} save_job;

/* Closed and ended at once, or neither: nobody waits for the end of a class that is over. */
static bool save_run(records *db, gpointer data, GError **error)
{
    const save_job *job = data;
    bool ends = job->is.state == CLASS_CLOSED && job->record_end;
    return class_save(db, &job->is, error) &&
           (!ends || job->record_end(db, job->is.title_id, job->content_ms, error));
}

static void save_tell(const save_job *job)
{
    const live_news *news = &job->live->news;
    if (job->is.state == CLASS_CLOSED && news->on_ended)
        news->on_ended(news->user, job->is.title_id);
}

static void save_done(gpointer data, const GError *error)
{
    save_job *job = data;
    if (error)
        log_warn("live", "class %s could not be recorded: %s", job->is.id, error->message);
    if (job->live) {
        g_hash_table_remove(job->live->saves, job);
        job->stage->saving--;
        if (error)
            job->stage->unsaved = true;
        else
            save_tell(job);
    }
    g_free(job);
}

void saves_disown(live *house)
{
    GHashTableIter at;
    gpointer job;
    g_hash_table_iter_init(&at, house->saves);
    while (g_hash_table_iter_next(&at, &job, NULL))
        ((save_job *)job)->live = NULL;
    g_hash_table_remove_all(house->saves);
}

void stage_save(stage *s)
{
    g_autoptr(GError) error = NULL;
    save_job *job = g_new0(save_job, 1);
    job->live = s->live;
    job->stage = s;
    job->is = s->is;
    job->content_ms = s->is.state == CLASS_CLOSED ? title_content(s) : 0;
    job->record_end = s->live->news.record_end;
    s->unsaved = !clerk_post(s->live->clerk, save_run, save_done, job, &error);
    if (s->unsaved) {
        g_free(job);
        return;
    }
    s->saving++;
    g_hash_table_add(s->live->saves, job);
}

void stage_move(stage *s, class_state to)
{
    class_state from = s->is.state;
    g_return_if_fail(class_move_is_lawful(from, to));
    s->is.state = to;
    int64_t now_ms = clock_utc_ms(s->live->clock);
    if (to == CLASS_ON_AIR && s->is.started_ms == 0)
        s->is.started_ms = now_ms;
    if (to == CLASS_CLOSED)
        s->is.closed_ms = now_ms;
    log_info("live", "class %s: %s > %s%s%s", s->is.id, class_state_word(from),
             class_state_word(to), s->is.trouble[0] ? ": " : "", s->is.trouble);
    stage_save(s);
    if (s->live->news.on_state)
        s->live->news.on_state(s->live->news.user, &s->is);
    if (to == CLASS_CLOSED)
        live_forget(s);
}

void stage_trouble(stage *s, const char *sentence)
{
    char cut[sizeof s->is.trouble];
    text_copy(cut, sizeof cut, sentence);
    if (strcmp(s->is.trouble, cut) == 0)
        return;
    g_strlcpy(s->is.trouble, cut, sizeof s->is.trouble);
    s->unsaved = true;
}

void stage_measured(stage *s, const wire_gauge *gauge)
{
    s->gauge = *gauge;
    s->gauge_ms = clock_mono_ms(s->live->clock);
    if (s->hand)
        crew_set_source_cost(s->hand, job_source_cost(s, s->reduced));
}

bool stage_vitals(const stage *s, live_vitals *vitals)
{
    const ingest_publisher *publisher = s->on.publisher;
    if (!publisher)
        return false;
    int64_t age_ms = clock_mono_ms(s->live->clock) - s->gauge_ms;
    *vitals = (live_vitals){.publisher = s->is.publisher,
                            .session = publisher->session,
                            .way_known = publisher->health != NULL,
                            .media_known = s->gauge_ms && age_ms < LIVE_GAUGE_MS};
    if (publisher->health)
        publisher->health(publisher, &vitals->way);
    if (vitals->media_known)
        vitals->media = s->gauge;
    return true;
}

static bool wants_hand(const stage *s)
{
    bool alive =
        s->is.state != CLASS_CLOSING && s->is.state != CLASS_CLOSED && s->is.state != CLASS_FAILED;
    bool tracks = s->on.track[WIRE_VIDEO] || s->on.track[WIRE_AUDIO] || s->on.container;
    bool source = s->is.pattern || (s->on.publisher && tracks);
    return alive && source && !s->live->draining;
}

/* ---- the end ---- */

/* A class that was on air does not stay open for ever: its learners wait for its title to end. */
static void stage_keep(stage *s)
{
    if (s->alone_ms != 0)
        return;
    s->alone_ms = clock_mono_ms(s->live->clock);
    s->is.kept_until_ms = clock_utc_ms(s->live->clock) + s->live->window_ms;
}

static void stage_keep_no_more(stage *s)
{
    s->alone_ms = s->is.kept_until_ms = 0;
}

bool stage_is_over(const stage *s)
{
    return s->alone_ms != 0 && !s->live->draining &&
           clock_mono_ms(s->live->clock) - s->alone_ms >= s->live->window_ms;
}

static void stage_fail(stage *s, const char *sentence)
{
    rehire_cancel(s);
    stage_keep_no_more(s);
    stage_trouble(s, sentence);
    s->failed_ms = clock_mono_ms(s->live->clock);
    stage_detach(s, "the class failed: see its page");
    stage_leave(s);
    if (s->is.started_ms > 0)
        stage_keep(s);
    stage_move(s, CLASS_FAILED);
}

void stage_ended(stage *s, const GError *error)
{
    if (!error) {
        stage_move(s, CLASS_CLOSED);
        return;
    }
    g_autofree char *sentence = g_strdup_printf("课程录像无法收尾，请再次结束课程 · The recording "
                                                "could not be ended, close the class again: %s",
                                                error->message);
    stage_fail(s, sentence);
}

/* No hand is left and the class is closing: END stands in the journal, or is written now. */
static void stage_finish(stage *s)
{
    g_autoptr(GError) error = NULL;
    if (ending_begin(s, &error) != ENDING_BEGUN)
        stage_ended(s, error);
}

void stage_close(stage *s)
{
    rehire_cancel(s);
    stage_keep_no_more(s);
    if (s->is.state != CLASS_CLOSING)
        stage_move(s, CLASS_CLOSING);
    stage_detach(s, "the class is over");
    if (!s->hand) {
        stage_finish(s);
        return;
    }
    if (s->mood == HAND_WORKING)
        crew_retire(s->hand, WIRE_FINISH);
    s->mood = HAND_FINISHING;
}

void stage_interrupt(stage *s)
{
    class_state now = s->is.state;
    if (now == CLASS_ON_AIR || now == CLASS_INTERRUPTED ||
        (now == CLASS_FAILED && s->is.started_ms > 0))
        stage_keep(s);
    if (now == CLASS_ON_AIR)
        stage_move(s, CLASS_INTERRUPTED);
}

void stage_leave(stage *s)
{
    if (s->mood != HAND_WORKING)
        return;
    crew_retire(s->hand, WIRE_LEAVE);
    s->mood = HAND_LEAVING;
}

void stage_drain(stage *s)
{
    stage_detach(s, "the server is restarting");
    stage_leave(s);
    stage_interrupt(s);
    rehire_cancel(s);
}

/* ---- hiring ---- */

static void on_rehire(gpointer data)
{
    stage *s = data;
    rehire_cancel(s);
    if (!s->hand && wants_hand(s))
        stage_hire(s);
}

/* True when this death is one too many. */
static bool death_note(stage *s)
{
    int64_t now_ms = clock_mono_ms(s->live->clock);
    s->deaths_ms[s->deaths++ % LIVE_DEATHS_MAX] = now_ms;
    s->live->losses++;
    if (s->deaths < LIVE_DEATHS_MAX)
        return false;
    return now_ms - s->deaths_ms[s->deaths % LIVE_DEATHS_MAX] < LIVE_DEATHS_MS;
}

static void rehire_later(stage *s)
{
    s->rehire = net_timer_new(s->live->net, s->backoff_ms, 0, on_rehire, s);
    s->backoff_ms = MIN(s->backoff_ms * 2, LIVE_REHIRE_MAX_MS);
}

/* Nobody died: there is no worker to be had now. */
static void stage_got_no_hand(stage *s, const char *why)
{
    log_warn("live", "class %s: no worker for it: %s", s->is.id, why);
    g_autofree char *sentence = g_strdup_printf(
        "服务器暂时腾不出转码资源，会自动重试 · No media worker can be had now, trying again: %s",
        why);
    stage_trouble(s, sentence);
    rehire_later(s);
}

static void stage_lost_hand(stage *s, const char *why)
{
    log_warn("live", "class %s: its worker is gone: %s", s->is.id, why);
    if (death_note(s)) {
        g_autofree char *sentence = g_strdup_printf("转码多次中断，课程已停止，请一分钟后重新推流 "
                                                    "· The media worker stopped again and again; "
                                                    "publish again in a minute: %s",
                                                    why);
        stage_fail(s, sentence);
        return;
    }
    if (clock_mono_ms(s->live->clock) - s->hired_ms > HEALTHY_MS)
        s->backoff_ms = LIVE_REHIRE_FIRST_MS;
    g_autofree char *sentence = g_strdup_printf(
        "转码中断，正在恢复 · The media worker stopped, starting it again: %s", why);
    stage_trouble(s, sentence);
    rehire_later(s);
}

void stage_await_media(stage *s)
{
    s->media_seen = false;
    s->duration_hired = title_duration(s);
}

static void hand_begin(stage *s)
{
    s->mood = HAND_WORKING;
    s->hired_ms = clock_mono_ms(s->live->clock);
    s->media_ms = s->hired_ms;
    s->note[0] = '\0';
    stage_await_media(s);
    s->live->hires++;
    for (guint i = 0; i < G_N_ELEMENTS(s->on.track); i++)
        if (s->on.track[i])
            crew_send(s->hand, s->on.track[i]);
    for (GList *each = s->held.head; each; each = each->next)
        crew_send(s->hand, each->data);
    stage_drop_held(s);
    stage_pause(s, false);
}

#define REDUCED                                                                                                 \
    "服务器正忙，本课只有一种画质和纯声音 · The server is busy: this class has one picture " \
    "quality "                                                                                                  \
    "and sound alone"

/* What is to be said while there is no trouble. */
static const char *stage_word(const stage *s)
{
    return s->note[0] ? s->note : s->reduced ? REDUCED : "";
}

void stage_note(stage *s, const char *sentence)
{
    text_copy(s->note, sizeof s->note, sentence);
    s->note_ms = clock_mono_ms(s->live->clock);
    stage_trouble(s, s->note);
}

void stage_forget_note(stage *s)
{
    if (!s->note[0] || clock_mono_ms(s->live->clock) - s->note_ms < LIVE_NOTE_MS)
        return;
    bool is_told = strcmp(s->is.trouble, s->note) == 0;
    s->note[0] = '\0';
    if (is_told)
        stage_trouble(s, stage_word(s));
}

static bool is_over(const stage *s)
{
    return s->is.state == CLASS_CLOSING || s->is.state == CLASS_CLOSED;
}

/* What those that were cut off will need when they are back, in thousandths of a core. */
static int32_t kept_for_others(const stage *s)
{
    GHashTableIter each;
    gpointer one;
    int32_t kept = 0;
    g_hash_table_iter_init(&each, s->live->by_id);
    while (g_hash_table_iter_next(&each, NULL, &one)) {
        const stage *other = one;
        wire_job job;
        if (other == s || other->hand || is_over(other))
            continue;
        job_live(other, &job);
        if (job_is_begun_whole(other, &job))
            kept += crew_cost(&job) + job_source_cost(other, false);
    }
    return kept;
}

void stage_hire(stage *s)
{
    wire_job job;
    g_autoptr(GError) error = NULL;
    job_live(s, &job);
    bool carried = s->is.pattern || job_is_begun_whole(s, &job) ||
                   crew_can_carry(s->live->crew, &job, kept_for_others(s));
    if (!carried)
        job_reduce(&job);
    s->hand = crew_hire(s->live->crew, &job, &hand_ops, s, &error);
    if (!s->hand) {
        stage_got_no_hand(s, error->message);
        return;
    }
    hand_begin(s);
    s->reduced = !carried;
    if (s->reduced)
        stage_trouble(s, REDUCED);
}

void stage_widen(stage *s)
{
    wire_job job;
    int64_t now_ms = clock_mono_ms(s->live->clock);
    if (!s->reduced || s->mood != HAND_WORKING || s->is.state != CLASS_ON_AIR ||
        now_ms - s->hired_ms < LIVE_WIDEN_MS || now_ms - s->live->widened_ms < LIVE_WIDEN_GAP_MS)
        return;
    job_live(s, &job);
    int32_t kept = kept_for_others(s) + job_source_cost(s, false);
    if (!crew_can_carry_instead(s->live->crew, s->hand, &job, kept))
        return;
    log_info("live", "class %s: there is room for all its renditions now", s->is.id);
    s->live->widened_ms = now_ms;
    stage_change_hand(s);
}

void stage_hire_if_wanted(stage *s)
{
    if (!s->hand && !s->rehire && wants_hand(s))
        stage_hire(s);
}

/* ---- what the hand says ---- */

static void first_media(stage *s)
{
    s->media_seen = true;
    s->on.barren = false;
    stage_keep_no_more(s);
    stage_trouble(s, stage_word(s));
    if (s->is.state == CLASS_PLANNED)
        stage_move(s, CLASS_WAITING);
    if (s->is.state == CLASS_WAITING || s->is.state == CLASS_INTERRUPTED)
        stage_move(s, CLASS_ON_AIR);
}

static void on_bell(stage *s)
{
    shelf_ring(s->live->shelf, s->is.title_id);
    s->media_ms = clock_mono_ms(s->live->clock);
    if (s->mood == HAND_WORKING && !s->media_seen && title_duration(s) > s->duration_hired)
        first_media(s);
}

static void on_message(crew_hand *hand, const wire_message *message, gpointer user)
{
    (void)hand;
    stage *s = user;
    if (message->kind == WIRE_BELL || message->kind == WIRE_DONE)
        on_bell(s);
    if (message->kind == WIRE_NOTE && s->mood == HAND_WORKING)
        stage_note(s, message->note);
    if (message->kind == WIRE_GAUGE && s->mood == HAND_WORKING)
        stage_measured(s, &message->gauge);
}

static void on_drained(crew_hand *hand, gpointer user)
{
    (void)hand;
    stage *s = user;
    if (s->mood ==
        HAND_WORKING) /* else: the queue of a worker that leaves is not who comes next's */
        stage_pause(s, false);
}

/* The title is free again: whoever waited may go on. */
static void hand_left(stage *s, hand_mood mood, const char *why)
{
    if (s->is.state == CLASS_CLOSING)
        stage_finish(s);
    else if (mood == HAND_WORKING && wants_hand(s))
        stage_lost_hand(s, why);
    else if (wants_hand(s))
        stage_hire(s);
    else
        stage_pause(s, false);
}

static void on_gone(crew_hand *hand, bool done, const char *why, gpointer user)
{
    (void)hand;
    (void)done;
    stage *s = user;
    hand_mood mood = s->mood;
    s->hand = NULL;
    s->mood = HAND_NONE;
    shelf_ring(s->live->shelf, s->is.title_id);
    hand_left(s, mood, why);
}

static const crew_ops hand_ops = {on_message, on_drained, on_gone};
