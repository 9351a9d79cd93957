/* json_write_close.h: the text that closes a value that is being written, and its length. Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_CLOSE_H
#define USPAN_JSON_JSON_WRITE_CLOSE_H

#include "json/json_write_state.h"

#define USPAN_WRITE_CUT_MARK "...[truncated]"
#define USPAN_WRITE_CUT_MARK_LEN (sizeof(USPAN_WRITE_CUT_MARK) - 1u)

/* Bytes that still fit before the closing text. Below 0: not even the closing text fits. */
int32_t uspan_write_left(const uspan_write_out_t *o);
/* Write the text that closes the leaf and the containers down to `depth`. Returns its length. */
size_t uspan_write_closing(const uspan_writer_t *w, unsigned depth, char *to);
/* Bytes that wait in a string end as four characters of base64 or as U+FFFD if no byte follows. */
size_t uspan_write_waiting(const uspan_writer_t *w, char out[4]);
/* Returns the number of spaces after the closing text, which reserve room for the mark of a cut. */
size_t uspan_write_reserve(const uspan_writer_t *w);
/* Returns the fields that the container at this depth still requires. */
unsigned uspan_write_need_at(const uspan_writer_t *w, unsigned depth);
/* Set the required fields that are missing. */
void uspan_write_need(uspan_writer_t *w, unsigned need);
/* A field of this name was written, so it is no longer missing. */
void uspan_write_settle_need(uspan_writer_t *w, const char *name);

#endif
