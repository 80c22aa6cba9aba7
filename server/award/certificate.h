/*
 * Certificates as rows: adding one with the next serial of its year.
 *
 * Runs on: the clerk's thread.
 * Memory:  values.
 */
#ifndef AWARD_CERTIFICATE_H
#define AWARD_CERTIFICATE_H

#include "award/award.h"

/* Gives it id, token and serial ("JT-2026-0000123", the civil year of issued_ms in Asia/Shanghai), then adds it. */
bool certificate_add(records *db, award_certificate *certificate, GError **error);

#endif
