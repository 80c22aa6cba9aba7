#include "worker/film.h"

#include <libavcodec/avcodec.h>
#include <libavutil/display.h>
#include <math.h>

#include "base/error.h"
#include "title/journal.h"
#include "worker/film_av.h"

/* One file, one film: no playlists, no devices, no pictures in folders. */
#define FORMATS                                                                                    \
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,flv,asf,wav,w64,mp3,aac,flac,"  \
    "ogg,aiff,amr,caf,gif,mxf,rm,dv,ivf,nut,au,ac3,eac3,dts,ape,wv,tta,obu,dsf,mpc,mpc8"

struct film {
    AVFormatContext *format;
    AVPacket *packet;
    int video, audio; /* stream indexes; -1: none */
    GBytes *avcc, *asc;
};

static void *fail(film *f, GError **error, const char *word, const char *step, int code)
{
    char why[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, why, sizeof why);
    error_set(error, ERROR_INPUT, word, NULL, "%s: %s", step, why);
    film_close(f);
    return NULL;
}

static const AVCodecParameters *track(const film *f, int stream)
{
    return stream < 0 ? NULL : f->format->streams[stream]->codecpar;
}

static GBytes *config_of(const film *f, int stream, enum AVCodecID codec)
{
    const AVCodecParameters *is = track(f, stream);
    if (!is || is->codec_id != codec || is->extradata_size <= 0 ||
        is->extradata_size > WIRE_CONFIG_MAX)
        return NULL;
    return g_bytes_new(is->extradata, (gsize)is->extradata_size);
}

static bool is_still(enum AVCodecID codec)
{
    return codec == AV_CODEC_ID_PNG || codec == AV_CODEC_ID_MJPEG || codec == AV_CODEC_ID_BMP ||
           codec == AV_CODEC_ID_TIFF || codec == AV_CODEC_ID_WEBP;
}

/* Covers and the small pictures of chapters are no film. */
static bool is_picture_track(const AVStream *stream)
{
    const int beside = AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS;
    const AVCodecParameters *is = stream->codecpar;
    return is->codec_type == AVMEDIA_TYPE_VIDEO && !(stream->disposition & beside) &&
           !(is_still(is->codec_id) && stream->nb_frames == 1);
}

static int64_t worth(const AVStream *stream)
{
    int64_t pixels = (int64_t)stream->codecpar->width * stream->codecpar->height;
    return pixels + (stream->disposition & AV_DISPOSITION_DEFAULT ? INT64_C(1) << 40 : 0);
}

static int best_video(const AVFormatContext *format)
{
    int best = -1;
    for (unsigned i = 0; i < format->nb_streams; i++)
        if (is_picture_track(format->streams[i]) &&
            (best < 0 || worth(format->streams[i]) > worth(format->streams[best])))
            best = (int)i;
    return best;
}

/* The demuxer skips what nobody wants. */
static void discard_others(const film *f)
{
    for (int i = 0; i < (int)f->format->nb_streams; i++)
        f->format->streams[i]->discard =
            i == f->video || i == f->audio ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
}

static int open_input(film *f, const char *path)
{
    AVDictionary *options = NULL;
    av_dict_set(&options, "format_whitelist", FORMATS, 0);
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    int code = avformat_open_input(&f->format, path, NULL, &options);
    av_dict_free(&options);
    return code;
}

film *film_open(const char *path, GError **error)
{
    film *f = g_new0(film, 1);
    av_log_set_level(AV_LOG_FATAL); /* a stranger's file does not write our log */
    f->packet = av_packet_alloc();
    f->video = f->audio = -1;
    int code = open_input(f, path);
    if (code < 0)
        return fail(f, error, "not_media", "open", code);
    code = avformat_find_stream_info(f->format, NULL);
    if (code < 0)
        return fail(f, error, "not_media", "probe", code);
    f->video = best_video(f->format);
    f->audio = av_find_best_stream(f->format, AVMEDIA_TYPE_AUDIO, -1, f->video, NULL, 0);
    f->audio = MAX(f->audio, -1);
    if (f->video < 0 && f->audio < 0)
        return fail(f, error, "no_streams", "probe", AVERROR_STREAM_NOT_FOUND);
    discard_others(f);
    f->avcc = config_of(f, f->video, AV_CODEC_ID_H264);
    f->asc = config_of(f, f->audio, AV_CODEC_ID_AAC);
    return f;
}

AVFormatContext *film_format(film *f)
{
    return f->format;
}

AVStream *film_stream(const film *f, wire_track which)
{
    int index = which == WIRE_VIDEO ? f->video : f->audio;
    return index < 0 ? NULL : f->format->streams[index];
}

AVCodecContext *film_decoder(const film *f, wire_track which, int threads, GError **error)
{
    const AVStream *stream = film_stream(f, which);
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    AVCodecContext *decoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (decoder && avcodec_parameters_to_context(decoder, stream->codecpar) >= 0) {
        decoder->pkt_timebase = stream->time_base;
        decoder->thread_count = threads;
        if (avcodec_open2(decoder, codec, NULL) >= 0)
            return decoder;
    }
    avcodec_free_context(&decoder);
    error_set(error, ERROR_INPUT, "unsupported_codec", NULL, "%s: %s",
              which == WIRE_VIDEO ? "picture" : "sound",
              avcodec_get_name(stream->codecpar->codec_id));
    return NULL;
}

void film_close(film *f)
{
    if (!f)
        return;
    avformat_close_input(&f->format);
    av_packet_free(&f->packet);
    g_clear_pointer(&f->avcc, g_bytes_unref);
    g_clear_pointer(&f->asc, g_bytes_unref);
    g_free(f);
}

/* Quarter turns the picture needs to stand upright. */
int film_turns(const film *f)
{
    if (f->video < 0)
        return 0;
    const uint8_t *matrix =
        av_stream_get_side_data(f->format->streams[f->video], AV_PKT_DATA_DISPLAYMATRIX, NULL);
    double angle = matrix ? av_display_rotation_get((const int32_t *)matrix) : 0;
    return isnan(angle) ? 0 : ((int)lround(angle / 90) % 4 + 4) % 4;
}

bool film_is_frames(const film *f)
{
    picture_config picture;
    sound_config sound;
    gsize size = 0;
    const uint8_t *bytes = f->avcc ? g_bytes_get_data(f->avcc, &size) : NULL;
    bool video = f->video < 0 ||
                 (bytes && picture_config_read(bytes, size, &picture, NULL) && !film_turns(f));
    bytes = f->asc ? g_bytes_get_data(f->asc, &size) : NULL;
    bool audio = f->audio < 0 || (bytes && sound_config_read(bytes, size, &sound, NULL));
    return video && audio;
}

void film_describe(const film *f, plan_source *source)
{
    const AVCodecParameters *video = track(f, f->video);
    *source = (plan_source){.video = video != NULL, .audio = f->audio >= 0};
    if (!video)
        return;
    AVRational fps = av_guess_frame_rate(f->format, f->format->streams[f->video], NULL);
    AVRational sar = av_guess_sample_aspect_ratio(f->format, f->format->streams[f->video], NULL);
    plan_shape shape = plan_shown(video->width, video->height, sar.num, sar.den, film_turns(f));
    source->picture.width = shape.width;
    source->picture.height = shape.height;
    bool sane = fps.num > 0 && fps.den > 0 && av_q2d(fps) >= 5 && av_q2d(fps) <= 120;
    source->picture.fps_num = sane ? fps.num : 0;
    source->picture.fps_den = sane ? fps.den : 0;
}

#define EARLY_MS 100 /* sound may begin before the picture by so much and be cut */

static int64_t start_of(const AVStream *stream)
{
    if (!stream || stream->start_time == AV_NOPTS_VALUE)
        return 0;
    return av_rescale_q(stream->start_time, stream->time_base, (AVRational){1, TITLE_TIMESCALE});
}

int64_t film_origin(const film *f, bool follow)
{
    const AVStream *video = film_stream(f, WIRE_VIDEO), *audio = film_stream(f, WIRE_AUDIO);
    if (!video)
        return start_of(audio);
    int64_t early = start_of(video) - start_of(audio);
    bool sound_first = audio && early > EARLY_MS * (TITLE_TIMESCALE / 1000);
    return sound_first && !follow ? start_of(audio) : start_of(video);
}

GBytes *film_config(const film *f, wire_track which)
{
    return which == WIRE_VIDEO ? f->avcc : f->asc;
}

int64_t film_length_ms(const film *f)
{
    return f->format->duration > 0 ? f->format->duration / (AV_TIME_BASE / 1000) : 0;
}

static unit *unit_of(const film *f, wire_track *which)
{
    const AVRational ticks = {1, TITLE_TIMESCALE};
    const AVPacket *p = f->packet;
    if (p->stream_index != f->video && p->stream_index != f->audio)
        return NULL;
    if (p->size <= 0 || p->dts == AV_NOPTS_VALUE)
        return NULL;
    AVRational base = f->format->streams[p->stream_index]->time_base;
    int64_t dts = av_rescale_q(p->dts, base, ticks);
    int64_t pts = p->pts == AV_NOPTS_VALUE ? dts : av_rescale_q(p->pts, base, ticks);
    g_autoptr(GBytes) bytes = g_bytes_new(p->data, (gsize)p->size);
    *which = p->stream_index == f->video ? WIRE_VIDEO : WIRE_AUDIO;
    return unit_new(bytes, pts, dts, p->flags & AV_PKT_FLAG_KEY);
}

unit *film_next(film *f, wire_track *which, GError **error)
{
    unit *u = NULL;
    int code = 0;
    while (!u && (code = av_read_frame(f->format, f->packet)) >= 0) {
        u = unit_of(f, which);
        av_packet_unref(f->packet);
    }
    if (!u && code != AVERROR_EOF)
        error_set(error, ERROR_INPUT, "broken_media", NULL, "The file breaks off in the middle");
    return u;
}
