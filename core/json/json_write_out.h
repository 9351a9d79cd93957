/* json_write_out.h: one public call on a value being written: gathers text and stores it piece by piece.
 * Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_OUT_H
#define USPAN_JSON_JSON_WRITE_OUT_H

#include "json/json_write_state.h"

/* Begin a call. False: nothing is to be done, o->err is its result. closing: a value that was cut is not
 * refused. */
bool uspan_write_enter(uspan_write_out_t *o, uspan_writer_t *w, bool closing);
/* Store what was gathered. Returns the call's result. */
uspan_err_t uspan_write_leave(uspan_write_out_t *o);
bool uspan_write_store(uspan_write_out_t *o);
/* Store, where much was gathered. */
bool uspan_write_ensure(uspan_write_out_t *o, size_t most);
/* Put ASCII of up to USPAN_WRITE_ONCE bytes; w is as it will be behind it. False: it does not fit. */
bool uspan_write_fit(uspan_write_out_t *o, const char *text, size_t len);
/* What follows returns false where the value was cut, or the span is gone; o->err says which. */
/* A part of a string: escaped here, and cut where it must be. */
bool uspan_write_text(uspan_write_out_t *o, const char *text, size_t len);
/* What stands or falls as one, in a string. */
bool uspan_write_whole(uspan_write_out_t *o, const char *text, size_t len);
/* A character that waits for its end is replaced, and the string goes on. */
bool uspan_write_text_end(uspan_write_out_t *o);
/* The leaf, and containers until `depth` are open, are closed as they would be by the closing text. */
void uspan_write_close_to(uspan_write_out_t *o, unsigned depth);
/* Nothing can follow: the string that is open is marked, the leaf closed. */
void uspan_write_cut(uspan_write_out_t *o);

#endif
