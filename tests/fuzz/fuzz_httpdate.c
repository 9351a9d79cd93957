/* fuzz_httpdate.c: any bytes as a date, any number as a time, any text as a sampling ratio. */
#include "export/httpdate.h"
#include "fuzz.h"
#include <stdio.h>

#define LAST_S UINT64_C(253402300799)

static void check_ratio(const uint8_t *data, size_t len)
{
    char *text = fuzz_text(data, len);
    uint64_t bound = 0;
    uspan_err_t err = uspan_sample_ratio_parse(text, &bound);
    CHECK(err == USPAN_OK || err == USPAN_ERR_ARG);
    if (err == USPAN_OK) {
        char *end;
        double ratio = strtod(text, &end);
        CHECK(end > text && end + strspn(end, " \t") == text + strlen(text));
        CHECK(ratio >= 0.0 && ratio <= 1.0);
        size_t digits = 0;
        for (const char *c = text; *c != '\0'; c++) {
            digits += *c >= '0' && *c <= '9';
        }
        CHECK(digits > 64u || bound == USPAN_SAMPLE_RATIO(ratio));
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
    static const char *const months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char *const words[] = { "Sun, ",        "Wednesday, ", "Thu ",    "06 Nov 1994 ",
                                         "06-Nov-94 ",   "29-Feb-00 ",  "Feb 29 ", "Nov  6 ",
                                         "08:49:37 ",    "GMT",         "1996",    "23:59:60 ",
                                         "31 Dec 9999 ", "01 Jan 1970 " };
    check_ratio(data, len);
    uint64_t now_s = 0;
    memcpy(&now_s, data, len < 8u ? len : 8u);
    size_t expanded;
    char *text = fuzz_expand(words, sizeof(words) / sizeof(words[0]), data, len, 256, &expanded),
         *copy = fuzz_copy((const uint8_t *)text, expanded);
    uint64_t read = uspan_httpdate(copy, expanded, now_s);
    free(copy);
    free(text);
    CHECK(read <= LAST_S);
    const uint64_t moments[] = { read, now_s, now_s % (LAST_S + 1u) };
    for (size_t i = 0; i < 3u; i++) { /* every time can be written as text and read back */
        uspan_civil_t c;
        uspan_civil_of(moments[i], &c);
        CHECK(c.year >= 1970u && c.year <= 9999u && c.month >= 1u && c.month <= 12u && c.day >= 1u &&
              c.day <= 31u);
        CHECK(c.hour <= 23u && c.minute <= 59u && c.second <= 59u);
        uint64_t want = moments[i] < LAST_S ? moments[i] : LAST_S;
        char out[64];
        int n = snprintf(out, sizeof(out), "%s, %02u %.3s %04u %02u:%02u:%02u GMT", days[want / 86400u % 7u],
                         c.day, months + 3 * (c.month - 1), c.year, c.hour, c.minute, c.second);
        CHECK(uspan_httpdate(out, (size_t)n, now_s) == want);
        n = snprintf(out, sizeof(out), "%s %.3s %2u %02u:%02u:%02u %04u", days[want / 86400u % 7u],
                     months + 3 * (c.month - 1), c.day, c.hour, c.minute, c.second, c.year);
        CHECK(uspan_httpdate(out, (size_t)n, now_s) == want);
    }
    return 0;
}
