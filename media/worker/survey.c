#include "worker/survey.h"

#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "worker/film_av.h"
#include "worker/loudness.h"
#include "worker/plan.h"
#include "worker/sniff.h"

#define WATCH_EVERY 64     /* packets */
#define ERRORS_MAX 32      /* reading errors in a row: nothing more will come */
#define LOOKED_PICTURES 12 /* decoded, to see fields and formats as they are */
#define LOOKED_PACKETS 300 /* fed to the decoder until then */
#define GAPS_MS 256        /* distances between pictures are counted up to this */
#define CUT_SLACK_MS 1500  /* the end a file claims is not exact */
#define CUT_SHARE 50       /* a missing fiftieth of its length neither */
#define CUT_MOST_MS 60000  /* missing, and still worth a lesson (with a warning) */
#define CUT_MOST_SHARE 20  /* a twentieth of it */
#define EARLY_MS 100       /* sound before the first picture of a copied film is cut */
#define LATE_MS 300        /* and what comes after the last one */

typedef struct {
    AVStream *stream;
    AVCodecContext *decoder;
    int64_t first_us, end_us; /* of its packets, shown time */
    int64_t packets, bytes;
    int64_t good, bad; /* decoded frames, refused packets */
    bool encrypted;
} strand;

typedef struct {
    film *film;
    facts *is;
    strand video, audio;
    AVPacket *packet;
    AVFrame *frame;
    loudness *loudness;
    picture_config picture; /* of an avcC */
    bool has_avcc, starts_with_key;
    int64_t last_dts_us, last_key_us, longest_key_us, longest_gap_us;
    int64_t gaps[GAPS_MS];
    int32_t fields; /* pictures seen interlaced */
} survey;

/* ---- packets ---- */

static int64_t us(const strand *s, int64_t stamp)
{
    return av_rescale_q(stamp, s->stream->time_base, (AVRational){1, 1000000});
}

static void reach(strand *s, const AVPacket *p)
{
    int64_t stamp = p->pts == AV_NOPTS_VALUE ? p->dts : p->pts;
    s->packets++;
    s->bytes += p->size;
    s->encrypted |= av_packet_get_side_data(p, AV_PKT_DATA_ENCRYPTION_INFO, NULL) != NULL;
    if (stamp == AV_NOPTS_VALUE)
        return;
    int64_t at = us(s, stamp), end = us(s, stamp + MAX(p->duration, 0));
    s->first_us = s->packets == 1 ? at : MIN(s->first_us, at);
    s->end_us = s->packets == 1 ? end : MAX(s->end_us, end);
}

static bool is_key(const survey *s)
{
    const AVPacket *p = s->packet;
    if (!(p->flags & AV_PKT_FLAG_KEY) || !s->has_avcc)
        return p->flags & AV_PKT_FLAG_KEY;
    g_autoptr(GBytes) bytes = g_bytes_new_static(p->data, (gsize)p->size);
    return picture_is_idr(&s->picture, bytes);
}

static void note_distance(survey *s, int64_t dts_us)
{
    int64_t gap_us = dts_us - s->last_dts_us;
    if (s->video.packets > 1 && gap_us >= 0) {
        s->gaps[MIN(gap_us / 1000, GAPS_MS - 1)]++;
        s->longest_gap_us = MAX(s->longest_gap_us, gap_us);
    }
    s->last_dts_us = dts_us;
}

static void note_key(survey *s)
{
    const AVPacket *p = s->packet;
    int64_t at = us(&s->video, p->pts == AV_NOPTS_VALUE ? p->dts : p->pts);
    if (s->video.packets == 1)
        s->starts_with_key = true;
    else
        s->longest_key_us = MAX(s->longest_key_us, at - s->last_key_us);
    s->last_key_us = at;
}

static void look_at_pictures(survey *s)
{
    strand *v = &s->video;
    if (v->good >= LOOKED_PICTURES || v->packets > LOOKED_PACKETS)
        return;
    v->bad += avcodec_send_packet(v->decoder, s->packet) < 0;
    while (avcodec_receive_frame(v->decoder, s->frame) >= 0) {
        v->good++;
        s->fields += s->frame->interlaced_frame;
        av_frame_unref(s->frame);
    }
}

static void hear(survey *s)
{
    strand *a = &s->audio;
    a->bad += avcodec_send_packet(a->decoder, s->packet) < 0;
    while (avcodec_receive_frame(a->decoder, s->frame) >= 0) {
        if (!a->good++)
            s->loudness = loudness_new(s->frame);
        if (s->loudness)
            loudness_add(s->loudness, s->frame);
        av_frame_unref(s->frame);
    }
}

static void take_packet(survey *s)
{
    const AVPacket *p = s->packet;
    bool video = s->video.stream && p->stream_index == s->video.stream->index;
    strand *to = video ? &s->video : &s->audio;
    if (!to->stream || p->stream_index != to->stream->index || p->size <= 0)
        return;
    bool shown = !(p->flags & AV_PKT_FLAG_DISCARD); /* before an edit list's beginning it is not */
    if (shown)
        reach(to, p);
    if (to->encrypted)
        return;
    if (!video) {
        hear(s);
        return;
    }
    if (shown && (p->dts != AV_NOPTS_VALUE || p->pts != AV_NOPTS_VALUE)) {
        note_distance(s, us(to, p->dts == AV_NOPTS_VALUE ? p->pts : p->dts));
        if (is_key(s))
            note_key(s);
    }
    look_at_pictures(s);
}

/* What comes out once nothing goes in: short files give their pictures only then. */
static void drain(survey *s)
{
    av_packet_unref(s->packet);
    if (s->video.decoder)
        look_at_pictures(s);
    if (s->audio.decoder)
        hear(s);
}

static int64_t reached_us(const survey *s)
{
    return MAX(s->video.packets ? s->video.end_us : INT64_MIN,
               s->audio.packets ? s->audio.end_us : INT64_MIN);
}

static int64_t length_ms(const survey *s)
{
    int64_t first = INT64_MAX, end = reached_us(s);
    if (s->video.packets)
        first = s->video.first_us;
    if (s->audio.packets)
        first = MIN(first, MAX(s->audio.first_us, 0)); /* before 0 an encoder warms up */
    return first == INT64_MAX ? 0 : MAX(0, (end - first) / 1000);
}

static bool is_refusable(const survey *s)
{
    return s->video.encrypted || s->audio.encrypted || length_ms(s) > SURVEY_LENGTH_MAX_MS;
}

static bool read_all(survey *s, const survey_watch *watch)
{
    AVFormatContext *format = film_format(s->film);
    int errors = 0;
    for (int64_t n = 1; errors < ERRORS_MAX && !is_refusable(s); n++) {
        int code = av_read_frame(format, s->packet);
        if (code == AVERROR_EOF || (format->pb && format->pb->eof_reached && code < 0))
            break;
        errors = code < 0 ? errors + 1 : 0;
        if (code >= 0)
            take_packet(s);
        av_packet_unref(s->packet);
        if (n % WATCH_EVERY == 0 && watch && !watch->goes_on(watch->user, reached_us(s) / 1000))
            return false;
    }
    drain(s);
    return true;
}

/* ---- verdicts ---- */

static bool refuse(survey *s, const char *code, const char *found)
{
    facts_say(&s->is->refused, code, "%s", found);
    return false;
}

static const char *codec_name(const strand *s)
{
    return avcodec_get_name(s->stream->codecpar->codec_id);
}

/* Of a track: "cenc" and its kin say so before the first packet. */
static bool is_locked(const strand *s)
{
    if (!s->stream)
        return false;
    uint32_t tag = s->stream->codecpar->codec_tag;
    return tag == MKTAG('e', 'n', 'c', 'v') || tag == MKTAG('e', 'n', 'c', 'a') ||
           av_stream_get_side_data(s->stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, NULL) ||
           av_dict_get(s->stream->metadata, "enc_key_id", NULL, 0);
}

static bool open_decoder(survey *s, strand *of, wire_track track)
{
    g_autoptr(GError) why = NULL;
    if (of->stream && !(of->decoder = film_decoder(s->film, track, 1, &why)))
        return refuse(s, "unsupported_codec", why->message);
    return true;
}

static bool fits(survey *s)
{
    if (!s->video.stream)
        return true;
    const AVCodecParameters *is = s->video.stream->codecpar;
    g_autofree char *found = g_strdup_printf("%d x %d", is->width, is->height);
    if (is->width > CODEC_SIDE_MAX || is->height > CODEC_SIDE_MAX)
        return refuse(s, "too_large_picture", found);
    if (is->width < 2 || is->height < 2)
        return refuse(s, "unsupported_codec", codec_name(&s->video));
    return true;
}

static bool may_begin(survey *s)
{
    if (is_locked(&s->video) || is_locked(&s->audio))
        return refuse(s, "encrypted", "tracks locked with a key");
    return fits(s) && open_decoder(s, &s->video, WIRE_VIDEO) &&
           open_decoder(s, &s->audio, WIRE_AUDIO);
}

static bool was_decoded(survey *s, const strand *of)
{
    if (!of->stream || !of->packets || of->good > of->bad)
        return true;
    return of->good ? refuse(s, "not_media", "nothing in it can be decoded")
                    : refuse(s, "unsupported_codec", codec_name(of));
}

/* Where the file says it ends, µs; 0: it does not, or it was guessed from what is there. */
static int64_t claimed_us(const survey *s)
{
    const AVFormatContext *format = film_format(s->film);
    const strand *longest = s->video.stream ? &s->video : &s->audio;
    bool stated = strstr(format->iformat->name, "mp4") || strstr(format->iformat->name, "webm") ||
                  !strcmp(format->iformat->name, "avi");
    if (!stated || format->duration <= 0)
        return 0;
    int64_t start = format->start_time == AV_NOPTS_VALUE ? 0 : format->start_time;
    if (longest->stream->duration > 0)
        return MAX(us(longest, longest->stream->duration), 0) + start;
    return format->duration + start;
}

static bool is_whole(survey *s)
{
    int64_t claimed = claimed_us(s), reached = reached_us(s);
    int64_t missing_ms = (claimed - reached) / 1000;
    if (!claimed || missing_ms <= CUT_SLACK_MS || missing_ms <= claimed / 1000 / CUT_SHARE)
        return true;
    g_autofree char *found =
        g_strdup_printf("%.1f s of %.1f s are here", (double)reached / 1e6, (double)claimed / 1e6);
    if (missing_ms > CUT_MOST_MS || missing_ms > claimed / 1000 / CUT_MOST_SHARE)
        return refuse(s, "truncated", found);
    facts_warn(s->is, "cut_short", found);
    return true;
}

static bool is_lesson(survey *s)
{
    if (s->video.encrypted || s->audio.encrypted)
        return refuse(s, "encrypted", "tracks locked with a key");
    if (!s->video.packets && !s->audio.packets)
        return refuse(s, claimed_us(s) ? "truncated" : "no_streams", "tracks without content");
    if (!was_decoded(s, &s->video) || !was_decoded(s, &s->audio))
        return false;
    if (s->is->duration_ms > SURVEY_LENGTH_MAX_MS)
        return refuse(s, "too_long", "more than 24 hours");
    if (s->video.packets == 1 && !s->audio.packets) {
        const AVCodecParameters *is = s->video.stream->codecpar;
        g_autofree char *found = g_strdup_printf("one picture, %d x %d", is->width, is->height);
        return refuse(s, "image", found);
    }
    return is_whole(s);
}

/* ---- what it is ---- */

static int64_t median_gap_ms(const survey *s)
{
    int64_t all = 0, seen = 0;
    for (int i = 0; i < GAPS_MS; i++)
        all += s->gaps[i];
    for (int i = 0; i < GAPS_MS; i++)
        if ((seen += s->gaps[i]) * 2 > all)
            return i;
    return 0;
}

/* One in a hundred pictures is shown markedly longer or shorter than the usual one. */
static bool is_vfr(const survey *s)
{
    int64_t usual = median_gap_ms(s), off = 0, all = 0, slack = MAX(2, usual / 5);
    for (int i = 0; i < GAPS_MS; i++) {
        all += s->gaps[i];
        off += llabs(i - usual) > slack ? s->gaps[i] : 0;
    }
    return off * 100 > all;
}

static int32_t fps_milli(const survey *s)
{
    const strand *v = &s->video;
    AVRational stated = av_guess_frame_rate(film_format(s->film), v->stream, NULL);
    double fps = stated.num > 0 && stated.den > 0 ? av_q2d(stated) : 0;
    int64_t length_us = v->end_us - v->first_us;
    double counted = length_us > 0 ? (double)v->packets * 1e6 / (double)length_us : fps;
    bool believed = fps > 0 && fabs(fps - counted) < counted / 50;
    return (int32_t)lround(CLAMP(believed ? fps : counted, 0, 1000) * 1000);
}

static void describe_format(facts_video *v, enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *is = av_pix_fmt_desc_get(format);
    if (!is)
        return;
    const char *chroma = is->flags & AV_PIX_FMT_FLAG_RGB ? "rgb"
                         : is->nb_components < 3         ? "grey"
                         : !is->log2_chroma_w            ? "4:4:4"
                         : is->log2_chroma_w == 2        ? "4:1:1"
                         : is->log2_chroma_h             ? "4:2:0"
                                                         : "4:2:2";
    g_strlcpy(v->chroma, chroma, sizeof v->chroma);
    v->bit_depth = is->comp[0].depth;
}

static void describe_shape(survey *s, facts_video *v)
{
    const AVCodecParameters *is = s->video.stream->codecpar;
    AVRational sar = av_guess_sample_aspect_ratio(film_format(s->film), s->video.stream, NULL);
    plan_shape shape = plan_shown(is->width, is->height, sar.num, sar.den, film_turns(s->film));
    v->width = shape.width;
    v->height = shape.height;
    v->rotation = (4 - film_turns(s->film)) % 4 * 90;
}

static bool has_fields(const survey *s)
{
    enum AVFieldOrder order = s->video.stream->codecpar->field_order;
    return s->fields * 2 > MIN(s->video.good, LOOKED_PICTURES) ||
           (order > AV_FIELD_PROGRESSIVE && !s->video.good);
}

/* A copied picture is as long as it is: sound beyond it would be lost. */
static bool covers_sound(const survey *s)
{
    const strand *v = &s->video, *a = &s->audio;
    return !a->packets || (v->first_us - MAX(a->first_us, 0) <= EARLY_MS * 1000 &&
                           a->end_us - v->end_us <= LATE_MS * 1000);
}

/* May every player be given this picture as it is? */
static bool is_copyable(const survey *s, const facts_video *v)
{
    const AVCodecParameters *is = s->video.stream->codecpar;
    bool plain = s->has_avcc && plan_may_copy(&s->picture) && !v->interlaced && !v->rotation &&
                 v->width == is->width && v->height == is->height;
    bool steady = s->starts_with_key && v->key_ms <= SURVEY_KEY_MAX_MS &&
                  v->gap_ms <= SURVEY_GAP_MAX_MS && covers_sound(s);
    return plain && steady && plan_is_sparing(v->width, v->height, v->fps_milli, v->bps);
}

static void describe_video(survey *s)
{
    facts_video *v = &s->is->video;
    const strand *is = &s->video;
    const AVCodecParameters *codec = is->stream->codecpar;
    int64_t length_us = MAX(is->end_us - is->first_us, 1);
    s->is->has_video = true;
    g_strlcpy(v->codec, codec_name(is), sizeof v->codec);
    describe_shape(s, v);
    describe_format(v, is->decoder && is->decoder->pix_fmt != AV_PIX_FMT_NONE
                           ? is->decoder->pix_fmt
                           : (enum AVPixelFormat)codec->format);
    v->fps_milli = fps_milli(s);
    v->vfr = is_vfr(s);
    v->interlaced = has_fields(s);
    v->hdr = codec->color_trc == AVCOL_TRC_SMPTE2084 || codec->color_trc == AVCOL_TRC_ARIB_STD_B67;
    int64_t last_way = is->end_us - s->last_key_us;
    v->key_ms = (int32_t)MIN(MAX(s->longest_key_us, last_way) / 1000, INT32_MAX);
    v->gap_ms = (int32_t)MIN(s->longest_gap_us / 1000, INT32_MAX);
    v->pictures = (int32_t)MIN(is->packets, INT32_MAX);
    v->bps = is->bytes * 8 * 1000 / MAX(length_us / 1000, 1);
    v->copyable = is_copyable(s, v);
}

static int32_t count_tracks(const survey *s)
{
    AVFormatContext *format = film_format(s->film);
    int32_t count = 0;
    for (unsigned i = 0; i < format->nb_streams; i++)
        count += format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    return count;
}

static void describe_audio(survey *s)
{
    facts_audio *a = &s->is->audio;
    const AVCodecParameters *codec = s->audio.stream->codecpar;
    s->is->has_audio = true;
    g_strlcpy(a->codec, codec_name(&s->audio), sizeof a->codec);
    a->rate = codec->sample_rate;
    a->channels = codec->ch_layout.nb_channels;
    a->tracks = count_tracks(s);
    a->loudness_mlufs = FACTS_NOT_HEARD;
    if (s->loudness && loudness_read(s->loudness, &a->loudness_mlufs, &a->peak_mdb))
        a->gain_mdb = facts_gain_mdb(a->loudness_mlufs, a->peak_mdb);
    else
        a->loudness_mlufs = FACTS_NOT_HEARD;
}

static void describe(survey *s)
{
    s->is->duration_ms = length_ms(s);
    s->is->measured = true;
    if (s->video.packets)
        describe_video(s);
    if (s->audio.packets)
        describe_audio(s);
}

static void name_container(survey *s)
{
    const AVFormatContext *format = film_format(s->film);
    const AVDictionaryEntry *brand = av_dict_get(format->metadata, "major_brand", NULL, 0);
    g_auto(GStrv) names = g_strsplit(format->iformat->name, ",", 2);
    bool quicktime = brand && g_str_has_prefix(brand->value, "qt");
    bool mp4 = !strcmp(names[0], "mov") && !quicktime;
    g_strlcpy(s->is->container, mp4 ? "mp4" : names[0], sizeof s->is->container);
}

/* ---- the whole ---- */

static void prepare(survey *s)
{
    gsize size = 0;
    GBytes *avcc = film_config(s->film, WIRE_VIDEO);
    const uint8_t *bytes = avcc ? g_bytes_get_data(avcc, &size) : NULL;
    s->video.stream = film_stream(s->film, WIRE_VIDEO);
    s->audio.stream = film_stream(s->film, WIRE_AUDIO);
    s->has_avcc = bytes && picture_config_read(bytes, size, &s->picture, NULL);
    s->packet = av_packet_alloc();
    s->frame = av_frame_alloc();
}

static void clear(survey *s)
{
    loudness_free(s->loudness);
    avcodec_free_context(&s->video.decoder);
    avcodec_free_context(&s->audio.decoder);
    av_packet_free(&s->packet);
    av_frame_free(&s->frame);
    film_close(s->film);
}

/* What could not be opened as a film: its first bytes say what it is. */
static bool sniff_at(const char *path, facts *is, GError **error)
{
    FILE *file = fopen(path, "rbe");
    if (!file) {
        error_set(error, ERROR_STORAGE, "file_missing", NULL, "The file cannot be opened");
        return false;
    }
    g_autofree uint8_t *bytes = g_malloc(SNIFF_BYTES);
    gsize size = fread(bytes, 1, SNIFF_BYTES, file);
    if (!fseeko(file, 0, SEEK_END))
        is->bytes = (int64_t)ftello(file);
    fclose(file);
    sniff(bytes, size, is->bytes, &is->refused);
    return true;
}

static bool open_film(survey *s, const char *path, GError **error)
{
    g_autoptr(GError) why = NULL;
    if (!sniff_at(path, s->is, error))
        return false;
    if (!strcmp(s->is->refused.code, "empty"))
        return true;
    s->film = film_open(path, &why);
    if (s->film)
        s->is->refused = (facts_word){0};
    else if (strcmp(error_code(why), "not_media") != 0)
        facts_say(&s->is->refused, error_code(why), "neither picture nor sound");
    return true;
}

bool survey_run(const char *path, const survey_watch *watch, facts *is, GError **error)
{
    survey s = {.is = is};
    *is = (facts){0};
    bool ok = open_film(&s, path, error);
    if (ok && s.film) {
        prepare(&s);
        name_container(&s);
        if (may_begin(&s) && (ok = read_all(&s, watch))) {
            describe(&s);
            is_lesson(&s);
        }
    }
    clear(&s);
    return ok;
}
