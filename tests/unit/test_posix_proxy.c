/* test_posix_proxy.c: NO_PROXY, entry by entry. */
#include "posix_private.h"

#include "cmocka_all.h"

static void test_each_form_of_an_entry_matches_what_it_names(void **state)
{
    (void)state;
    static const struct {
        const char *list, *host;
        uint16_t port;
        bool direct;
    } rows[] = {
        { NULL, "collector.test", 443, false },
        { "", "collector.test", 443, false },
        { "*", "collector.test", 443, true },
        { "collector.test", "collector.test", 443, true },
        { "collector.test", "COLLECTOR.Test.", 443, true },
        { "test", "collector.test", 443, true },
        { ".test", "collector.test", 443, true },
        { "*.test", "collector.test", 443, true },
        { "test.", "collector.test", 443, true },
        { "ector.test", "collector.test", 443, false },
        { "collector.test.evil", "collector.test", 443, false },
        { "a, b ,collector.test", "collector.test", 443, true },
        { "a b collector.test", "collector.test", 443, true },
        { "collector.test:443", "collector.test", 443, true },
        { "collector.test:80", "collector.test", 443, false },
        { "collector.test:x", "collector.test", 443, false },
        { "10.0.0.1", "10.0.0.1", 443, true },
        { "10.0.0.1", "10.0.0.10", 443, false },
        { "0.0.1", "10.0.0.1", 443, false },
        { "10.0.0.0/8", "10.9.8.7", 443, true },
        { "10.0.0.0/8", "11.0.0.1", 443, false },
        { "10.0.0.0/33", "10.0.0.1", 443, false },
        { "0.0.0.0/0", "9.9.9.9", 443, true },
        { "192.168.4.0/22", "192.168.7.255", 443, true },
        { "192.168.4.0/22", "192.168.8.0", 443, false },
        { "2001:db8::/32", "2001:db8:1::5", 443, true },
        { "2001:db8::/32", "2001:db9::5", 443, false },
        { "[2001:db8::]/32", "2001:db8:1::5", 443, true },
        { "[2001:db8::]/32", "2001:db9::5", 443, false },
        { "[/32", "2001:db8::5", 443, false },
        { "]/0", "2001:db8::5", 443, false },
        { "/0", "10.0.0.1", 443, false },
        { "10.0.0.0/", "10.0.0.1", 443, false },
        { "10.0.0.0/8/8", "10.0.0.1", 443, false },
        { "::ffff:10.0.0.1", "10.0.0.1", 443, true },
        { ":443", "collector.test", 443, false },
        { ".", "collector.test", 443, false },
        { "*.", "collector.test", 443, false },
        { "*.collector.test", "collector.test", 443, true },
        { ",,\t,collector.test,", "collector.test", 443, true },
        { "2001:db8::5", "2001:db8:0::5", 443, true },
        { "[2001:db8::5]:443", "2001:db8::5", 443, true },
        { "[2001:db8::5]:80", "2001:db8::5", 443, false },
        { "[2001:db8::5", "2001:db8::5", 443, false },
        { "10.0.0.0/8", "collector.test", 443, false },
        /* this host, whatever the list contains */
        { NULL, "localhost", 4318, true },
        { NULL, "localhost.", 4318, true },
        { NULL, "127.0.0.1", 4318, true },
        { NULL, "127.9.9.9", 4318, true },
        { NULL, "::1", 4318, true },
        { NULL, "::ffff:127.0.0.1", 4318, true },
        { NULL, "2001:db8::ffff:127.0.0.1", 4318, false }, /* only the end of that prefix */
        { NULL, "::ffff:128.0.0.1", 4318, false },
        { NULL, "localhost.evil", 4318, false },
        { NULL, "::2", 4318, false },
        { NULL, "", 4318, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (uspan_posix_is_direct(rows[i].list, rows[i].host, rows[i].port) != rows[i].direct) {
            fail_msg("%s in %s", rows[i].host, rows[i].list != NULL ? rows[i].list : "nothing");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_form_of_an_entry_matches_what_it_names) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
