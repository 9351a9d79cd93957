/* json_write_store.h: a value being written, as the span has it. Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_STORE_H
#define USPAN_JSON_JSON_WRITE_STORE_H

#include "json/json_write_state.h"

/* One hold of the lock: o->buf, of which the last `closing` bytes close the value. USPAN_ERR_AGAIN: no block
 * is left; USPAN_ERR_CLOSED: nothing is recorded any more. */
uspan_err_t uspan_write_store_piece(uspan_write_out_t *o, size_t closing);
/* What the span may take now: o->room and o->room_chars. */
uspan_err_t uspan_write_look(uspan_write_out_t *o);
/* The value is set back to what it was then, when JSON given as text began; the text since then is given to
 * take(), piece by piece. All text is stored. USPAN_TRUNCATED: not all fits, and the caller cuts the value.
 * Below 0: take() said so, or the value is gone, and o->err has the result. */
uspan_err_t uspan_write_take_back(uspan_write_out_t *o, const uspan_writer_t *then,
                                  bool (*take)(uspan_write_out_t *o, const char *text, size_t len));

#endif
