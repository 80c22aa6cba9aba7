/*
 * What a file that someone brought is, as a look at it found: numbers and words, and the JSON that the server keeps.
 *
 * A file that cannot become a lesson is refused with a code that the page translates and, beside it, what was found.
 * It knows no libav and opens nothing.
 *
 * Runs on: any thread.
 * Memory:  a plain value; you own the text.
 */
#ifndef WORKER_FACTS_H
#define WORKER_FACTS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FACTS_WARNINGS_MAX 4
#define FACTS_NOT_HEARD INT32_MIN /* loudness of silence, or of no sound */

/* A stable code and what was found, in words; no code: nothing. */
typedef struct {
    char code[24];
    char found[160];
} facts_word;

typedef struct {
    char codec[24];
    int32_t width, height; /* as shown: upright, pixels square */
    int32_t rotation;      /* clockwise degrees the stored picture is turned by */
    int32_t fps_milli;
    int32_t bit_depth;
    char chroma[8]; /* "4:2:0", "4:2:2", "4:4:4", "rgb", "grey" */
    bool vfr;       /* distances between pictures differ */
    bool interlaced;
    bool hdr;         /* PQ or HLG */
    bool copyable;    /* it may be shown as it is, without being encoded anew */
    int32_t key_ms;   /* the longest way from one keyframe to the next */
    int32_t gap_ms;   /* the longest picture */
    int64_t bps;      /* mean */
    int32_t pictures; /* counted */
} facts_video;

typedef struct {
    char codec[24];
    int32_t rate, channels;
    int32_t loudness_mlufs; /* integrated, EBU R 128; FACTS_NOT_HEARD */
    int32_t peak_mdb;       /* of samples */
    int32_t gain_mdb;       /* what brings it to the loudness of all lessons; 0: leave it */
    int32_t tracks;         /* there are; the best is taken */
} facts_audio;

typedef struct {
    char container[24];
    int64_t bytes;
    int64_t duration_ms; /* by the packets themselves when measured, else by what the file says */
    bool measured;
    bool has_video, has_audio;
    facts_video video;
    facts_audio audio;
    facts_word refused;
    facts_word warning[FACTS_WARNINGS_MAX];
    int32_t warnings;
} facts;

/* Words are cut to their place, and never hold half a character. */
void facts_say(facts_word *word, const char *code, const char *format, ...) G_GNUC_PRINTF(3, 4);
void facts_warn(facts *f, const char *code, const char *found); /* beyond the bound: left out */

/*
 * The one gain that brings measured sound to the house's loudness, 1/1000 dB: -16 LUFS, as loud as what else phones
 * play (AES TD1008), for lessons are heard on small speakers in workshops; -23 of EBU R 128 is for living rooms. Peaks stay
 * under -1 dB, what is within 1 dB is left alone, and nothing is moved by more than 20 dB.
 */
int32_t facts_gain_mdb(int32_t loudness_mlufs, int32_t peak_mdb);

char *facts_json(const facts *f);

#endif
