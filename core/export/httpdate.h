/* httpdate.h: dates of HTTP, RFC 9110 §5.6.7: IMF-fixdate, RFC 850, asctime. */
#ifndef USPAN_EXPORT_HTTPDATE_H
#define USPAN_EXPORT_HTTPDATE_H

#include "trace/internal.h"

/* Returns the Unix seconds of a date in one of the three formats. 0: not a date, or before 1970 or after
 * 9999. A two-digit year that seems more than 50 years ahead of now_s (0: of 2026) is in the previous
 * century. Leap second 60 counts as 59. Pure. */
uint64_t uspan_httpdate(const char *text, size_t len, uint64_t now_s);
/* Civil date and time of Unix seconds, for text: y, mo 1..12, d 1..31, h, mi, s. Pure. */
typedef struct uspan_civil {
    uint16_t year;
    uint8_t month, day, hour, minute, second;
} uspan_civil_t;
void uspan_civil_of(uint64_t unix_s, uspan_civil_t *out);

#endif
