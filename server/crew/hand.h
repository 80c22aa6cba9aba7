/*
 * One worker at the other end of a socket: its queue, what it says, its death. Inside of the crew
 * only.
 *
 * Runs on: the loop.
 * Memory:  freed by itself once its process is reaped and on_gone has returned.
 */
#ifndef CREW_HAND_H
#define CREW_HAND_H

#include "crew/crew.h"
#include "crew/spawn.h"

/* Takes over what was spawned. on_dead: the hand is about to be freed, take it off your list. */
crew_hand *hand_new(const crew_loop *loop, const spawned *worker, const crew_ops *ops,
                    gpointer user, void (*on_dead)(crew_hand *hand, gpointer owner),
                    gpointer owner);

/* It has stood by, and works for somebody else from now on. */
void hand_employ(crew_hand *hand, const crew_ops *ops, gpointer user);
void hand_set_cost(crew_hand *hand, int32_t cost);        /* crew_cost() of its job; 0 before */
void hand_set_source_cost(crew_hand *hand, int32_t cost); /* what encoding its source adds */
int32_t hand_cost(const crew_hand *hand);                 /* of both */

/* It is a receiver: TRACK and FRAME from it are no nonsense. */
void hand_may_feed(crew_hand *hand);
/* Nobody waits for what it does. */
void hand_set_offline(crew_hand *hand);
bool hand_is_offline(const crew_hand *hand);

/*
 * What the watches do, for waiting without a loop. Each may free the hand, when its process is
 * dead.
 */
int hand_socket(const crew_hand *hand); /* -1: closed already */
int hand_pidfd(const crew_hand *hand);
bool hand_wants_write(const crew_hand *hand);
void hand_move(crew_hand *hand); /* writes and reads what can be, without waiting */
bool hand_reap(crew_hand *hand); /* true: it was dead and is freed */

#endif
