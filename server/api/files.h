/*
 * The built page in memory: each file once, with its compressed siblings, as answers made beforehand.
 *
 * A file NAME may have NAME.br and NAME.gz beside it; whoever accepts one of them gets it. It knows no routes.
 *
 * Runs on: the loop.
 * Memory:  you own what files_load() returns; files live as long as it.
 */
#ifndef API_FILES_H
#define API_FILES_H

#include "net/net.h"

#define FILES_BYTES_MAX (64 * 1024 * 1024) /* of all files; a page is some 2 MiB */

typedef struct files files;
typedef struct file file;

/*
 * Reads the folder and those inside it. STORAGE error when it cannot be read, TOO_LARGE over the bound. `csp` goes
 * with every HTML file. What lies under assets/ has its hash in its name and may be kept for ever.
 */
files *files_load(const char *dir, const char *csp, GError **error);
void files_free(files *files); /* NULL is fine */
guint files_count(const files *files);

/* path: "/assets/main-4f2a.js". NULL: none. */
const file *files_find(const files *files, const char *path);
/* Answers 200 (or 304 when the client has it already). */
void file_answer(const file *file, request *request);
/* The same bytes as what stands for a page that is not there: always whole, 404. */
void file_answer_missing(const file *file, request *request);

#endif
