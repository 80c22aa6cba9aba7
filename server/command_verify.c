#include "commands.h"

#include <stdio.h>

#include "award/award.h"
#include "ledger/ledger.h"

typedef struct {
    int64_t records, balances, certificates;
} counts;

static bool check_ledger(records *db, counts *found, GError **error)
{
    g_autoptr(GHashTable) evidence = award_evidence(db, &found->certificates, error);
    return evidence && ledger_verify(db, evidence, &found->records, &found->balances, error) &&
           award_evidence_found(evidence, error);
}

/* One snapshot throughout: a running server may go on writing. */
static bool check(const char *data, counts *found, GError **error)
{
    g_autofree char *path = command_database(data);
    records *db = records_open(path, RECORDS_READ, error);
    bool good = db && records_begin(db, error) && records_sound(db, error) &&
                check_ledger(db, found, error) && records_commit(db, error);
    records_close(db);
    return good;
}

int command_verify(int argc, char **argv)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) error = NULL;
    counts found = {0};
    const GOptionEntry entries[] = {{"data", 0, 0, G_OPTION_ARG_FILENAME, &data,
                                     "数据目录 The server's data directory (" COMMAND_DATA ")",
                                     "DIR"},
                                    G_OPTION_ENTRY_NULL};
    if (command_options(argc, argv, "jiangtang verify",
                        "离线核验：重算学时链与每个人的学时，核对证书所凭的记录。 Recomputes the "
                        "chain of learning records and every balance, and looks for the records "
                        "that certificates stand on. Exit status 0: all is right.",
                        entries, &error) &&
        check(data, &found, &error))
        printf("核验通过 Verified: %" G_GINT64_FORMAT " records, %" G_GINT64_FORMAT
               " balances, %" G_GINT64_FORMAT " certificates\n",
               found.records, found.balances, found.certificates);
    return command_end(error);
}
