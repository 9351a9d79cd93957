/* json_path.c: finds the row of a table to which a value belongs. Called by json_read.c.
 * Invariant: j->hash is the USPAN_JSON_PLACE() of the value that is being read or comes next. */
#include "json/json_path.h"

/* Documents of one kind have their members in one order, and the rows follow it. So the row after the last
 * match is tried first. *table: the table that has the row. */
static unsigned find_action(uspan_json_read_t *j, const uspan_json_table_t **table)
{
    uint32_t hash = j->hash;
    for (const uspan_json_table_t *in = *table; in != NULL; in = in->more) {
        const uint32_t *paths = in->paths;
        size_t count = in->count;
        size_t i = j->row;
        for (size_t left = count; left > 0u; left--) {
            i = i < count ? i : 0u;
            if (paths[i++] == hash) {
                j->row = (uint8_t)i;
                *table = in;
                return in->actions[i - 1u];
            }
        }
    }
    return USPAN_JSON_NO_ROW;
}

/* If the value is no array, a row of USPAN_JSON_LIST leads to the row of its elements. If USPAN_JSON_LIKE
 * follows the row of a container, the container takes the path in that row. */
unsigned uspan_json_find_action(uspan_json_read_t *j, const uspan_json_table_t *table, char c)
{
    if ((j->arrays & 1u) != 0u) {
        j->hash = j->paths[j->depth - 1u];
        if (j->depth > 1u) {
            j->hash = USPAN_JSON_HASH(USPAN_JSON_HASH(j->hash, USPAN_JSON_SEPARATOR), USPAN_JSON_ELEMENT);
        }
    }
    unsigned action;
    while ((action = find_action(j, &table)) == USPAN_JSON_LIST) {
        if (c == '[') {
            return 0u;
        }
        j->hash = USPAN_JSON_HASH(USPAN_JSON_HASH(j->hash, USPAN_JSON_SEPARATOR), USPAN_JSON_ELEMENT);
    }
    if ((c | 0x20) == '{' && action != USPAN_JSON_NO_ROW && j->row < table->count &&
        table->actions[j->row] == USPAN_JSON_LIKE) {
        j->hash = ~table->paths[j->row];
    }
    return action;
}

/* In a table of camel case, a name in snake case is read as its name in camel case. */
void uspan_json_add_to_key(uspan_json_read_t *j, const uspan_json_table_t *table, const char *text,
                           size_t len)
{
    uint32_t hash = j->hash;
    const char *end = text + len;
    int mark = table->camel ? '_' : 256; /* an underscore is skipped, and makes the next letter a capital */
    while (text < end) {
        char c = *text;
        if (c == mark) {
            j->upper = true;
            text++;
        } else {
            if (j->upper) {
                j->upper = false;
                hash = USPAN_JSON_HASH(hash, c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
                text++;
            }
            while (text < end && *text != mark) {
                hash = USPAN_JSON_HASH(hash, *text++);
            }
        }
    }
    j->hash = hash;
}
