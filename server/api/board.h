/*
 * Storyboard, poster and wave of a title over HTTP: what the seek bar shows, and standard players too.
 *
 * Runs on: the loop. Memory: borrows everything.
 */
#ifndef API_BOARD_H
#define API_BOARD_H

#include "net/net.h"
#include "shelf/shelf.h"

/*
 * Answers board.json, board.vtt, board-<n>.jpg, poster.jpg and wave.json of a title whose pass was shown. False: it is
 * another name, and nothing was answered.
 */
bool board_answer(shelf *shelf, request *request, const char *title_id, const char *name);

#endif
