/* scenes.c: each recording call in the scenes that could be most expensive, and in an everyday scene.
 * Invariant: a scene has a new tracer and measures one call. In everyday scenes it sets the fifth attribute
 * of a span, new and of 36 bytes if it is text. The worst cost is the maximum of the others. */
#include <string.h>
#include "board.h"
#include "rig.h"
#include "uspan/genai.h"

#define VALUE ((size_t)USPAN_VALUE_MAX)
#define KEYS (USPAN_ATTRS_MAX + 1)
#define AS_POINTER(name, ...) &uspan_key_##name,
#define ALIKE_LEN 255u
#define USUAL "0f8fad5b-d9cb-469f-a165-70867728950e"
#define STARTS 8u /* one generator call gives ids for two or three spans: one of these needs a new one */

typedef struct scene {
    const char *call, *name;
    void (*prepare)(void);
    void (*run)(void);
} scene_t;

static uspan_t parent, span;
static const uspan_key_t *keys[KEYS];
static uspan_key_t alike[KEYS]; /* keys that differ only in their last bytes */
static char alike_text[KEYS][ALIKE_LEN];
static const uspan_key_t *key;
static const char *text;
static size_t text_len;
static char plain[USPAN_VALUE_MAX + 1], wide[USPAN_VALUE_MAX + 1], broken[USPAN_VALUE_MAX + 1], mixed[USPAN_VALUE_MAX + 1];
static int64_t ints[USPAN_VALUE_MAX / 8];
static double doubles[USPAN_VALUE_MAX / 8];
static bool bools[USPAN_VALUE_MAX];
static const char *empty_texts[USPAN_VALUE_MAX / 2];
static uspan_attr_t attrs[USPAN_EVENT_ATTRS_MAX + 1];
static size_t attr_count;
static uspan_context_t context;
static uspan_link_t link;
static bool is_timed;

/* ---- the start of a scene ------------------------------------------------------------------------------ */

static void make_texts(void)
{
    static const uspan_key_t *const genai[] = { USPAN_GENAI_KEYS(AS_POINTER, AS_POINTER) };
    _Static_assert(sizeof genai / sizeof genai[0] >= KEYS, "a key more than a span takes");
    memcpy(keys, genai, sizeof keys);
    memset(plain, 'a', VALUE);
    memset(broken, 0xFF, VALUE);
    for (size_t i = 0; i < VALUE; i++) {
        wide[i] = (char)(i % 2u == 0u ? 0xC3 : 0xA9);
        mixed[i] = (char)(i % 2u == 0u ? 'a' : 0xFF);
    }
    for (unsigned k = 0; k < KEYS; k++) {
        memset(alike_text[k], 'k', ALIKE_LEN);
        alike_text[k][ALIKE_LEN - 5u] = (char)('A' + k); /* a character that the id does not contain */
        alike[k] = (uspan_key_t){ alike_text[k], ALIKE_LEN, 0u, 7u };
    }
    for (size_t i = 0; i < sizeof empty_texts / sizeof empty_texts[0]; i++) {
        empty_texts[i] = "";
    }
}

static void fresh(void)
{
    rig_begin(is_timed, true);
    parent = uspan_start(&rig_tracer, USPAN_ROOT, "invoke_agent greenhouse");
    span = uspan_start(&rig_tracer, parent, "chat qwen-max");
    key = keys[KEYS - 1];
    text = USUAL;
    text_len = sizeof USUAL - 1u;
    attr_count = 0u;
}

/* Four attributes. The call adds the fifth. */
static void usual(void)
{
    fresh();
    for (unsigned i = 0; i < 4u; i++) {
        (void)uspan_set_int(&rig_tracer, span, keys[i], 7);
    }
}

/* A full table. Its last value has the maximum length. */
static void full(void)
{
    fresh();
    for (unsigned i = 0; i < USPAN_ATTRS_MAX; i++) {
        (void)uspan_set_str_n(&rig_tracer, span, keys[i], plain, i < USPAN_ATTRS_MAX - 1u ? 1u : VALUE);
    }
    text_len = VALUE;
    text = plain;
}

static void replace_last(void)
{
    full();
    key = keys[USPAN_ATTRS_MAX - 1];
}

static void replace_wide(void)
{
    replace_last();
    text = wide;
}

static void replace_broken(void)
{
    replace_last();
    text = broken;
}

static void replace_mixed(void)
{
    replace_last();
    text = mixed;
}

static void full_mixed(void)
{
    full();
    text = mixed;
}

/* A pool with only two free blocks. */
static void dry(void)
{
    fresh();
    uspan_t hog = uspan_start(&rig_tracer, parent, "hog");
    uspan_stats_t s;
    uspan_stats(&rig_tracer, 0u, &s);
    for (unsigned i = 0; i < USPAN_ATTRS_MAX && s.blocks_live < USPAN_BLOCKS_MAX - 2u; i++) {
        size_t left = (size_t)(USPAN_BLOCKS_MAX - 2u - s.blocks_live) * USPAN_BLOCK_BYTES;
        (void)uspan_set_str_n(&rig_tracer, hog, keys[i], plain, left < VALUE ? left : VALUE);
        uspan_stats(&rig_tracer, 0u, &s);
    }
    text = mixed;
    text_len = VALUE;
}

static void dry_long(void)
{
    dry();
    text = plain;
    text_len = 1000u;
}

/* A key with the same text at another address. It is the last of a table whose keys all look alike. */
static void same_hash(void)
{
    static uspan_key_t twin;
    static char twin_text[ALIKE_LEN];
    fresh();
    for (unsigned i = 0; i < USPAN_ATTRS_MAX; i++) {
        (void)uspan_set_int(&rig_tracer, span, &alike[i], 1);
    }
    twin = alike[USPAN_ATTRS_MAX - 1];
    memcpy(twin_text, twin.text, ALIKE_LEN);
    twin.text = twin_text;
    key = &twin;
}

/* Append to a text that ends inside a character. */
static void append_amid(void)
{
    fresh();
    for (unsigned i = 0; i < USPAN_ATTRS_MAX - 1u; i++) {
        (void)uspan_set_int(&rig_tracer, span, keys[i], 7);
    }
    key = keys[USPAN_ATTRS_MAX - 1];
    (void)uspan_append_str_n(&rig_tracer, span, key, "\xF0\x9F\x98", 3u);
    text_len = VALUE;
    text = mixed;
}

static void append_plain(void)
{
    append_amid();
    text = plain;
}

static void append_wide(void)
{
    append_amid();
    text = wide;
}

static void with_attrs(const char *of, size_t len)
{
    attr_count = USPAN_EVENT_ATTRS_MAX;
    for (unsigned i = 0; i < attr_count; i++) {
        attrs[i] = (uspan_attr_t)USPAN_ATTR_TEXT_N(keys[i], of, len);
    }
}

static void make_context(void)
{
    memset(&context, 1, sizeof context);
    context.flags = USPAN_FLAG_SAMPLED;
#if USPAN_TRACESTATE_BYTES > 0
    memset(context.tracestate, 'a', sizeof context.tracestate);
    context.tracestate[1] = '=';
    context.tracestate_len = USPAN_TRACESTATE_BYTES;
#endif
    link = (uspan_link_t){ &context, attrs, attr_count };
}

static void usual_event(void)
{
    usual();
    attrs[0] = (uspan_attr_t)USPAN_ATTR_INT(keys[5], 5);
    attrs[1] = (uspan_attr_t)USPAN_ATTR_TEXT_N(keys[6], USUAL, sizeof USUAL - 1u);
    attr_count = 2u;
    (void)uspan_context_of(&rig_tracer, parent, &context);
    link = (uspan_link_t){ &context, NULL, 0u };
}

static void broken_event(void)
{
    fresh();
    with_attrs(mixed, VALUE);
    make_context();
    text = mixed;
    text_len = VALUE;
}

static void names_plain(void)
{
    fresh();
    text = plain;
    text_len = USPAN_NAME_MAX;
}

static void names_broken_at_the_end(void)
{
    static char name[USPAN_NAME_MAX];
    fresh();
    memset(name, 'a', sizeof name);
    name[sizeof name - 3u] = (char)0xFF;
    text = name;
    text_len = sizeof name;
}

static void names_mixed(void)
{
    fresh();
    text = mixed;
    text_len = VALUE;
}

static void remote_parent(void)
{
    names_broken_at_the_end();
    make_context();
    context.remote = 1u;
}

static void no_room(void)
{
    names_broken_at_the_end();
    while (uspan_start(&rig_tracer, parent, "more").id != 0u) {
    }
}

/* A span with the maximum content, and no destination that waits for it: its end frees all of it. */
static void fullest(bool has_destination)
{
    rig_begin(is_timed, has_destination);
    parent = uspan_start(&rig_tracer, USPAN_ROOT, "p");
    span = uspan_start(&rig_tracer, parent, "s");
    with_attrs(plain, 129u);
    make_context();
    for (unsigned i = 0; i < USPAN_EVENTS_MAX; i++) {
        (void)uspan_event_n(&rig_tracer, span, plain, 129u, 0u, attrs, attr_count);
    }
    for (unsigned i = 0; i < USPAN_LINKS_MAX; i++) {
        (void)uspan_add_link(&rig_tracer, span, &link);
    }
    (void)uspan_set_status(&rig_tracer, span, USPAN_STATUS_ERROR, plain);
    for (unsigned i = 0; i < USPAN_ATTRS_MAX; i++) {
        (void)uspan_append_str_n(&rig_tracer, span, keys[i], plain, 1000u);
        (void)uspan_append_str_n(&rig_tracer, span, keys[i], "\xF0\x9F\x98", 3u);
    }
}

static void fullest_queued(void)
{
    fullest(true);
}

static void fullest_given_back(void)
{
    fullest(false);
}

/* ---- the calls ----------------------------------------------------------------------------------------- */

static void start(void)
{
    (void)uspan_start_n(&rig_tracer, parent, text, text_len);
}

static void start_remote(void)
{
    const uspan_options_t options = { .kind = USPAN_KIND_SERVER, .parent = &context };
    (void)uspan_start_with(&rig_tracer, USPAN_ROOT, text, text_len, &options);
}

static void end(void)
{
    (void)uspan_end(&rig_tracer, span);
}

static void set_int(void)
{
    (void)uspan_set_int(&rig_tracer, span, key, 1024);
}

static void set_double(void)
{
    (void)uspan_set_double(&rig_tracer, span, key, 0.7);
}

static void set_bool(void)
{
    (void)uspan_set_bool(&rig_tracer, span, key, true);
}

static void set_str(void)
{
    (void)uspan_set_str_n(&rig_tracer, span, key, text, text_len);
}

static void set_static(void)
{
    (void)uspan_set_static_n(&rig_tracer, span, key, text, text_len);
}

static void set_bytes(void)
{
    (void)uspan_set_bytes(&rig_tracer, span, key, text, text_len);
}

static void set_ints(void)
{
    (void)uspan_set_ints(&rig_tracer, span, key, ints, text_len / sizeof ints[0]);
}

static void set_doubles(void)
{
    (void)uspan_set_doubles(&rig_tracer, span, key, doubles, text_len / sizeof doubles[0]);
}

static void set_bools(void)
{
    (void)uspan_set_bools(&rig_tracer, span, key, bools, text_len);
}

static void set_strs(void)
{
    static const char *const two[] = { "stop", "length" };
    bool is_usual = text_len < VALUE;
    (void)uspan_set_strs(&rig_tracer, span, key, is_usual ? two : empty_texts,
                         is_usual ? 2u : sizeof empty_texts / sizeof empty_texts[0]);
}

static void append_str(void)
{
    (void)uspan_append_str_n(&rig_tracer, span, key, text, text_len);
}

static void append_bytes(void)
{
    (void)uspan_append_bytes(&rig_tracer, span, key, text, text_len);
}

static void event(void)
{
    (void)uspan_event_n(&rig_tracer, span, text, text_len, 0u, attrs, attr_count);
}

static void add_link(void)
{
    (void)uspan_add_link(&rig_tracer, span, &link);
}

static void set_status(void)
{
    (void)uspan_set_status(&rig_tracer, span, USPAN_STATUS_ERROR, text);
}

static void set_name(void)
{
    (void)uspan_set_name_n(&rig_tracer, span, text, text_len);
}

static void record_error(void)
{
    (void)uspan_record_error_data(&rig_tracer, span, "timeout", text, text_len < VALUE ? NULL : text);
}

static void enter_and_leave(void)
{
    uspan_leave(&rig_tracer, uspan_enter(&rig_tracer, span));
}

static void context_of(void)
{
    (void)uspan_context_of(&rig_tracer, span, &context);
}

/* ---- all of them --------------------------------------------------------------------------------------- */

#define WORDS_OF(call, run)                                                                                              \
    { call, "usual", usual, run }, { call, "full", full, run }, { call, "replace", replace_last, run },                   \
    {                                                                                                                    \
        call, "alike", same_hash, run                                                                                    \
    }
#define TEXTS_OF(call, run)                                                                                              \
    WORDS_OF(call, run), { call, "replace_wide", replace_wide, run }, { call, "replace_broken", replace_broken, run },    \
        { call, "replace_mixed", replace_mixed, run }, { call, "full_mixed", full_mixed, run }, { call, "dry", dry, run }, \
    {                                                                                                                    \
        call, "dry_long", dry_long, run                                                                                  \
    }

static const scene_t scenes[] = {
    { "start", "usual", usual, start },
    { "start", "plain", names_plain, start },
    { "start", "broken", names_broken_at_the_end, start },
    { "start", "mixed", names_mixed, start },
    { "start", "pool_full", no_room, start },
    { "start", "remote", remote_parent, start_remote },
    { "end", "usual", usual, end },
    { "end", "queued", fullest_queued, end },
    { "end", "given_back", fullest_given_back, end },
    WORDS_OF("set_int", set_int),
    WORDS_OF("set_double", set_double),
    WORDS_OF("set_bool", set_bool),
    TEXTS_OF("set_str", set_str),
    TEXTS_OF("set_static", set_static),
    WORDS_OF("set_bytes", set_bytes),
    WORDS_OF("set_ints", set_ints),
    WORDS_OF("set_doubles", set_doubles),
    WORDS_OF("set_bools", set_bools),
    WORDS_OF("set_strs", set_strs),
    TEXTS_OF("append_str", append_str),
    { "append_str", "amid", append_amid, append_str },
    { "append_str", "amid_plain", append_plain, append_str },
    { "append_str", "amid_wide", append_wide, append_str },
    WORDS_OF("append_bytes", append_bytes),
    { "event", "usual", usual_event, event },
    { "event", "mixed", broken_event, event },
    { "add_link", "usual", usual_event, add_link },
    { "add_link", "mixed", broken_event, add_link },
    { "set_status", "usual", usual, set_status },
    { "set_status", "plain", full, set_status },
    { "set_status", "mixed", names_mixed, set_status },
    { "set_name", "usual", usual, set_name },
    { "set_name", "broken", names_broken_at_the_end, set_name },
    { "set_name", "mixed", names_mixed, set_name },
    { "record_error", "usual", usual, record_error },
    { "record_error", "mixed", replace_mixed, record_error },
    { "enter_and_leave", "usual", usual, enter_and_leave },
    { "context_of", "usual", usual, context_of },
};

/* A start is measured several times, because some starts make new ids. The maximum counts, and of usual
 * starts the mean. */
static uint32_t cost_of(const scene_t *scene)
{
    bool is_start = strcmp(scene->call, "start") == 0;
    bool is_usual = strcmp(scene->name, "usual") == 0;
    uint32_t most = 0, all = 0;
    scene->prepare();
    for (unsigned i = 0; i < (is_start ? STARTS : 1u); i++) {
        uint32_t cost = rig_cost(scene->run);
        most = cost > most ? cost : most;
        all += cost;
    }
    return is_start && is_usual ? (all + STARTS / 2u) / STARTS : most;
}

void scenes_tell(void)
{
    make_texts();
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        const scene_t *scene = &scenes[i];
        is_timed = false;
        uint32_t cost = cost_of(scene);
        is_timed = true; /* again, to measure how long interrupts are disabled */
        scene->prepare();
        rig_longest_hold = 0u;
        for (unsigned n = 0; n < STARTS; n++) {
            scene->run();
            if (strcmp(scene->call, "start") != 0) {
                break;
            }
        }
        rig_tell(scene->call, scene->name, cost, rig_longest_hold);
    }
}
