/* main.c: records a span with the package, and links its TLS if the package has it. */
#include "uspan/genai.h"
#include "uspan_posix.h"

#if WITH_TLS
#include "uspan_posix_tls.h"
#endif

static uspan_tracer_t tracer;

int main(void)
{
#if WITH_TLS
    uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK || uspan_posix_stop(&tracer, 0) == USPAN_ERR_ARG) {
        return 3;
    }
#endif
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK) {
        return 1;
    }
    uspan_end(&tracer, uspan_chat_begin(&tracer, USPAN_ROOT, "openai", "gpt-4o"));
    uspan_stats_t stats;
    uspan_stats(&tracer, 0, &stats);
    return stats.started == 1u ? 0 : 2;
}
