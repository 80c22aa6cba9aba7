/*
 * What the operator may set: one table of keys, read from an INI file, some of them overruled on the command line.
 *
 * A key nobody knows, a value out of its range, or a file that is not there stops the start with one line that says
 * where. config/jiangtang.conf is the commented sample and equals the defaults (a test compares).
 *
 * Runs on: the main thread, before the loop.
 * Memory:  you own what settings_new() returns; its strings are its own.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef struct {
    char *bind;       /* address to listen on, for everything */
    int port;         /* HTTP; 0: any free one */
    char *public_url; /* what people type, "https://school.example"; "": localhost and the port */
    char *data;       /* directory of database, keys, titles */
    char *web;        /* directory of the built page; "": web/dist beside the program's build */
    char *log_format; /* "lines" or "json" */
    char *log_level;  /* "debug" "info" "warn" "error" */
    int rtmp_port;    /* 0: any free one; -1: no RTMP */
    int rtmps_port;   /* 0: any free one */
    char *rtmps_certificate, *rtmps_key; /* PEM files; both "": no RTMPS */
    int srt_port;                        /* UDP; 0: any free one; -1: no SRT */
    int srt_latency_ms;
    char *srt_encryption;   /* "off" or "on" */
    int whip_port;          /* UDP of WebRTC; 0: any free one; -1: no WebRTC */
    char *whip_address;     /* numeric, with commas between; "": found out */
    char *whip_ice_servers; /* "stun:HOST:PORT, turn:HOST:PORT|USER|PASSWORD" */
    char *live_latency;     /* "standard" or "low" */
    int live_window_seconds;
    int reminder_minutes;     /* people are reminded so long before a class begins */
    char *reminder_hook;      /* path of the program that is told then; "": none */
    int worker_cores;         /* workers may be planned for; 0: all there are */
    int worker_warm;          /* workers that stand by */
    char *worker;             /* path of jiangtang-worker; "": beside this program */
    char *keep_source;        /* of what is ready: "on" or "off" */
    int live_days;            /* recordings of classes that no course has; 0: for good */
    char *general_modules;    /* "safety, law": general modules every course must have */
    int general_max_permille; /* of a course's minutes; 1000: any */
    char *issuer;             /* printed on certificates */
    int upload_max_gb, upload_quota_gb, upload_person_gb, upload_reserve_gb; /* 10^9 bytes */
    int upload_expire_hours;
} settings;

settings *settings_new(void);     /* the defaults */
void settings_free(settings *is); /* NULL is fine */

/* Reads a file over what stands. INPUT error with file, section, key and what would be right. */
bool settings_load(settings *is, const char *path, GError **error);

/* One key as if it stood in the file, by its long name "server.port". INPUT error. */
bool settings_set(settings *is, const char *key, const char *value, GError **error);

/* All keys with their present values, "section.key=value" lines in the table's order. You own it. */
char *settings_describe(const settings *is);

#endif
