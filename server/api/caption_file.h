/*
 * Captions as players take them: /media/<title>/captions.json tells which there are, /media/<title>/captions/<lang>.vtt
 * is all of one language in media time, and captions/<lang>/<n>.vtt a piece of it as its HLS playlist
 * (captions/<lang>/index.m3u8) leads to it. Words are read and moved on a pool thread.
 *
 * Runs on: the loop.
 * Memory:  keeps the request by a reference until it is answered.
 */
#ifndef API_CAPTION_FILE_H
#define API_CAPTION_FILE_H

#include "api/api.h"

/* rest: what stands behind the title's id. False: it is nothing of ours, and nothing was answered. */
bool caption_answer(const api_parts *parts, request *request, const char *title_id,
                    const char *rest);

/* Whose HLS playlist that is: a new string, or NULL when it is another file. */
char *caption_playlist_lang(const char *rest);

#endif
