/*
 * What somebody sits at, in two words, for the list of places they are signed in.
 *
 * Read from what a browser says of itself: a hint to its owner's memory, proof of nothing. The text itself is not kept:
 * it would tell one person from another. It knows no versions and no models.
 *
 * Runs on: any thread.
 * Memory:  the words are constants.
 */
#ifndef PEOPLE_DEVICE_H
#define PEOPLE_DEVICE_H

/* Each a word of its table, such as "wechat" on "android"; "" for what is not known. Never NULL. */
typedef struct {
    const char *browser, *device;
} device;

/* user_agent may be NULL. "program": it does not call itself a browser. */
device device_of(const char *user_agent);

#endif
