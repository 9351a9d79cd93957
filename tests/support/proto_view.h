/* proto_view.h: reads protobuf bytes by field number, for tests in C that check what was sent. A view never
 * copies. It asserts that the bytes are well-formed as far as it reads. */
#ifndef USPAN_TEST_PROTO_VIEW_H
#define USPAN_TEST_PROTO_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct view {
    const uint8_t *at;
    size_t len;
} view_t;

/* The nth (from 0) occurrence of a length-delimited field. False: there are fewer. */
bool view_get(view_t message, uint32_t field, unsigned nth, view_t *out);
/* The last value of a varint or fixed field. 0: it is absent. */
uint64_t view_number(view_t message, uint32_t field);
bool view_is(view_t v, const char *text);

/* Of an ExportTraceServiceRequest with one ResourceSpans: spans of all scopes, in order. */
unsigned view_span_count(view_t request);
view_t view_span(view_t request, unsigned nth);
/* The value (AnyValue) of an attribute in field `field` of message. False: there is none. */
bool view_attr(view_t message, uint32_t field, const char *key, view_t *value);
/* An int attribute of the first scope. 0: it is absent. */
uint64_t view_scope_int(view_t request, const char *key);

#endif
