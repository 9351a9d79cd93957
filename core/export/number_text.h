/* number_text.h: numbers as text for console, capture and diagnosis. Private to core. */
#ifndef USPAN_EXPORT_PRINT_H
#define USPAN_EXPORT_PRINT_H

#include "export/window.h"
#include "uspan/read.h"

void uspan_print_u64(uspan_window_t *w, uint64_t n);
void uspan_print_int(uspan_window_t *w, int64_t n);
/* Write up to 15 significant digits as a JSON number. "NaN", "Infinity" and "-Infinity" are not JSON. */
void uspan_print_double(uspan_window_t *w, double d);
/* Two lower-case digits a byte. */
void uspan_print_hex(uspan_window_t *w, const uint8_t *bytes, size_t len);
/* Write the number or bool of an attribute. Returns false if it is neither. */
bool uspan_print_scalar(uspan_window_t *w, const uspan_value_t *v);

#endif
