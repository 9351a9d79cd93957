/* shortage.h: which fixed table or pool was too small since the start. Private to core. */
#ifndef USPAN_EXPORT_SHORTAGE_H
#define USPAN_EXPORT_SHORTAGE_H

#include "export/window.h"

/* Returns one bit for each kind of shortage seen so far. 0: nothing was dropped or cut for lack of room.
 * Context: the exporting task. */
unsigned uspan_shortages(uspan_tracer_t *t);
/* Append a sentence for each of those bits: what ran short, the highest need seen, the option to raise and
 * its value. USPAN_MESSAGE_TEXTS 0: "s" and the bits. */
void uspan_put_shortages(uspan_window_t *w, uspan_tracer_t *t, unsigned bits);
/* Log each kind of shortage once, when it is first seen. Context: the exporting task. */
void uspan_log_shortages(uspan_tracer_t *t);

#endif
