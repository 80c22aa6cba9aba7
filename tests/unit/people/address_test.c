/* Which addresses share one limit. */
#include "people/address.h"

#include <glib.h>

static void an_address_stands_for_whoever_can_have_it(void)
{
    static const struct {
        const char *address, *subject;
    } table[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:DB8:1:2::", "2001:db8:1:2::"},
        {"2001:db8:1:3::1", "2001:db8:1:3::"},
        {"::1", "::"},
        {"", "?"},
        {"192.0.2.7, 192.0.2.8", "?"},
        {"example.cn", "?"},
        {NULL, "?"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *subject = address_subject(table[i].address);
        g_assert_cmpstr(subject, ==, table[i].subject);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address/an_address_stands_for_whoever_can_have_it",
                    an_address_stands_for_whoever_can_have_it);
    return g_test_run();
}
