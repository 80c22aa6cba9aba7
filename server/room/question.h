/*
 * Questions asked in a room: kept, voted for, answered, removed, and read again.
 *
 * A question is open, then answered or removed; an answered one may be answered better, or opened again. Who may do
 * what is the caller's affair, but for one's own question. It knows no sockets.
 *
 * Runs on: the clerk's thread; those that only read on any reader's.
 * Memory:  values; json is yours.
 */
#ifndef ROOM_QUESTION_H
#define ROOM_QUESTION_H

#include <jansson.h>

#include "records/records.h"

#define QUESTION_CHARS 200        /* of a question */
#define QUESTION_ANSWER_CHARS 500 /* of an answer */
/*
 * A board is one message, well below what a socket may owe (NET_WS_QUEUE_MAX), whatever letters are in it: so many
 * open ones at once (CONFLICT "questions_full"), so many answered ones a page.
 */
#define QUESTION_OPEN_MAX 100
#define QUESTION_PAGE 20
#define QUESTION_MINE_MAX 5 /* open ones of one person: CONFLICT "too_many_questions" */
#define QUESTION_MAX 2000   /* of one title, ever: CONFLICT "questions_full" */

typedef enum { QUESTION_OPEN, QUESTION_ANSWERED, QUESTION_REMOVED } question_state;

/* Who did it, and when. */
typedef struct {
    int64_t at_ms;        /* UTC; 0: it was not done */
    int64_t programme_ms; /* where the live picture was, UTC; 0: nowhere */
    int64_t person;
    char name[204];
} question_deed;

typedef struct {
    int64_t id; /* random, below 2^53 */
    question_deed asked;
    char words[QUESTION_CHARS * 4 + 1];
    int64_t votes;
    question_state state;
    question_deed closed;                       /* answered or removed */
    char answer[QUESTION_ANSWER_CHARS * 4 + 1]; /* "" when answered: aloud */
} question;

/* MISSING "question_missing" from all that name one: it is not in this room, or was removed. */
bool question_ask(records *db, const char *title_id, const question_deed *by, const char *words,
                  question *made, GError **error);
/*
 * One vote a person, which goes up or down; *moved tells whether it did. CONFLICT "own_question", or
 * "question_answered": it is not open.
 */
bool question_vote(records *db, const char *title_id, int64_t id, int64_t person, bool up,
                   question *is, bool *moved, GError **error);
/* words "": aloud. One that is answered gets this answer instead. */
bool question_answer(records *db, const char *title_id, int64_t id, const question_deed *by,
                     const char *words, question *is, GError **error);
bool question_reopen(records *db, const char *title_id, int64_t id, question *is, GError **error);
/* any: also somebody else's, or an answered one; else DENIED "hosts_only". */
bool question_remove(records *db, const char *title_id, int64_t id, const question_deed *by,
                     bool any, question *is, GError **error);

bool question_open_count(records *db, const char *title_id, int *count, GError **error);
/* As all see it; a removed one is its id and state. */
json_t *question_json(const question *is);
/*
 * {"open": […], "answered": […], "more": bool, "voted": [ids]}: the open ones by votes, then time; the answered ones,
 * the last first, QUESTION_PAGE of them; those open ones the person (0: nobody) voted for. before 0: the newest page;
 * else answered ones before that one, and nothing open.
 */
json_t *question_board(records *db, const char *title_id, int64_t person, int64_t before,
                       GError **error);
/* All there ever were, removed ones too, in the order they were asked. */
bool question_each(records *db, const char *title_id, void (*fn)(const question *is, gpointer data),
                   gpointer data, GError **error);

#endif
