#include "api/callers.h"

#include "api/peer.h"
#include "people/address.h"

typedef struct {
    char *address; /* as it is folded */
    guint open;
} caller;

struct callers {
    guint most;
    GHashTable *by_address; /* address > caller, owned */
    GHashTable *by_socket;  /* socket > caller */
};

static void caller_free(gpointer data)
{
    caller *is = data;
    g_free(is->address);
    g_free(is);
}

callers *callers_new(guint most)
{
    callers *all = g_new0(callers, 1);
    all->most = most;
    all->by_address = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, caller_free);
    all->by_socket = g_hash_table_new(NULL, NULL);
    return all;
}

void callers_free(callers *all)
{
    if (!all)
        return;
    g_hash_table_unref(all->by_socket);
    g_hash_table_unref(all->by_address);
    g_free(all);
}

static caller *caller_at(callers *all, const char *address)
{
    g_autofree char *folded = address_subject(address);
    caller *is = g_hash_table_lookup(all->by_address, folded);
    if (is)
        return is;
    is = g_new0(caller, 1);
    is->address = g_steal_pointer(&folded);
    g_hash_table_insert(all->by_address, is->address, is);
    return is;
}

bool callers_enter(callers *all, gconstpointer socket, const char *address)
{
    if (peer_is_loopback(address))
        return true;
    caller *is = caller_at(all, address);
    if (is->open >= all->most)
        return false;
    is->open++;
    g_hash_table_insert(all->by_socket, (gpointer)socket, is);
    return true;
}

void callers_leave(callers *all, gconstpointer socket)
{
    gpointer found;
    if (!g_hash_table_steal_extended(all->by_socket, socket, NULL, &found))
        return;
    caller *is = found;
    if (--is->open == 0)
        g_hash_table_remove(all->by_address, is->address);
}
