/*
 * One line per event, on stderr, as readable text or as JSON.
 *
 * `area` is the room's name ("net", "live"). Messages are for the person who has to act; identity numbers,
 * phones, passwords, keys and passes never go in. It rotates nothing: stderr belongs to systemd or the caller.
 *
 * Runs on: any thread.
 * Memory:  keeps nothing of what it is given.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <glib.h>

typedef enum { LOG_LINES, LOG_JSON } log_format;
typedef enum { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level;

/* Once, before the first thread starts. Until then: text, from LOG_INFO up. */
void log_start(log_format format, log_level least);

void log_debug(const char *area, const char *format, ...) G_GNUC_PRINTF(2, 3);
void log_info(const char *area, const char *format, ...) G_GNUC_PRINTF(2, 3);
void log_warn(const char *area, const char *format, ...) G_GNUC_PRINTF(2, 3);
void log_error(const char *area, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
