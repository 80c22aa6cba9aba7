/*
 * The captions of an ended title as HLS tells them (RFC 8216bis 3.1.4, 4.4.6.1): one rendition of subtitles per
 * language, and a media playlist of pieces, which is the same for all of them.
 *
 * A piece is some minutes of media without an interruption in it, so that nobody loads three hours of words to read
 * one, and a discontinuity of the picture is one of the words. Pure: it knows no files and none of the words.
 *
 * Runs on: any thread, one at a time per index.
 * Memory:  everything is borrowed; arrays are yours; text is appended to `out`.
 */
#ifndef SHELF_SUBTITLES_H
#define SHELF_SUBTITLES_H

#include "shelf/playlist.h"

#define SUBTITLES_GROUP "captions" /* the GROUP-ID of all languages */
/* A piece has at most so much media (a longer segment stands alone); subtitles may have a target duration of their
 * own (RFC 8216bis 6.2.4). */
#define SUBTITLES_PIECE_S 600

/* EXT-X-MEDIA of each language (captions: of title_captions). */
void subtitles_renditions(GString *out, const GArray *captions);

/*
 * Pieces n.vtt from n = 0 on, of the rendition that began first. False, and nothing appended, when it has no whole
 * segment.
 */
bool subtitles_playlist(GString *out, const title_index *index, const playlist_facts *facts);

/* Which part of the title piece n is. False: there is no such piece. */
bool subtitles_piece(const title_index *index, uint64_t n, cues_piece *piece);

#endif
