/*
 * What a worker gives up before it touches a stranger's bytes.
 *
 * No new privileges, no core dumps, bounded memory and files; no new sockets, programs or tracing
 * (seccomp); reading only the system's libraries, fonts and devices, the one file it works on and
 * its title; writing only in its title (Landlock). A kernel that lacks one of them is told of in
 * the log and the work goes on.
 *
 * Runs on: the first thread, before others exist; call once.
 * Memory:  borrows the paths.
 */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

/*
 * Built with a sanitizer: it needs memory without bound, and starts programs; calls are not refused
 * then.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

#define SANDBOX_MEMORY_BYTES (3LL * 1024 * 1024 * 1024)
#define SANDBOX_FILES 256

/* title_dir exists already; file: the job's source file, or NULL. */
void sandbox_enter(const char *title_dir, const char *file);

/*
 * A receiver's: it has no title and no file, so it writes nowhere. New sockets may only be UDP over
 * IPv4, and none may connect or listen.
 */
void sandbox_enter_receiver(void);

/* Closes every descriptor above `last`. */
void sandbox_close_from(int last);

#endif
