/* json_write_close.h: what closes a value that is being written, and how long that is. Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_CLOSE_H
#define USPAN_JSON_JSON_WRITE_CLOSE_H

#include "json/json_write_state.h"

#define USPAN_WRITE_CUT_MARK "...[truncated]"
#define USPAN_WRITE_CUT_MARK_LEN (sizeof(USPAN_WRITE_CUT_MARK) - 1u)

/* Bytes that still go before the closing text; below 0: not even that fits. */
int32_t uspan_write_left(const uspan_write_out_t *o);
/* What closes the leaf and the containers down to `depth`; returns its length. */
size_t uspan_write_closing(const uspan_writer_t *w, unsigned depth, char *to);
/* What bytes that wait in a string become when nothing follows: four characters of base64, or U+FFFD. */
size_t uspan_write_waiting(const uspan_writer_t *w, char out[4]);
/* Spaces behind the closing text. */
size_t uspan_write_reserve(const uspan_writer_t *w);
/* Fields that the container at that depth owes. */
unsigned uspan_write_need_at(const uspan_writer_t *w, unsigned depth);
void uspan_write_need(uspan_writer_t *w, unsigned need);
/* A field of that name is there: it is owed no more. */
void uspan_write_settle_need(uspan_writer_t *w, const char *name);

#endif
