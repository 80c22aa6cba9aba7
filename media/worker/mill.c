#include "worker/mill.h"

#include "base/error.h"
#include "title/journal.h"
#include "worker/mill_inside.h"

#define READ_ERRORS_MAX 32                /* in a row: the file ends here */
#define SEEK_EARLIER TITLE_TIMESCALE      /* sound decoders need some before */
#define SEEK_BLIND (10 * TITLE_TIMESCALE) /* formats that seek to any picture */
#define LIGHT_PIXELS (640 * 360)          /* larger pictures are decoded by more than one thread */
#define DECODERS_MAX 4
#define TOP_CODERS_MAX 8

/* ---- what the threads share ---- */

void mill_put(mill *m, outbox_kind kind, int32_t index, unit *u, GBytes *config)
{
    outbox_item *item = g_new0(outbox_item, 1);
    item->kind = kind;
    item->index = index;
    item->unit = u;
    item->config = config;
    outbox_put(m->outbox, item);
}

void mill_fail(mill *m, const GError *error)
{
    outbox_item *item = g_new0(outbox_item, 1);
    item->kind = OUTBOX_TROUBLE;
    item->sentence = g_strdup(error->message);
    outbox_put(m->outbox, item);
}

bool mill_is_closing(mill *m)
{
    g_mutex_lock(&m->lock);
    bool closing = m->closing;
    g_mutex_unlock(&m->lock);
    return closing;
}

void mill_run_on(mill *m, int64_t *track, int64_t time)
{
    g_mutex_lock(&m->lock);
    *track = MAX(*track, time);
    g_cond_broadcast(&m->moved);
    while (!m->closing && time != INT64_MAX &&
           time > MIN(m->pictures_at, m->sounds_at) + MILL_RUN_AHEAD)
        g_cond_wait(&m->moved, &m->lock);
    g_mutex_unlock(&m->lock);
}

/* ---- tracks ---- */

int64_t mill_time(const mill *m, const mill_track *t, wire_track which, int64_t stamp)
{
    AVRational base = film_stream(t->film, which)->time_base;
    return av_rescale_q(stamp, base, (AVRational){1, TITLE_TIMESCALE}) - m->origin;
}

static bool seek(mill *m, mill_track *t, wire_track which, int64_t from)
{
    AVFormatContext *format = film_format(t->film);
    const AVStream *stream = film_stream(t->film, which);
    bool blind = format->iformat->flags & AVFMT_TS_DISCONT;
    int64_t earlier = blind ? SEEK_BLIND : which == WIRE_AUDIO ? SEEK_EARLIER : 0;
    int64_t at = av_rescale_q(from - earlier + m->origin, (AVRational){1, TITLE_TIMESCALE},
                              stream->time_base);
    return avformat_seek_file(format, stream->index, INT64_MIN, at, at, 0) >= 0;
}

/* Encoders wait for pictures where one thread decodes a recording of many bits; one more than cores keeps all of them at work. */
static int decoder_threads(const AVStream *stream)
{
    int64_t pixels = (int64_t)stream->codecpar->width * stream->codecpar->height;
    return pixels > LIGHT_PIXELS ? (int)MIN(g_get_num_processors() + 1, DECODERS_MAX) : 1;
}

/* The other track's packets are somebody else's. */
static void read_only(mill_track *t, wire_track which)
{
    AVStream *other = film_stream(t->film, which == WIRE_VIDEO ? WIRE_AUDIO : WIRE_VIDEO);
    if (other)
        other->discard = AVDISCARD_ALL;
}

bool mill_open_track(mill *m, mill_track *t, wire_track which, int64_t from, GError **error)
{
    avcodec_free_context(&t->decoder);
    film_close(t->film);
    t->film = film_open(m->path, error);
    if (!t->film)
        return false;
    bool many = which == WIRE_VIDEO && m->plan.rungs; /* else only its keyframes are decoded */
    int threads = many ? decoder_threads(film_stream(t->film, which)) : 1;
    t->decoder = film_decoder(t->film, which, threads, error);
    if (!t->decoder)
        return false;
    read_only(t, which);
    t->last = INT64_MIN;
    t->lost = false;
    t->resumed = from > 0 && seek(m, t, which, from);
    return true;
}

bool mill_is_lost(mill_track *t, int64_t time, int64_t from)
{
    t->lost = t->lost || (t->resumed && time > from);
    t->resumed = false;
    return t->lost;
}

bool mill_read(mill_track *t, wire_track which)
{
    AVFormatContext *format = film_format(t->film);
    const int wanted = film_stream(t->film, which)->index;
    for (int errors = 0; errors < READ_ERRORS_MAX;) {
        int code = av_read_frame(format, t->packet);
        if (code >= 0 && t->packet->stream_index == wanted && t->packet->size > 0)
            return true;
        av_packet_unref(t->packet);
        if (code == AVERROR_EOF || (code < 0 && format->pb && format->pb->eof_reached))
            return false;
        errors = code < 0 ? errors + 1 : 0;
    }
    return false;
}

static void close_track(mill_track *t)
{
    avcodec_free_context(&t->decoder);
    av_packet_free(&t->packet);
    av_frame_free(&t->frame);
    film_close(t->film);
}

/* ---- rungs ---- */

static void on_config(gpointer user, GBytes *avcc)
{
    const mill_rung *r = user;
    mill_put(r->mill, OUTBOX_VIDEO_CONFIG, r->index, NULL, g_bytes_ref(avcc));
}

static void on_unit(gpointer user, unit *u)
{
    const mill_rung *r = user;
    mill_put(r->mill, OUTBOX_PICTURE, r->index, u, NULL);
}

static gpointer encode(gpointer user)
{
    mill_rung *r = user;
    g_autoptr(GError) error = NULL;
    AVFrame *picture;
    bool ok = true;
    while (ok && (picture = belt_take(r->belt))) {
        ok = coder_take(r->coder, picture, &error);
        av_frame_free(&picture);
    }
    if (ok && !belt_is_shut(r->belt))
        ok = coder_take(r->coder, NULL, &error);
    if (!ok)
        mill_fail(r->mill, error);
    belt_shut(r->belt);
    mill_put(r->mill, OUTBOX_PICTURES_END, r->index, NULL, NULL);
    return NULL;
}

/* The highest rung is nearly half of the work: it gets the cores the others do not need, and a second one when they rest. */
static int coder_threads(int32_t rung)
{
    int cores = (int)g_get_num_processors();
    return rung == 0 ? CLAMP(cores - 1, MIN(cores, 2), TOP_CODERS_MAX) : 1;
}

static void start_rung(mill *m, int32_t i)
{
    mill_rung *r = &m->rungs[i];
    const pipeline_rung *is = &m->plan.rung[i];
    coder_plan plan = {is->width,   is->height,    m->beat.num,
                       m->beat.den, is->video_bps, coder_threads(i)};
    coder_out out = {on_config, on_unit, r};
    r->mill = m;
    r->index = i;
    r->belt = belt_new();
    r->coder = coder_new(&plan, &out);
    r->last_tick = m->first_tick - 1;
    r->thread = g_thread_new("rung", encode, r);
}

static void free_rung(mill_rung *r)
{
    if (r->thread)
        g_thread_join(r->thread);
    coder_free(r->coder);
    belt_free(r->belt);
    av_frame_free(&r->last);
}

/* ---- the whole ---- */

static bool has_pictures(const mill *m)
{
    return m->plan.rungs || m->plan.copy_video;
}

static bool has_sounds(const mill *m)
{
    return m->plan.audios || m->plan.copy_audio;
}

static bool start_pictures(mill *m, GError **error)
{
    mill_track *t = &m->pictures;
    if (!has_pictures(m))
        return true;
    t->packet = av_packet_alloc();
    t->frame = av_frame_alloc();
    if (!mill_open_track(m, t, WIRE_VIDEO, m->plan.from, error))
        return false;
    AVRational rate =
        av_guess_frame_rate(film_format(t->film), film_stream(t->film, WIRE_VIDEO), NULL);
    m->beat = beat_for(rate.num, rate.den);
    m->first_tick = beat_tick(&m->beat, m->plan.from);
    for (int32_t i = 0; i < m->plan.rungs; i++)
        start_rung(m, i);
    t->thread = g_thread_new("pictures", mill_grind_pictures, m);
    return true;
}

static bool start_sounds(mill *m, GError **error)
{
    mill_track *t = &m->sounds;
    if (!has_sounds(m))
        return true;
    t->packet = av_packet_alloc();
    t->frame = av_frame_alloc();
    int64_t from = m->plan.hears_all ? 0 : m->plan.from;
    if (!mill_open_track(m, t, WIRE_AUDIO, from, error))
        return false;
    t->thread = g_thread_new("sounds", mill_grind_sounds, m);
    return true;
}

static bool find_origin(mill *m, GError **error)
{
    film *f = film_open(m->path, error);
    if (!f)
        return false;
    m->origin = film_origin(f, m->plan.follow);
    film_close(f);
    return true;
}

mill *mill_new(const mill_plan *plan, GError **error)
{
    mill *m = g_new0(mill, 1);
    m->plan = *plan;
    m->path = g_strdup(plan->path);
    m->outbox = outbox_new();
    m->marks = g_array_new(FALSE, FALSE, sizeof(int64_t));
    m->keys = g_array_new(FALSE, FALSE, sizeof(int64_t));
    m->peaks = g_byte_array_new();
    m->last_mark = m->last_shown = m->next_tick = m->next_still = INT64_MIN;
    m->sounds_end = INT64_MAX;
    m->pictures_at = has_pictures(m) ? plan->from : INT64_MAX; /* before any thread looks */
    m->sounds_at = has_sounds(m) ? plan->from : INT64_MAX;
    g_mutex_init(&m->lock);
    g_cond_init(&m->moved);
    if (find_origin(m, error) && start_pictures(m, error) && start_sounds(m, error))
        return m;
    mill_free(m);
    return NULL;
}

static void stop(mill *m)
{
    g_mutex_lock(&m->lock);
    m->closing = true;
    g_cond_broadcast(&m->moved);
    g_mutex_unlock(&m->lock);
    outbox_shut(m->outbox);
    for (int32_t i = 0; i < m->plan.rungs; i++)
        if (m->rungs[i].belt)
            belt_shut(m->rungs[i].belt);
    if (m->pictures.thread)
        g_thread_join(m->pictures.thread);
    if (m->sounds.thread)
        g_thread_join(m->sounds.thread);
}

void mill_free(mill *m)
{
    if (!m)
        return;
    stop(m);
    for (int32_t i = 0; i < m->plan.rungs; i++)
        free_rung(&m->rungs[i]);
    close_track(&m->pictures);
    close_track(&m->sounds);
    shaper_free(m->shaper);
    av_frame_free(&m->before);
    g_array_unref(m->marks);
    g_array_unref(m->keys);
    g_byte_array_unref(m->peaks);
    outbox_free(m->outbox);
    g_mutex_clear(&m->lock);
    g_cond_clear(&m->moved);
    g_free(m->path);
    g_free(m);
}

outbox *mill_outbox(mill *m)
{
    return m->outbox;
}

int32_t mill_outputs(const mill *m)
{
    return m->plan.rungs + m->plan.audios + m->plan.copy_video + m->plan.copy_audio;
}

GBytes *mill_peaks(mill *m)
{
    g_mutex_lock(&m->lock);
    GBytes *peaks = g_bytes_new(m->peaks->data, m->peaks->len);
    g_mutex_unlock(&m->lock);
    return peaks;
}
