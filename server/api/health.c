#include "api/health.h"

#include <math.h>

static json_t *media_json(const wire_gauge *media)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:i, s:i, s:b}",
                     "video_bps", media->video_bps, "audio_bps", media->audio_bps, "fps_milli",
                     media->fps_milli, "key_ms", media->key_ms, "ahead_ms", media->ahead_ms,
                     "late_ms", media->late_ms, "skipped", media->skipped, "width", media->width,
                     "height", media->height, "codecs", media->codecs, "sound_rate",
                     media->sound_rate, "sound_channels", media->sound_channels, "b_frames",
                     media->reordered);
}

static json_t *way_json(const ingest_health *way)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "rtt_ms", (json_int_t)llround(way->rtt_ms),
                     "latency_ms", (json_int_t)way->latency_ms, "packets", (json_int_t)way->packets,
                     "lost", (json_int_t)way->lost, "retransmitted", (json_int_t)way->retransmitted,
                     "dropped", (json_int_t)way->dropped);
}

json_t *health_message(const live_vitals *vitals)
{
    json_t *message =
        json_pack("{s:s, s:s}", "t", "health", "publisher", vitals ? vitals->publisher : "");
    if (vitals && vitals->session)
        json_object_set_new(message, "session", json_string(vitals->session));
    if (vitals && vitals->media_known)
        json_object_set_new(message, "media", media_json(&vitals->media));
    if (vitals && vitals->way_known)
        json_object_set_new(message, "way", way_json(&vitals->way));
    return message;
}
