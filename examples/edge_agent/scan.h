/* scan.h: finds single values in a JSON document, without a tree and without a heap. */
#ifndef EDGE_SCAN_H
#define EDGE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* Part of a document. from is NULL if there is no such part. */
typedef struct scan {
    const char *from, *to;
} scan_t;

/* Returns the complete document. */
scan_t scan_document(const char *json);
/* Returns the value of the first member of that name at any depth, also an object or array. A value that does
 * not end counts as missing. */
scan_t scan_find(scan_t in, const char *name);
/* Copy the unescaped text of a string, cut to fit. Returns false if the value is no string. */
bool scan_text(scan_t value, char *out, size_t size);
/* Returns the integer part of a number, or -1 if the value is no number or below 0. */
long scan_number(scan_t value);

#endif
