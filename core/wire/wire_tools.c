/* wire_tools.c: starts spans of the tools that an answer asked for, with data from the answer. The
 * application calls it through wire.h after the exchange. Invariant: when the calls of an exchange are
 * stored, w has kept_len bytes of complete records in place of `json` and later fields. There is one record
 * for each of the first calls. A record is bits, length of the arguments in two bytes, arguments, id and 0,
 * name and 0. */
#include "wire/wire_state.h"
#include <string.h>
#include "trace/attr.h"
#include "trace/pool.h"

#if USPAN_CONTENT
#define KEPT_MAX (sizeof(uspan_wire_t) - offsetof(uspan_wire_t, json))
#define RECORD_HEAD 3u
/* Bits of a record. */
#define HAS_BEGUN 1
#define IS_LONG 2 /* its arguments did not fit and are read from the chat's span, if it still exists */

/* Rows for output messages as message.h writes them. The type of a part is its first member. */
enum { NOTHING, PART, PART_TYPE, PART_ID, PART_NAME, PART_ARGUMENTS };
enum { TYPE, ID, NAME, FIELDS }; /* of scan_t.fields, in the order of the actions */
#define ROWS(X)                  \
    X("", NOTHING)               \
    X("parts", USPAN_JSON_LIST)  \
    X("parts.#", PART)           \
    X("parts.#.type", PART_TYPE) \
    X("parts.#.id", PART_ID)     \
    X("parts.#.name", PART_NAME) \
    X("parts.#.arguments", USPAN_JSON_AS_IS | PART_ARGUMENTS)
USPAN_JSON_TABLE(messages, ROWS);

/* State of reading output messages. The tool calls in them become records, or the arguments of one are
 * written. */
typedef struct scan {
    uspan_wire_t *w;
    uspan_writer_t *out;    /* for the arguments of one call. NULL: make records */
    unsigned calls, wanted; /* calls: before this part. wanted: the call for out */
    size_t arguments_len;
    bool is_long, is_full, is_found;
    char fields[FIELDS][68]; /* of this part */
    uspan_json_read_t json;
} scan_t;

static char *kept(uspan_wire_t *w)
{
    return (char *)w + offsetof(uspan_wire_t, json);
}

typedef struct call {
    char *record;
    const char *arguments, *id, *name;
    size_t arguments_len;
    unsigned index;
} call_t;

/* Read the record at *at, and advance *at. Returns false if there are no more. */
static bool next_call(uspan_wire_t *w, size_t *at, call_t *call)
{
    if (*at >= w->kept_len) {
        return false;
    }
    call->record = kept(w) + *at;
    call->arguments_len = (size_t)((uint8_t)call->record[1] | (unsigned)(uint8_t)call->record[2] << 8);
    call->arguments = call->record + RECORD_HEAD;
    call->id = call->arguments + call->arguments_len;
    call->name = call->id + strlen(call->id) + 1u;
    *at = (size_t)(call->name + strlen(call->name) + 1u - kept(w));
    return true;
}

/* Remove the longest arguments, because ids and names are more useful. Returns false if there are none. */
USPAN_NOINLINE static bool make_room(uspan_wire_t *w)
{
    call_t call;
    call_t longest = { .arguments_len = 0u };
    for (size_t at = 0; next_call(w, &at, &call);) {
        longest = call.arguments_len > longest.arguments_len ? call : longest;
    }
    if (longest.arguments_len == 0u) {
        return false;
    }
    char *from = longest.record + RECORD_HEAD;
    size_t behind = (size_t)(kept(w) + w->kept_len - (from + longest.arguments_len));
    memmove(from, from + longest.arguments_len, behind);
    w->kept_len = (uint16_t)(w->kept_len - longest.arguments_len);
    longest.record[0] |= IS_LONG;
    longest.record[1] = longest.record[2] = 0;
    return true;
}

/* Add bytes to a field of the part. If they do not fit, the part is skipped. wire_collect.c never stores an
 * id or a name that is too long for these fields. */
static void add(scan_t *scan, char field[68], const char *text, size_t len)
{
    size_t have = strlen(field);
    if (len < sizeof scan->fields[TYPE] - have) {
        memcpy(field + have, text, len);
        field[have + len] = '\0';
    } else {
        scan->fields[TYPE][0] = '\0';
    }
}

static bool is_call(const scan_t *scan)
{
    return strcmp(scan->fields[TYPE], "tool_call") == 0;
}

static void take_arguments(scan_t *scan, const char *text, size_t len)
{
    size_t at = scan->w->kept_len + RECORD_HEAD + scan->arguments_len;
    if (scan->out != NULL) {
        if (is_call(scan) && scan->calls == scan->wanted) {
            if (!scan->is_found) {
                scan->is_found = true;
                (void)uspan_write_leaf(scan->out, NULL, USPAN_LEAF_JSON);
            }
            (void)uspan_write_more_n(scan->out, text, len);
        }
    } else if (scan->is_long || at + len > KEPT_MAX) {
        scan->is_long = true;
    } else {
        memcpy(kept(scan->w) + at, text, len);
        scan->arguments_len += len;
    }
}

/* End a part. If it is a call, store its record, without arguments if there is no room for them. */
static void end_part(scan_t *scan)
{
    if (!is_call(scan)) {
        return;
    }
    scan->calls++;
    if (scan->out != NULL || scan->is_full) {
        return;
    }
    size_t id_len = strlen(scan->fields[ID]) + 1u;
    size_t name_len = strlen(scan->fields[NAME]) + 1u;
    size_t room = KEPT_MAX - scan->w->kept_len;
    size_t rest = RECORD_HEAD + id_len + name_len;
    if (scan->is_long || rest + scan->arguments_len > room) {
        scan->is_long = true;
        scan->arguments_len = 0u;
    }
    while (rest > KEPT_MAX - scan->w->kept_len && !scan->is_full) {
        scan->is_full = !make_room(scan->w);
    }
    if (scan->is_full) {
        return;
    }
    char *to = kept(scan->w) + scan->w->kept_len;
    to[0] = scan->is_long ? IS_LONG : 0;
    to[1] = (char)(uint8_t)scan->arguments_len;
    to[2] = (char)(uint8_t)(scan->arguments_len >> 8);
    memcpy(to + RECORD_HEAD + scan->arguments_len, scan->fields[ID], id_len);
    memcpy(to + RECORD_HEAD + scan->arguments_len + id_len, scan->fields[NAME], name_len);
    scan->w->kept_len = (uint16_t)(scan->w->kept_len + rest + scan->arguments_len);
}

static void take(void *ctx, uspan_json_event_t event, const char *text, size_t len)
{
    scan_t *scan = ctx;
    unsigned action = scan->json.action;
    if (action == PART && event == USPAN_READ_OPEN) {
        scan->fields[TYPE][0] = scan->fields[ID][0] = scan->fields[NAME][0] = '\0';
        scan->arguments_len = 0u;
        scan->is_long = false;
    } else if (action == PART && event == USPAN_READ_CLOSE) {
        end_part(scan);
    }
    if (event != USPAN_READ_TEXT && event != USPAN_READ_RAW) {
        return;
    }
    if (action >= PART_TYPE && action <= PART_NAME) {
        add(scan, scan->fields[action - PART_TYPE], text, len);
    } else if (action == PART_ARGUMENTS) {
        take_arguments(scan, text, len);
    }
}

/* Copy a block of the chat's output messages. Returns its length, or 0 at the end or if the span is gone. */
static size_t read_block(uspan_tracer_t *t, uspan_t s, size_t offset, char *out)
{
    const uspan_trace_part_t *p = &t->trace;
    size_t n = 0;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find(&t->trace, s);
    const uspan_entry_t *e = slot != NULL ? uspan_entry_find(slot, &uspan_key_output_messages) : NULL;
    if (e != NULL && e->store == USPAN_STORE_TEXT && offset < e->len) {
        uint16_t block = e->v.chain.head;
        for (size_t before = offset / USPAN_BLOCK; before > 0u; before--) {
            block = p->block_next[block];
        }
        n = e->len - offset < USPAN_BLOCK ? e->len - offset : USPAN_BLOCK;
        memcpy(out, p->blocks[block].bytes, n);
    }
    uspan_unlock(t, state);
    return n;
}

static void read_messages(uspan_tracer_t *t, scan_t *scan)
{
    char piece[USPAN_BLOCK];
    size_t n = t != NULL ? read_block(t, scan->w->s, 0u, piece) : 0u;
    for (size_t at = n; n > 0u; at += n) {
        (void)uspan_json_read_feed(&scan->json, &messages, take, scan, piece, n);
        n = read_block(t, scan->w->s, at, piece);
    }
}

/* ---- spans of tools ------------------------------------------------------------------------------------ */

/* Find the call by its id. Without an id, find the first call of that name, or of any name, that has no
 * span. */
static bool find_call(uspan_wire_t *w, const char *name, const char *id, call_t *call)
{
    size_t at = 0;
    for (call->index = 0; next_call(w, &at, call); call->index++) {
        bool is_it = id != NULL ? strcmp(id, call->id) == 0
                                : (call->record[0] & HAS_BEGUN) == 0 &&
                                      (name == NULL || strcmp(name, call->name) == 0);
        if (is_it) {
            call->record[0] |= HAS_BEGUN;
            return true;
        }
    }
    return false;
}

static void set_arguments(uspan_wire_t *w, uspan_tracer_t *t, uspan_t s, const call_t *call)
{
    if ((call->record[0] & IS_LONG) == 0) {
        (void)uspan_set_json_n(t, s, &uspan_key_tool_call_arguments, call->arguments, call->arguments_len);
        return;
    }
    uspan_writer_t out;
    scan_t scan = { .w = w, .out = &out, .wanted = call->index };
    (void)uspan_write_begin(&out, t, s, &uspan_key_tool_call_arguments);
    read_messages(t, &scan);
    if (scan.is_found) {
        (void)uspan_write_end(&out);
    }
}
#endif

uspan_t uspan_wire_tool_begin(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *name,
                              const char *call_id)
{
    name = name != NULL && name[0] != '\0' ? name : NULL;
    call_id = call_id != NULL && call_id[0] != '\0' ? call_id : NULL;
#if USPAN_CONTENT
    call_t call;
    if (w->t == NULL && w->phase == USPAN_WIRE_RESPONSE) {
        scan_t scan = { .w = w };
        w->phase = USPAN_WIRE_KEPT;
        w->kept_len = 0u;
        read_messages(t, &scan);
    }
    if (w->phase == USPAN_WIRE_KEPT && find_call(w, name, call_id, &call)) {
        uspan_t s =
            uspan_tool_begin(t, parent, name != NULL ? name : call.name, call_id != NULL ? call_id : call.id);
        set_arguments(w, t, s, &call);
        return s;
    }
#else
    (void)w;
#endif
    return uspan_tool_begin(t, parent, name, call_id);
}
