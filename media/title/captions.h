/*
 * The captions people gave a title: one file per language in `captions/` beside the journal.
 *
 * A file keeps its label, how far its cues are moved, and the cues as they were read (title/cues.h), in title time.
 * Each change writes a new file and renames it: a reader sees the old one or the new one. It knows no people and no
 * journal.
 *
 * Runs on: any thread; a change locks the folder against other changes.
 * Memory:  arrays and text are yours.
 */
#ifndef TITLE_CAPTIONS_H
#define TITLE_CAPTIONS_H

#include "title/cues.h"

#define CAPTIONS_MAX 16      /* languages of one title; full: CONFLICT */
#define CAPTIONS_LANG_MAX 20 /* bytes */
#define CAPTIONS_LABEL_CHARS 40
#define CAPTIONS_OFFSET_MAX_MS (24LL * 3600 * 1000) /* either way */

typedef struct {
    char lang[CAPTIONS_LANG_MAX + 1];
    char label[CAPTIONS_LABEL_CHARS * 4 + 1];
    int64_t offset_ms;
    int32_t cues;
} title_captions;

/* "zh", "zh-Hans", "en-GB" (BCP 47: language, script, region). */
bool captions_lang_ok(const char *lang);

/* What there is, by language; empty when there is none. Files that cannot be are passed over. STORAGE error. */
GArray *captions_list(const char *dir, GError **error);

/*
 * Each gives what there is then. label "": the language's own name. INPUT error: the language, the label, the offset;
 * MISSING: no such title or captions; CONFLICT "captions_full"; STORAGE.
 */
GArray *captions_put(const char *dir, const char *lang, const char *label, const GArray *cues,
                     GError **error);
/* label NULL, offset_ms NULL: as it was. */
GArray *captions_change(const char *dir, const char *lang, const char *label,
                        const int64_t *offset_ms, GError **error);
GArray *captions_drop(const char *dir, const char *lang, GError **error);

/* The file for players: WebVTT, moved and mapped (cues_write). MISSING, STORAGE. */
char *captions_vtt(const char *dir, const char *lang, cues_map map, gpointer user, GError **error);
/* A piece of it for HLS (cues_write_piece). MISSING, STORAGE. */
char *captions_piece(const char *dir, const char *lang, const cues_piece *piece, GError **error);

#endif
