/* wire_url.h: what a URL says. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_URL_H
#define USPAN_WIRE_WIRE_URL_H

#include "wire/wire_state.h"

const char *uspan_wire_provider(const char *authority, size_t len);
/* The model, by the traits. */
void uspan_wire_take_url(uspan_wire_t *w, const char *url);

#endif
