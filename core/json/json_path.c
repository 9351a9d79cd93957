/* json_path.c: finds the row of a table to which a value belongs. Called by json_read.c.
 * Invariant: j->hash is the USPAN_JSON_PLACE() of the value that is being read or comes next. */
#include "json/json_path.h"

/* Documents of one kind have their members in one order, and the rows follow it. So the row after the last
 * match is tried first. If the value is no array, a row of USPAN_JSON_LIST leads to the row of its elements.
 * If USPAN_JSON_LIKE follows the row of a container, the container takes the path in that row. */
unsigned uspan_json_find_action(uspan_json_read_t *j, const uspan_json_table_t *table, char c)
{
    for (; table != NULL; table = table->more) {
        size_t count = table->count;
        const uint16_t *low = table->low;
        const uint8_t *bytes = table->bytes;
        size_t i = j->row;
        for (size_t left = count; left > 0u; left--) {
            i = i < count ? i : 0u;
            size_t row = i++;
            if (low[row] != (uint16_t)j->hash || bytes[row] != (uint8_t)(j->hash >> 16)) {
                continue;
            }
            unsigned action = bytes[count + row];
            j->row = (uint8_t)i;
            if (action != USPAN_JSON_LIST) {
                if ((c | 0x20) == '{' && i < count && bytes[count + i] == USPAN_JSON_LIKE) {
                    j->hash = ~(low[i] | (uint32_t)bytes[i] << 16);
                }
                return action;
            }
            if (c == '[') {
                return 0u;
            }
            j->hash = USPAN_JSON_HASH(USPAN_JSON_HASH(j->hash, USPAN_JSON_SEPARATOR), USPAN_JSON_ELEMENT);
            left = count + 1u;
        }
    }
    return USPAN_JSON_NO_ROW;
}

/* In a table of camel case, underscores and the case of letters are ignored: a name may be in snake case. */
const char *uspan_json_add_to_key(uspan_json_read_t *j, const uspan_json_table_t *table, const char *at,
                                  const char *end)
{
    uint32_t hash = j->hash;
    uint8_t easy = table->camel ? '_' : '\\'; /* greater bytes are added as they are */
    for (; at < end; at++) {
        uint8_t c = (uint8_t)*at;
        if (c <= easy) {
            if (!uspan_json_is_plain(*at)) {
                break;
            }
            if (easy == '_') {
                if (c == '_') {
                    continue;
                }
                c |= 0x20u;
            }
        }
        hash = USPAN_JSON_HASH(hash, c);
    }
    j->hash = hash;
    return at;
}
