#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "people/people.h"

typedef struct {
    char *login, *name, *role, *data;
    gboolean password_stdin;
    char *password, *hash;
} wish;

static void wish_clear(wish *is)
{
    g_free(is->login);
    g_free(is->name);
    g_free(is->role);
    g_free(is->data);
    g_free(is->password);
    g_free(is->hash);
}

static bool need(const char *value, const char *option, GError **error)
{
    if (!value)
        error_set(error, ERROR_INPUT, "missing", NULL, "%s is needed; see --help", option);
    return value != NULL;
}

/* The first line of stdin: never an argument, which every user of the machine could see. */
static bool read_password(wish *is, GError **error)
{
    char line[PERSON_PASSWORD_MAX * 4 + 2];
    if (!need(is->password_stdin ? "" : NULL, "--password-stdin", error))
        return false;
    if (!fgets(line, sizeof line, stdin)) {
        error_set(error, ERROR_INPUT, "missing", "password", "No password came on standard input");
        return false;
    }
    line[strcspn(line, "\r\n")] = '\0';
    is->password = g_strdup(line);
    return true;
}

static records *open_database(const char *data, GError **error)
{
    const char *folder = data ? data : COMMAND_DATA;
    g_autofree char *path = command_database(data);
    if (g_mkdir_with_parents(folder, 0700) == 0)
        return records_open(path, RECORDS_WRITE, error);
    error_set(error, ERROR_STORAGE, "data_dir", NULL, "The data directory %s cannot be made: %s",
              folder, g_strerror(errno));
    return NULL;
}

/* ---- person add ---- */

static bool check_add(wish *is, person_role *role, GError **error)
{
    if (!need(is->login, "--login", error) || !need(is->name, "--name", error) ||
        !need(is->role, "--role", error))
        return false;
    if (!person_role_parse(is->role, role)) {
        error_set(error, ERROR_INPUT, "role", "role", "There is no role \"%s\"; see --help",
                  is->role);
        return false;
    }
    return read_password(is, error) && people_check(is->login, is->name, is->password, error);
}

static bool store_add(wish *is, person_role role, person *added, GError **error)
{
    records *db = open_database(is->data, error);
    base_clock *clock = clock_new_system();
    bool good = db && people_add(db, clock, is->login, is->name, role, is->hash, added, error);
    clock_free(clock);
    records_close(db);
    return good;
}

static int add(int argc, char **argv)
{
    wish is = {0};
    person_role role;
    person added;
    g_autoptr(GError) error = NULL;
    const GOptionEntry entries[] = {
        {"login", 0, 0, G_OPTION_ARG_FILENAME, &is.login, "登录名 What the person signs in with",
         "LOGIN"},
        {"name", 0, 0, G_OPTION_ARG_FILENAME, &is.name, "姓名 As it stands on certificates",
         "NAME"},
        {"role", 0, 0, G_OPTION_ARG_FILENAME, &is.role,
         "角色 learner, master, assistant, staff, institution, employer, supervisor, auditor or "
         "admin",
         "ROLE"},
        {"password-stdin", 0, 0, G_OPTION_ARG_NONE, &is.password_stdin,
         "从标准输入读一行密码 Read the password, one line, from standard input", NULL},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &is.data,
         "数据目录 The server's data directory (" COMMAND_DATA ")", "DIR"},
        G_OPTION_ENTRY_NULL};
    bool good = command_options(argc, argv, "jiangtang person add", "添加账号。 Adds an account.",
                                entries, &error) &&
                check_add(&is, &role, &error);
    if (good) {
        is.hash = people_hash(is.password);
        good = store_add(&is, role, &added, &error);
    }
    if (good)
        printf("已添加 Added: %s, %s (%s)\n", added.login, added.name,
               person_role_word(added.role));
    wish_clear(&is);
    return command_end(error);
}

/* ---- person password ---- */

static bool store_password(wish *is, GError **error)
{
    records *db = open_database(is->data, error);
    base_clock *clock = clock_new_system();
    bool good = db && records_begin(db, error) &&
                people_set_password(db, clock, is->login, is->hash, error) &&
                records_commit(db, error);
    clock_free(clock);
    records_close(db);
    return good;
}

static int password(int argc, char **argv)
{
    wish is = {0};
    g_autoptr(GError) error = NULL;
    const GOptionEntry entries[] = {
        {"login", 0, 0, G_OPTION_ARG_FILENAME, &is.login, "登录名 Whose password", "LOGIN"},
        {"password-stdin", 0, 0, G_OPTION_ARG_NONE, &is.password_stdin,
         "从标准输入读一行密码 Read the password, one line, from standard input", NULL},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &is.data,
         "数据目录 The server's data directory (" COMMAND_DATA ")", "DIR"},
        G_OPTION_ENTRY_NULL};
    bool good =
        command_options(
            argc, argv, "jiangtang person password",
            "重设密码，并退出该账号的所有登录。 Sets a new password and signs the person out "
            "everywhere.",
            entries, &error) &&
        need(is.login, "--login", &error) && read_password(&is, &error) &&
        people_check(is.login, "-", is.password, &error);
    if (good) {
        is.hash = people_hash(is.password);
        good = store_password(&is, &error);
    }
    if (good)
        printf("密码已重设 The password is set: %s\n", is.login);
    wish_clear(&is);
    return command_end(error);
}

/* ---- person ---- */

static int usage(FILE *out)
{
    fputs("用法 Usage: jiangtang person add|password [OPTION...]\n\n"
          "  add        添加账号 add an account\n"
          "  password   重设密码 set a new password\n\n"
          "Each has --help.\n",
          out);
    return out == stdout ? 0 : 2;
}

int command_person(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "add") == 0)
        return add(argc - 1, argv + 1);
    if (strcmp(what, "password") == 0)
        return password(argc - 1, argv + 1);
    return usage(strcmp(what, "--help") == 0 || strcmp(what, "-h") == 0 ? stdout : stderr);
}
