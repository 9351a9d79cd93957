/* scan.h: single values out of a JSON document that stays as it is: no tree, no heap. */
#ifndef EDGE_SCAN_H
#define EDGE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* Part of a document; from NULL: there is no such thing. */
typedef struct scan {
    const char *from, *to;
} scan_t;

/* A whole document. */
scan_t scan_document(const char *json);
/* The value of the first member of that name, however deep it lies; objects and arrays whole. One that the
 * document breaks off in is none. */
scan_t scan_find(scan_t in, const char *name);
/* The text of a string, escapes resolved, cut to fit. false: it is no string. */
bool scan_text(scan_t value, char *out, size_t size);
/* A number's whole part; -1: it is none, or below 0. */
long scan_number(scan_t value);

#endif
