/* exchange_result.h: applies the result of an exchange to batch, target and connection. Private to core. */
#ifndef USPAN_EXPORT_EXCHANGE_RESULT_H
#define USPAN_EXPORT_EXCHANGE_RESULT_H

#include "export/exchange.h"

/* Apply the result of the current exchange. Afterwards the exchange is idle, or its request starts again. */
void uspan_finish_exchange(uspan_tracer_t *t, const uspan_ending_t *ending);

#endif
