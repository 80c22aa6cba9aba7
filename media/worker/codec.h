/*
 * What a codec configuration says: the avcC of H.264 (ISO/IEC 14496-15 5.3.3) with its first SPS,
 * and the AudioSpecificConfig of AAC (ISO/IEC 14496-3 1.6.2.1).
 *
 * Pure: bytes in, numbers out. It comes from strangers, so every length is checked. It decodes no
 * pictures.
 *
 * Runs on: any thread.
 * Memory:  plain values.
 */
#ifndef WORKER_CODEC_H
#define WORKER_CODEC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CODEC_SIDE_MAX 8192  /* a picture's width or height; larger is refused */
#define CODEC_AAC_FRAME 1024 /* samples in a frame of AAC-LC */

typedef struct {
    int32_t width, height; /* as shown, after cropping */
    int32_t chroma;        /* chroma_format_idc: 1 is 4:2:0 */
    int32_t depth;         /* bits per sample */
    bool interlaced;
    int32_t fps_num, fps_den; /* as the VUI states it; 0/0 when it does not, or states nonsense */
    int32_t length_bytes;     /* in front of each NAL unit */
    char codecs[16];          /* RFC 6381: "avc1.64001f" */
} picture_config;

typedef struct {
    int32_t object_type; /* 2 is AAC-LC */
    int32_t rate, channels;
    bool short_frames; /* 960 samples instead of 1024 */
} sound_config;

/* INPUT error if it cannot be read or describes a picture nobody sends. */
bool picture_config_read(const uint8_t *avcc, gsize size, picture_config *config, GError **error);
/*
 * Does this access unit hold an IDR picture? Some encoders call pictures keyframes that nothing can
 * begin with: recovery points, I pictures of open GOPs.
 */
bool picture_is_idr(const picture_config *config, GBytes *bytes);
/* Does it bring its own sequence parameters, behind lengths of so many bytes? */
bool picture_has_parameters(int length_bytes, GBytes *bytes);

bool sound_config_read(const uint8_t *asc, gsize size, sound_config *config, GError **error);

/* The AudioSpecificConfig of AAC-LC, 48 kHz, stereo: what our own encoder makes. New reference. */
GBytes *sound_config_ours(void);

/* One frame of digital silence in AAC-LC for one or two channels, any rate. New reference. */
GBytes *sound_silence(int32_t channels);

#endif
