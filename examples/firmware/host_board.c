/* host_board.c: board.h on Linux. The button is pressed once and the model answers at once. The program ends
 * when the spans of that turn are delivered. After ten seconds, or if spans are lost, it says how many were
 * not delivered and fails. The collector and the file of its CA come from OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
 * and OTEL_EXPORTER_OTLP_CERTIFICATE, as `make receiver` prints them. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "board.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t *traced;
static unsigned presses;
static uint32_t slept_ms;

const uspan_port_t *board_port(void)
{
    return uspan_posix_port();
}

void board_init(void)
{
}

const uspan_transport_t *board_https(uspan_tracer_t *tracer)
{
    static uspan_posix_tcp_t tcp;
    static uspan_transport_t plain;
    traced = tracer;
    uspan_posix_tcp_init(&tcp, &plain);
    if (strncmp(board_collector_url(), "http://", 7) == 0) {
        return &plain; /* for a first trial in your own network only: anyone on the way can read the spans */
    }
    const char *ca_file = getenv("OTEL_EXPORTER_OTLP_CERTIFICATE");
    return uspan_posix_mbedtls.make(&plain, &(uspan_posix_certs_t){ .ca_file = ca_file });
}

const char *board_collector_url(void)
{
    const char *url = getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    return url != NULL ? url : "http://localhost:4318/v1/traces";
}

bool board_ask_model(const char *question, int *input_tokens, int *output_tokens)
{
    *input_tokens = 19;
    *output_tokens = 4;
    return question[0] != '\0';
}

bool board_button_pressed(void)
{
    return presses++ == 0u;
}

void board_sleep_ms(uint32_t ms)
{
    const struct timespec time = { .tv_sec = ms / 1000u, .tv_nsec = (long)(ms % 1000u) * 1000000 };
    (void)nanosleep(&time, NULL);
    slept_ms += ms;
}

void board_keep_radio_on(bool on)
{
    (void)on;
}

void board_log(const char *text)
{
    (void)fprintf(stderr, "%s\n", text);
}

/* The errors that an exchange can end with, by their names in uspan/err.h. */
static const char *last_error_text(int8_t error)
{
    return error == USPAN_ERR_IO ? "USPAN_ERR_IO, the connection or the name look-up failed"
           : error == USPAN_ERR_CLOSED
               ? "USPAN_ERR_CLOSED, the server closed the connection without a response"
           : error == USPAN_ERR_TRUST  ? "USPAN_ERR_TRUST, the collector's certificate was refused"
           : error == USPAN_ERR_CONFIG ? "USPAN_ERR_CONFIG, a file of certificates or keys is unusable"
                                       : "no connection error, see the HTTP status";
}

bool board_is_on(void)
{
    uspan_stats_t stats;
    uspan_stats(traced, 0, &stats);
    if (presses == 0u || (stats.queued > 0u && slept_ms <= 10000u)) {
        return true;
    }
    if (stats.started == 0u || stats.delivered != stats.started) {
        char text[400];
        (void)uspan_diagnose(traced, 0, text, sizeof text);
        (void)fprintf(stderr, "firmware: %lu of %lu spans were not delivered to %s: %s.\nDiagnosis: %s\n",
                      (unsigned long)(stats.started - stats.delivered), (unsigned long)stats.started,
                      board_collector_url(), last_error_text(stats.last_error), text);
        exit(EXIT_FAILURE);
    }
    return false;
}
