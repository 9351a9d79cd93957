/* test_http_request.c: compares request heads byte for byte. Each window into a head shows the same bytes. */
#include "export/http_request.h"
#include "delivery.h"
#include "guard_page.h"
#include "export/url.h"

typedef struct head {
    const char *endpoint, *headers, *user, *pass, *base64, *method, *path, *type;
    uint32_t body_len;
    const char *expected;
} head_t;

#define AGENT "User-Agent: uspan/" USPAN_VERSION " (C)\r\n"

static const head_t heads[] = {
    { "http://host/v1/traces", NULL, NULL, NULL, NULL, "POST ", NULL, "application/x-protobuf", 4294967295u,
      "POST /v1/traces HTTP/1.1\r\nHost: host\r\nContent-Type: application/x-protobuf\r\nContent-Length: "
      "4294967295\r\n" AGENT "\r\n" },
    { "http://host", NULL, NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host\r\n" AGENT "\r\n" },
    { "http://host?a=b", NULL, NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET /?a=b HTTP/1.1\r\nHost: host\r\n" AGENT "\r\n" },
    { "http://host#x", NULL, NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host\r\n" AGENT "\r\n" },
    { "http://host:443/a@b_c", NULL, NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET /a@b_c HTTP/1.1\r\nHost: host:443\r\n" AGENT "\r\n" },
    { "https://host:443/", NULL, NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host:443\r\n" AGENT "\r\n" },
    { "https://[fe80::1]:80/", NULL, NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: [fe80::1]:80\r\n" AGENT "\r\n" },
    { "http://host/", NULL, NULL, NULL, NULL, "POST ", "/trpc/x", "application/json", 0,
      "POST /trpc/x HTTP/1.1\r\nHost: host\r\nContent-Type: application/json\r\nContent-Length: 0\r\n" AGENT
      "\r\n" },
    { "http://host/", "User-Agent=mine", NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host\r\nUser-Agent: mine\r\n\r\n" },
    { "http://host/", "a=1,uSER-aGENT=mine,b=", NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host\r\na: 1\r\nuSER-aGENT: mine\r\nb: \r\n\r\n" },
    { "http://host/", "User------=x", NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host\r\nUser------: x\r\n" AGENT "\r\n" },
    { "http://host/", "User-Agenx=x", NULL, NULL, NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host\r\nUser-Agenx: x\r\n" AGENT "\r\n" },
    { "https://host/", NULL, "user", NULL, NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host\r\n" AGENT "Authorization: Basic dXNlcjo=\r\n\r\n" },
    { "https://host/", NULL, "pk-lf-1", "sk-lf-2", NULL, "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host\r\n" AGENT "Authorization: Basic cGstbGYtMTpzay1sZi0y\r\n\r\n" },
    { "https://host/", NULL, NULL, NULL, "QTpC", "GET ", NULL, NULL, 0,
      "GET / HTTP/1.1\r\nHost: host\r\n" AGENT "Authorization: Basic QTpC\r\n\r\n" },
};

static void fill(const head_t *h, uspan_target_t *target, uspan_http_request_t *r)
{
    memset(target, 0, sizeof *target);
    assert_null(uspan_url_parse(h->endpoint, &target->url));
    target->headers = h->headers;
    target->basic_user = h->user;
    target->basic_pass = h->pass;
    target->basic64 = h->base64;
    *r = (uspan_http_request_t){
        .method = h->method, .path = h->path, .content_type = h->type, .body_len = h->body_len
    };
}

static void test_heads_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        uspan_target_t target;
        uspan_http_request_t r;
        uint8_t out[512] = { 0 };
        fill(&heads[i], &target, &r);
        uspan_window_t w = { .out = out, .cap = sizeof out - 1u };
        uspan_request_render(&target, &r, &w);
        assert_string_equal((char *)out, heads[i].expected);
        assert_int_equal(w.at, strlen(heads[i].expected));
    }
}

/* A window of any size at any offset shows its bytes and writes no others. */
static void test_any_window_shows_its_part(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        uspan_target_t target;
        uspan_http_request_t r;
        size_t len = strlen(heads[i].expected);
        fill(&heads[i], &target, &r);
        for (size_t cap = 1; cap < 20u; cap++) {
            for (size_t from = 0; from <= len + 1u; from++) {
                uint8_t out[24];
                memset(out, 0xA5, sizeof out);
                uspan_window_t w = { .out = out + 2, .from = from, .cap = cap };
                uspan_request_render(&target, &r, &w);
                assert_int_equal(w.at, len);
                size_t n = from >= len ? 0u : len - from < cap ? len - from : cap;
                assert_memory_equal(out + 2, heads[i].expected + (n > 0u ? from : 0u), n);
                for (size_t k = 0; k < sizeof out; k++) {
                    assert_true((k >= 2u && k < 2u + n) || out[k] == 0xA5);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads_are_exact),
        cmocka_unit_test(test_any_window_shows_its_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
