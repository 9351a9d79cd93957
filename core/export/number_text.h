/* number_text.h: numbers as text, for what people read: console, capture, diagnosis. Private to core. */
#ifndef USPAN_EXPORT_PRINT_H
#define USPAN_EXPORT_PRINT_H

#include "export/window.h"
#include "uspan/read.h"

void uspan_print_u64(uspan_window_t *w, uint64_t n);
void uspan_print_int(uspan_window_t *w, int64_t n);
/* Up to 15 significant digits, as a JSON number; "NaN", "Infinity" and "-Infinity" are none. */
void uspan_print_double(uspan_window_t *w, double d);
/* Two lower-case digits a byte. */
void uspan_print_hex(uspan_window_t *w, const uint8_t *bytes, size_t len);
/* An attribute's number or bool; false: it is none. */
bool uspan_print_scalar(uspan_window_t *w, const uspan_value_t *v);

#endif
