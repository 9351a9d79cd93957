/* wire_url.h: reads provider and model from a URL. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_URL_H
#define USPAN_WIRE_WIRE_URL_H

#include "wire/wire_state.h"

const char *uspan_wire_provider(const char *authority, size_t len);
/* Read the model, as the traits of the dialect require. */
void uspan_wire_take_url(uspan_wire_t *w, const char *url);

#endif
