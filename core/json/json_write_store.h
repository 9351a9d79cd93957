/* json_write_store.h: stores a value that is being written in its span. Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_STORE_H
#define USPAN_JSON_JSON_WRITE_STORE_H

#include "json/json_write_state.h"

/* Store o->buf under one hold of the lock. Its last `closing` bytes close the value. USPAN_ERR_AGAIN: no free
 * block. USPAN_ERR_CLOSED: the span records nothing more. */
uspan_err_t uspan_write_store_piece(uspan_write_out_t *o, size_t closing);
/* Set o->room and o->room_chars to what the span can still store. */
uspan_err_t uspan_write_look(uspan_write_out_t *o);
/* Set the value back to what it was when JSON given as text began, and pass the text since then to take(),
 * piece by piece. All text must be stored before. USPAN_TRUNCATED: not all fits, the caller cuts the value.
 * Below 0: the error of take(), or the value is gone. o->err has the result. */
uspan_err_t uspan_write_take_back(uspan_write_out_t *o, const uspan_writer_t *then,
                                  bool (*take)(uspan_write_out_t *o, const char *text, size_t len));

#endif
