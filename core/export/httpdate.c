/* httpdate.c: converts the three date formats of HTTP, and Unix time to civil dates (proleptic Gregorian).
 * Invariant: no 64-bit division. Days are counted from 0000-03-01, so that a leap day is the last of its
 * year. */
#include "export/httpdate.h"

#define DAY_S 86400u
#define DAYS_TO_1970 719468u              /* from 0000-03-01 */
#define UNIX_S_MAX UINT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Days from the first of March to the first of a month, 0 being March. */
static uint32_t days_of_months(uint32_t months)
{
    return (153u * months + 2u) / 5u;
}

/* Days from 0000-03-01 to the first of March of a year. */
static uint32_t days_of_years(uint32_t years)
{
    return years * 365u + years / 4u - years / 100u + years / 400u;
}

void uspan_civil_of(uint64_t unix_s, uspan_civil_t *out)
{
    if (unix_s > UNIX_S_MAX) {
        unix_s = UNIX_S_MAX;
    }
    /* A day is 675 * 2^7 seconds. The shifted value has 31 bits. */
    uint32_t day = (uint32_t)(unix_s >> 7) / (DAY_S >> 7);
    uint32_t second = (uint32_t)unix_s - day * DAY_S; /* modulo 2^32 on both sides */
    day += DAYS_TO_1970;
    uint32_t year = day / 365u; /* up to 7 too large */
    while (days_of_years(year) > day) {
        year--;
    }
    day -= days_of_years(year);
    uint32_t month = (5u * day + 2u) / 153u;
    out->day = (uint8_t)(day - days_of_months(month) + 1u);
    out->month = (uint8_t)(month < 10u ? month + 3u : month - 9u);
    out->year = (uint16_t)(year + (month >= 10u));
    out->hour = (uint8_t)(second / 3600u);
    out->minute = (uint8_t)(second / 60u % 60u);
    out->second = (uint8_t)(second % 60u);
}

#if USPAN_HTTP_DATE
enum { DAY, MONTH, YEAR, HOUR, MINUTE, SECOND, FIELDS, SPACED_DAY = FIELDS };

/* Read text by a format. A digit names the field as numbered above, 6 a day that may begin with a space, and
 * other characters stand for themselves. */
static bool read_form(const char *text, size_t len, const char *form, unsigned year_digits, uint32_t *fields)
{
    for (; *form != '\0'; form++) {
        unsigned field = (unsigned)(uint8_t)*form - '0';
        size_t width = field > SPACED_DAY ? 1u : field == YEAR ? year_digits : field == MONTH ? 3u : 2u;
        if (width > len) {
            return false;
        }
        if (field > SPACED_DAY) {
            if (*text != *form) {
                return false;
            }
        } else if (field == MONTH) {
            static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
            unsigned month = 0;
            while (memcmp(names + 3u * month, text, 3) != 0) {
                if (++month == 12u) {
                    return false;
                }
            }
            fields[MONTH] = month;
        } else {
            uint32_t number = 0;
            for (size_t i = 0; i < width; i++) {
                unsigned digit = (unsigned)(uint8_t)text[i] - '0';
                if (field == SPACED_DAY && i == 0u && text[0] == ' ') {
                    digit = 0;
                }
                if (digit > 9u) {
                    return false;
                }
                number = number * 10u + digit;
            }
            fields[field % FIELDS] = number;
        }
        text += width;
        len -= width;
    }
    return len == 0u;
}

uint64_t uspan_httpdate(const char *text, size_t len, uint64_t now_s)
{
    /* The day of the week is not needed. The format has only its number of letters. */
    size_t letters = 0;
    while (letters < len && ((unsigned)(uint8_t)text[letters] | 0x20u) - 'a' < 26u) {
        letters++;
    }
    text += letters;
    len -= letters;
    uint32_t f[FIELDS];
    if (letters >= sizeof("Sunday") - 1u && letters <= sizeof("Wednesday") - 1u) {
        if (!read_form(text, len, ", 0-1-2 3:4:5 GMT", 2, f)) {
            return 0;
        }
        uspan_civil_t now = { .year = 2026 };
        if (now_s != 0u) {
            uspan_civil_of(now_s, &now);
        }
        /* RFC 9110 §5.6.7, with calendar years: use the latest matching year that is at most 50 years
         * ahead. */
        uint32_t last = now.year + 50u;
        f[YEAR] = last - (last + 100u - f[YEAR]) % 100u;
    } else if (letters != 3u || (!read_form(text, len, ", 0 1 2 3:4:5 GMT", 4, f) &&
                                 !read_form(text, len, " 1 6 3:4:5 2", 4, f))) {
        return 0;
    }
    if (f[YEAR] < 1970u || f[YEAR] > 9999u || f[HOUR] > 23u || f[MINUTE] > 59u || f[SECOND] > 60u) {
        return 0;
    }
    uint32_t months = (f[MONTH] + 10u) % 12u; /* since March */
    uint32_t days =
        days_of_years(f[YEAR] - (months >= 10u)) + days_of_months(months) + f[DAY] - 1u - DAYS_TO_1970;
    uint64_t unix_s =
        (uint64_t)days * DAY_S + f[HOUR] * 3600u + f[MINUTE] * 60u + f[SECOND] - (f[SECOND] == 60u);
    uspan_civil_t check;
    uspan_civil_of(unix_s, &check);
    return check.day == f[DAY] ? unix_s : 0u; /* otherwise the month does not have that day */
}
#endif
