/* wire_item.c: reads records as items. Called by the other files that read records. An item starts with a
 * marker and ends with TAKE_CLOSE. The unit is the outermost item. Invariant: a cursor stays within its
 * item. */
#include "wire/wire_item.h"
#include <string.h>
#include "wire/wire_attrs.h"
#include "wire/wire_hold.h"

bool uspan_item_has_tag(const uspan_item_t *item, unsigned tag)
{
    return uspan_item_has(item, tag);
}

bool uspan_item_next(uspan_wire_t *w, uspan_hold_cursor_t *c, uspan_record_t *r)
{
    while (uspan_hold_next(w, c, r)) {
        bool opens = r->tag <= TAKE_OLD_CALL; /* a part or a call */
        if (r->tag == TAKE_WHOLE) {           /* skipped if it repeats the pieces beside it */
            if (c->depth > 0u || uspan_wire_is(w, USPAN_WIRE_HAS_DELTA)) {
                c->depth++;
            } else {
                c->in_whole = true;
            }
        } else if (r->tag == TAKE_CLOSE) {
            if (c->depth > 0u) {
                c->depth--;
            } else if (c->in_whole) {
                c->in_whole = false;
            } else {
                return false;
            }
        } else {
            bool is_own = c->depth == 0u;
            c->depth = (uint8_t)(c->depth + (opens ? 1u : 0u));
            if (is_own) {
                return true;
            }
        }
    }
    return false;
}

uspan_hold_cursor_t uspan_item_inner(const uspan_hold_cursor_t *c)
{
    uspan_hold_cursor_t inner = *c;
    inner.depth = 0u;
    inner.in_whole = false;
    return inner;
}

bool uspan_item_is_first(const uspan_record_t *r, unsigned *values)
{
    *values += r->more && *values > 0u ? 0u : 1u;
    return *values == 1u;
}

void uspan_item_scan(uspan_wire_t *w, const uspan_hold_cursor_t *from, uspan_item_t *item)
{
    uspan_hold_cursor_t at = *from;
    static const uint32_t server_calls[] = { USPAN_JSON_PATH("mcp_call"), USPAN_JSON_PATH("web_search_call"),
                                             USPAN_JSON_PATH("file_search_call"),
                                             USPAN_JSON_PATH("code_interpreter_call"),
                                             USPAN_JSON_PATH("image_generation_call") };
    enum { COUNT = sizeof server_calls / sizeof server_calls[0] };
    uspan_record_t r;
    uint64_t over = 0; /* tags that have a second value */
    uint32_t *id = &item->id;
    memset(item, 0, sizeof *item);
    item->index = item->part_index = item->choice = UINT8_MAX;
    while (uspan_item_next(w, &at, &r)) {
        uint32_t *hash = NULL;
        over |= r.more ? 0u : item->has & USPAN_ITEM_HAS(r.tag);
        item->has |= USPAN_ITEM_HAS(r.tag);
        switch (r.tag) {
        case TAKE_CHOICE_INDEX:
            item->choice = (uint8_t)r.text[0];
            break;
        case TAKE_INDEX:
            item->index = (uint8_t)r.text[0];
            break;
        case TAKE_PART_INDEX:
            item->part_index = (uint8_t)r.text[0];
            break;
        case TAKE_CALL_ID:
        case TAKE_TO:
            hash = &item->id;
            break;
        case TAKE_ITEM_ID:
            hash = &item->item_id;
            break;
        case TAKE_ID_REST: /* of the id before it */
            *id = uspan_wire_hash(*id, r.text, r.len);
            break;
        case TAKE_NAME:
            hash = &item->name;
            break;
        case TAKE_TYPE:
            hash = &item->type;
            break;
        default:
            break;
        }
        if (hash != NULL && (over & USPAN_ITEM_HAS(r.tag)) == 0u) {
            *hash = uspan_wire_hash(*hash == 0u ? USPAN_WIRE_HASH_BEGIN : *hash, r.text, r.len);
            id = hash;
        }
    }
    item->is_server_call = item->type != 0u && uspan_wire_find_word(server_calls, COUNT, item->type) < COUNT;
}

bool uspan_item_next_part(uspan_wire_t *w, uspan_hold_cursor_t *c, uspan_hold_cursor_t *inner,
                          uspan_item_t *item)
{
    uspan_record_t r;
    while (uspan_item_next(w, c, &r)) {
        if (r.tag == TAKE_PART) {
            *inner = uspan_item_inner(c);
            uspan_item_scan(w, inner, item);
            return true;
        }
    }
    return false;
}

void uspan_item_scan_all(uspan_wire_t *w, unsigned owner, uspan_hold_cursor_t *begin, uspan_item_t *item)
{
    uspan_hold_begin(begin, owner);
    uspan_item_scan(w, begin, item);
}

size_t uspan_item_text(uspan_wire_t *w, const uspan_hold_cursor_t *from, unsigned tag, char *out, size_t cap)
{
    uspan_hold_cursor_t at = *from;
    uspan_record_t r;
    size_t len = 0;
    unsigned values = 0;
    while (uspan_item_next(w, &at, &r)) {
        if (r.tag == tag && uspan_item_is_first(&r, &values)) {
            size_t n = r.len < cap - 1u - len ? r.len : cap - 1u - len;
            memcpy(out + len, r.text, n);
            len += n;
        }
    }
    out[len] = '\0';
    return len;
}
