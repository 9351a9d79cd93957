/* exchange_result.h: what an ended exchange means for batch, peer and connection. Private to core. */
#ifndef USPAN_EXPORT_EXCHANGE_RESULT_H
#define USPAN_EXPORT_EXCHANGE_RESULT_H

#include "export/exchange.h"

/* Apply the end of the exchange under way. Afterwards nothing is under way, or the request begins again. */
void uspan_finish_exchange(uspan_tracer_t *t, const uspan_ending_t *ending);

#endif
