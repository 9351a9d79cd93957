/* json_write_out.h: one public call on a value being written: gathers text and stores it piece by piece.
 * Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_OUT_H
#define USPAN_JSON_JSON_WRITE_OUT_H

#include "json/json_write_state.h"

/* Begin a call. False: there is nothing to do, and o->err is the result. closing: also accept a value that
 * was cut. */
bool uspan_write_enter(uspan_write_out_t *o, uspan_writer_t *w, bool closing);
/* Store the collected text. Returns the call's result. */
uspan_err_t uspan_write_leave(uspan_write_out_t *o);
bool uspan_write_store(uspan_write_out_t *o);
/* Store the collected text if it has more than `most` bytes. */
bool uspan_write_ensure(uspan_write_out_t *o, size_t most);
/* Add ASCII of up to USPAN_WRITE_ONCE bytes. *w is the state after it. False: it does not fit. */
bool uspan_write_fit(uspan_write_out_t *o, const char *text, size_t len);
/* The functions below return false if the value was cut or the span has ended. o->err says which. */
/* Add a part of a string. It is escaped here, and cut if it does not fit. */
bool uspan_write_text(uspan_write_out_t *o, const char *text, size_t len);
/* Add a text to a string completely or not at all. */
bool uspan_write_whole(uspan_write_out_t *o, const char *text, size_t len);
/* Replace an incomplete character. The string stays open. */
bool uspan_write_text_end(uspan_write_out_t *o);
/* Close the leaf and the containers down to `depth`, as the closing text would. */
void uspan_write_close_to(uspan_write_out_t *o, unsigned depth);
/* Cut the value here: mark the open string and close the leaf. Nothing can follow. */
void uspan_write_cut(uspan_write_out_t *o);

#endif
