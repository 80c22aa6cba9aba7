/* jiangtang: its subcommands. */
#include <locale.h>
#include <stdio.h>

#include "commands.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
} commands[] = {
    {"serve", command_serve, "启动服务器 run the server"},
    {"check-config", command_check_config, "检查设置 read the settings and print them"},
    {"person", command_person, "账号与密码 add a person, set a password"},
    {"import", command_import, "导入 take in a file of occupations"},
    {"verify", command_verify, "离线核验学时 check the ledger, without a server"},
    {"backup", command_backup, "备份 copy database and keys while the server runs"},
};

static int usage(FILE *out)
{
    fputs("用法 Usage: jiangtang COMMAND [OPTION...]\n\n", out);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].about);
    fputs("\nEach has --help.\n", out);
    return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    /* Words on the command line and what is printed are UTF-8, whatever the shell's locale. */
    setlocale(LC_ALL, "C.UTF-8");
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_str_equal(name, commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    if (g_str_equal(name, "--version")) {
        puts("jiangtang " JIANGTANG_VERSION);
        return 0;
    }
    return usage(g_str_equal(name, "--help") ? stdout : stderr);
}
