/* test_wire_golden.c: example traffic of every dialect, written from the vendors' public API descriptions
 * (tests/wire/golden). It gives the spans in the same files, for all positions of fragment ends.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "uspan/wire.h"
#include "uspan/read.h"
#include "cmocka_all.h"
#include "world.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX 65536u
#define ROUNDS 24u

typedef struct golden {
    char text[FILE_MAX];
    const char *url, *request, *response, *span, *error;
    size_t request_len, response_len;
    int status;
} golden_t;

/* A file has sections, each after a line "=== name". */
static void load(golden_t *g, const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(g->text, 1, sizeof g->text - 1u, file);
    (void)fclose(file);
    assert_true(len > 0u && len < sizeof g->text - 1u);
    g->text[len] = '\0';
    g->url = g->request = g->response = g->span = "";
    g->error = NULL;
    g->status = 200;
    g->request_len = g->response_len = 0u;
    for (char *at = g->text; at != NULL;) {
        assert_memory_equal(at, "=== ", 4);
        char *name = at + 4;
        char *body = strchr(name, '\n');
        assert_non_null(body);
        *body++ = '\0';
        char *next = strstr(body, "\n=== ");
        size_t body_len = next != NULL ? (size_t)(next - body) : strlen(body);
        if (next != NULL) {
            *next++ = '\0';
        }
        if (strcmp(name, "url") == 0) {
            g->url = body;
        } else if (strcmp(name, "status") == 0) {
            g->status = atoi(body);
        } else if (strcmp(name, "error") == 0) {
            g->error = body;
        } else if (strcmp(name, "request") == 0) {
            g->request = body;
            g->request_len = body_len;
        } else if (strcmp(name, "response") == 0) {
            g->response = body;
            g->response_len = body_len;
        } else if (strcmp(name, "span") == 0) {
            g->span = body;
        } else {
            fail_msg("%s: section %s", path, name);
        }
        at = next;
    }
}

static char rendered[FILE_MAX];
static size_t rendered_len;

static void write_n(const char *text, size_t len)
{
    assert_true(len < sizeof rendered - rendered_len);
    memcpy(rendered + rendered_len, text, len);
    rendered_len += len;
    rendered[rendered_len] = '\0';
}

static void write_text(const char *text)
{
    write_n(text, strlen(text));
}

/* Without the spaces that reserve room for a longer finish reason. */
static void write_without_reserve(const char *text, size_t len)
{
    static const char error[] = "\"finish_reason\":\"error\"";
    for (size_t at = 0; at < len; at++) {
        write_n(text + at, 1u);
        if (rendered_len >= sizeof error - 1u &&
            memcmp(rendered + rendered_len - (sizeof error - 1u), error, sizeof error - 1u) == 0) {
            while (at + 1u < len && text[at + 1u] == ' ') {
                at++;
            }
        }
    }
}

static void write_value(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index, const uspan_value_t *v)
{
    static char text[FILE_MAX];
    char number[40];
    uspan_value_t element;
    if (v->type == USPAN_TYPE_TEXT) {
        size_t len = uspan_read_text(t, s, of, index, 0, text, sizeof text);
        assert_int_equal(len, v->len);
        write_without_reserve(text, len);
    } else if (v->type == USPAN_TYPE_TEXTS) {
        for (unsigned i = 0; i < v->len; i++) {
            assert_int_equal(uspan_read_element(t, s, of, index, i, &element, text, sizeof text), USPAN_OK);
            write_text(i == 0u ? "[" : ", ");
            write_n(text, element.len);
        }
        write_text("]");
    } else {
        assert_true(v->type == USPAN_TYPE_INT || v->type == USPAN_TYPE_BOOL || v->type == USPAN_TYPE_DOUBLE);
        (void)snprintf(number, sizeof number, v->type == USPAN_TYPE_DOUBLE ? "double %.15g" : "%.0f",
                       v->type == USPAN_TYPE_DOUBLE ? v->d : (double)v->i);
        write_text(v->type == USPAN_TYPE_BOOL ? (v->i != 0 ? "true" : "false") : number);
    }
}

/* The span as text: name, attributes in the order of their keys, status, exception. */
static void render(uspan_tracer_t *t, uspan_t s)
{
    uspan_view_t view;
    uspan_value_t values[64];
    unsigned order[64];
    rendered_len = 0u;
    assert_int_equal(uspan_read(t, s, &view), USPAN_OK);
    assert_true(view.ended && view.kind == USPAN_KIND_CLIENT);
    assert_int_equal(view.dropped_attrs, 0);
    write_text(view.name);
    for (unsigned i = 0; i < view.attr_count; i++) {
        assert_int_equal(uspan_read_attr(t, s, USPAN_OF_SPAN, i, &values[i]), USPAN_OK);
        order[i] = i;
        for (unsigned k = i; k > 0u && strcmp(values[order[k]].key->text, values[order[k - 1u]].key->text) < 0; k--) {
            unsigned swapped = order[k];
            order[k] = order[k - 1u];
            order[k - 1u] = swapped;
        }
    }
    for (unsigned i = 0; i < view.attr_count; i++) {
        write_text("\n");
        write_text(values[order[i]].key->text);
        write_text(" = ");
        write_value(t, s, USPAN_OF_SPAN, order[i], &values[order[i]]);
    }
    static const char *const words[] = { "unset", "ok", "error" };
    char message[256];
    write_text("\nstatus = ");
    write_text(words[view.status]);
    size_t len = uspan_read_status_message(t, s, message, sizeof message);
    if (len > 0u) {
        write_text(" ");
        write_n(message, len);
    }
    write_text("\n");
    assert_int_equal(view.event_count, view.status == USPAN_STATUS_ERROR ? 1 : 0);
}

/* Fragments of n bytes, or of random sizes if n is 0. Each has its own memory, so that a read beyond it is
 * detected. */
static void feed(uspan_wire_t *w, void (*call)(uspan_wire_t *, const void *, size_t), const char *data, size_t len,
                 size_t n, uint32_t *seed)
{
    for (size_t at = 0; at < len;) {
        size_t step = n;
        if (n == 0u) {
            *seed = *seed * 1664525u + 1013904223u;
            step = 1u + (*seed >> 16) % ((*seed >> 8 & 7u) == 0u ? 400u : 24u);
        }
        step = step < len - at ? step : len - at;
        char *piece = malloc(step);
        assert_non_null(piece);
        memcpy(piece, data + at, step);
        call(w, piece, step);
        free(piece);
        at += step;
    }
}

static void play(world_t *world, const golden_t *g, size_t n, uint32_t seed)
{
    uspan_wire_t w;
    world_reset_with_collector(world);
    memset(&w, 0xA5, sizeof w);
    uspan_t s = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, g->url);
    feed(&w, uspan_wire_request, g->request, g->request_len, n, &seed);
    world_advance_ms(world, 412);
    feed(&w, uspan_wire_response, g->response, g->response_len, n, &seed);
    assert_int_equal(uspan_wire_end(&w, g->status, g->error), USPAN_OK);
    assert_int_equal(uspan_wire_end(&w, g->status, g->error), USPAN_ERR_STALE);
    uspan_wire_request(&w, "{", 1);
    uspan_wire_response(&w, "{", 1);
    render(&world->tracer, s);
}

static void play_file(world_t *world, const char *folder, const char *name)
{
    static golden_t g;
    static char whole[FILE_MAX];
    char path[5120];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    load(&g, path);
    play(world, &g, FILE_MAX, 0);
    if (strcmp(rendered, g.span) != 0) {
        if (getenv("USPAN_GOLDEN") != NULL) {
            (void)printf("%s\n%s", name, rendered);
            return;
        }
        fail_msg("%s:\n%s", name, rendered);
    }
    memcpy(whole, rendered, rendered_len + 1u);
    play(world, &g, 1, 0);
    assert_string_equal(rendered, whole);
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        play(world, &g, 0, seed * 2654435761u);
        if (strcmp(rendered, whole) != 0) {
            fail_msg("%s, seed %u:\n%s", name, (unsigned)seed, rendered);
        }
    }
}

static void test_golden_traffic_gives_its_span_in_one_piece_byte_by_byte_and_in_random_fragments(void **state)
{
    const char *root = getenv("USPAN_SOURCE_DIR");
    char folder[400];
    assert_non_null(root);
    (void)snprintf(folder, sizeof folder, "%s/tests/wire/golden", root);
    static char names[64][64];
    unsigned files = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strstr(entry->d_name, ".txt") != NULL && files < COUNT(names)) {
            (void)snprintf(names[files++], sizeof names[0], "%.63s", entry->d_name);
        }
    }
    (void)closedir(dir);
    assert_true(files >= 8u && files < COUNT(names));
    for (unsigned i = 0; i < files; i++) {
        play_file(*state, folder, names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_golden_traffic_gives_its_span_in_one_piece_byte_by_byte_and_in_random_fragments, world_setup,
            world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
