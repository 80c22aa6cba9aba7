/*
 * What the server and a worker say to each other over their socket pair (the worker's end is fd 3).
 *
 * A stream of messages, each with a length, a kind and a version-checked body, little endian. Encoding and
 * decoding are pure: no sockets here. Nothing a peer sends can make the reader do more than refuse.
 *
 * Runs on: any thread, one thread at a time per reader.
 * Memory:  encoders return GBytes you own; a decoded message lives until the next wire_reader_next().
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define WIRE_VERSION 2
#define WIRE_MESSAGE_MAX                                                                           \
    (8 * 1024 * 1024 + 64) /* the largest video frame RTMP may bring, and its head */
#define WIRE_PATH_MAX 512
#define WIRE_RUNGS_MAX 6
#define WIRE_NOTE_MAX 512
#define WIRE_CONFIG_MAX 4096      /* avcC / AudioSpecificConfig */
#define WIRE_DATA_MAX (32 * 1024) /* bytes of one piece of a publisher's container */
#define WIRE_SDP_MAX (32 * 1024)
#define WIRE_FACTS_MAX (16 * 1024)
#define WIRE_GAIN_MAX 40000 /* thousandths of a decibel, up or down */

typedef enum {
    /* server to worker */
    WIRE_JOB = 1, /* first message, once */
    WIRE_TRACK,  /* a track's codec configuration, before its first frame and whenever it changes */
    WIRE_FRAME,  /* one access unit */
    WIRE_LEAVE,  /* the publisher is gone: flush what there is, no END, then exit */
    WIRE_FINISH, /* the class is over: flush, write END, say WIRE_DONE, exit */
    WIRE_DATA,   /* a piece of the publisher's container, cut anywhere (WIRE_SOURCE_TS) */
    /* server to a receiver: a worker that takes one WebRTC publisher and sends TRACK and FRAME up */
    WIRE_STAND_BY = 16, /* instead of JOB: no title, be ready for an offer */
    WIRE_OFFER,         /* the publisher's SDP, in our own words; once */
    WIRE_KEYFRAME,      /* ask the publisher for a keyframe */
    /* worker to server */
    WIRE_READY = 64, /* pipeline stands, frames welcome */
    WIRE_BELL,       /* the journal has grown */
    WIRE_NOTE, /* something a person should know; what goes on to be so is said again within 20 s */
    WIRE_DONE, /* all is written; the worker exits with 0 */
    WIRE_FAILED,   /* it cannot go on; the sentence says why */
    WIRE_PROGRESS, /* of a job with a known length: title milliseconds done */
    WIRE_GAUGE,    /* what comes from the publisher, in numbers; about once a second */
    WIRE_PROBED,   /* what a file is, as JSON in data; DONE follows */
    WIRE_LATER, /* of a LESSON: another worker still writes its title; it exits with 0, nothing is done */
    WIRE_ANSWER = 80, /* of a receiver: SDP without candidates, and its UDP port on 127.0.0.1 */
    WIRE_COUNTS,      /* of a receiver: packets lost and retransmitted so far */
} wire_kind;

typedef enum {
    WIRE_SOURCE_FRAMES,
    WIRE_SOURCE_FILE,
    WIRE_SOURCE_PATTERN_LIVE,
    WIRE_SOURCE_PATTERN,
    WIRE_SOURCE_TS, /* an MPEG transport stream, as WIRE_DATA */
} wire_source;

/* What is wanted of the source. */
typedef enum {
    WIRE_TASK_TITLE, /* a title with the rungs the job names */
    WIRE_TASK_PROBE, /* a file: only look, write nothing; answers PROBED. Needs no title, no rungs */
    WIRE_TASK_LESSON, /* a file: a title with the ladder that fits it; goes on where one was left */
} wire_task;

/* The head of a lesson's title: whole segments of 4 s, keyframes of a copied file up to 10 s apart. */
#define WIRE_LESSON_PART 360000
#define WIRE_LESSON_SEGMENT 360000
#define WIRE_LESSON_TARGET_S 11

typedef enum { WIRE_VIDEO, WIRE_AUDIO } wire_track;
typedef enum { WIRE_CODEC_H264, WIRE_CODEC_AAC } wire_codec;

typedef struct {
    char name[16]; /* rendition name: "src", "480p", "180p", "audio" */
    bool copy;     /* take the source as it is when it qualifies */
    bool audio_only;
    /* lines; width follows the source's shape; 0 for audio; copy: at most, where it does not qualify (0: its own) */
    int32_t height;
    int32_t video_bps, audio_bps;
} wire_rung;

typedef struct {
    wire_source source;
    wire_task task;
    char title_dir[WIRE_PATH_MAX];
    char path[WIRE_PATH_MAX]; /* WIRE_SOURCE_FILE */
    char label[128];          /* patterns: words burnt into the picture (UTF-8) */
    int64_t length_ms;        /* PATTERN: how much to make; LESSON: as probed, 0: not known */
    int32_t lines_max;        /* LESSON: of the highest rung; 0: what is usual */
    int32_t gain_mdb;         /* LESSON: for the sound, 1/1000 dB, as probed */
    bool may_copy;            /* LESSON: the picture was found copyable */
    int32_t part_target, segment_target, target_duration_s; /* as in the journal's head */
    int64_t epoch_utc_ms; /* of a new title; an existing one keeps its own */
    int64_t
        now_ms; /* live: title time of the first frame to come, or later if the title is longer */
    int32_t rungs;
    wire_rung rung[WIRE_RUNGS_MAX];
} wire_job;

/* What comes from a publisher, measured where it is taken apart. 0: not known (yet), or none. */
typedef struct {
    int32_t video_bps, audio_bps; /* of the media alone, in the last second */
    int32_t fps_milli;            /* by the pictures' own stamps */
    int32_t key_ms;   /* between the last two keyframes, or since the last one if that is longer */
    int32_t ahead_ms; /* how far sound is before the picture as both arrive; < 0: behind it */
    int32_t late_ms;  /* how much later than in its best moment it arrives */
    int32_t skipped;  /* pictures missing in the beat of the stamps, since the worker began */
    int32_t width, height;
    int32_t sound_rate, sound_channels;
    bool reordered;  /* B-frames */
    bool encoded;    /* it does not qualify for a copy: its own size is encoded too */
    char codecs[16]; /* of the picture, RFC 6381: "avc1.64001f" */
} wire_gauge;

typedef struct {
    wire_kind kind;
    wire_job job;     /* JOB */
    wire_track track; /* TRACK, FRAME */
    wire_codec codec; /* TRACK */
    bool key;         /* FRAME */
    int64_t pts_ms,
        dts_ms; /* FRAME: the publisher's own clock in ms, never wrapping, may start anywhere */
    int64_t progress_ms; /* PROGRESS */
    const uint8_t *
        data; /* TRACK: configuration; FRAME: bytes (avc length-prefixed, or raw AAC); DATA: bytes */
    gsize
        size; /* OFFER, ANSWER: of the SDP; PROBED: of the JSON in data; UTF-8, no NUL behind it */
    uint16_t port;                /* ANSWER */
    uint64_t lost, retransmitted; /* COUNTS */
    wire_gauge gauge;             /* GAUGE */
    char note[WIRE_NOTE_MAX];     /* NOTE, FAILED: one sentence, UTF-8 */
} wire_message;

GBytes *wire_encode_job(const wire_job *job);
GBytes *wire_encode_track(wire_track track, wire_codec codec, const uint8_t *config, gsize size);
GBytes *wire_encode_frame(wire_track track, bool key, int64_t pts_ms, int64_t dts_ms,
                          const uint8_t *data, gsize size);
GBytes *wire_encode_data(const uint8_t *data, gsize size); /* at most WIRE_DATA_MAX */
GBytes *wire_encode_note(wire_kind kind,
                         const char *sentence); /* NOTE or FAILED; cut to WIRE_NOTE_MAX */
GBytes *wire_encode_progress(int64_t done_ms);
GBytes *wire_encode_gauge(const wire_gauge *gauge);
GBytes *wire_encode_probed(const char *json); /* shorter than WIRE_FACTS_MAX */
GBytes *
wire_encode_plain(wire_kind kind); /* LEAVE FINISH STAND_BY KEYFRAME READY BELL DONE LATER */
GBytes *wire_encode_offer(const char *sdp, gsize size);
GBytes *wire_encode_answer(uint16_t port, const char *sdp, gsize size);
GBytes *wire_encode_counts(uint64_t lost, uint64_t retransmitted);

typedef struct wire_reader wire_reader;
wire_reader *wire_reader_new(void);
void wire_reader_free(wire_reader *reader); /* NULL is fine */

/* Adds bytes that arrived. */
void wire_reader_push(wire_reader *reader, const uint8_t *bytes, gsize size);

/*
 * The next whole message, or NULL: none yet (no error), or the peer does not speak this language (PEER error;
 * the reader is dead from then on).
 */
const wire_message *wire_reader_next(wire_reader *reader, GError **error);

#endif
