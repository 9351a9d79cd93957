/* board.h: what firmware.c needs from a board. Replace each function by one of your SDK. host_board.c
 * implements them on Linux, so that the example runs on your desk. */
#ifndef EXAMPLE_BOARD_H
#define EXAMPLE_BOARD_H

#include "uspan/uspan.h"

/* Lock, clock, entropy, log: seven functions, explained in port/README.md. */
const uspan_port_t *board_port(void);

void board_init(void);
/* TLS over TCP. With lwIP: uspan_lwip_tcp_init(), then uspan_tls_init() with your CA certificate. */
const uspan_transport_t *board_https(uspan_tracer_t *tracer);
/* "https://collector.example:4318/v1/traces". A constant can be a compile-time setting: USPAN_ENDPOINT. */
const char *board_collector_url(void);
/* Your HTTP client. Returns false if the model did not answer. */
bool board_ask_model(const char *question, int *input_tokens, int *output_tokens);
bool board_button_pressed(void);
/* Sleep at most ms milliseconds. An interrupt wakes the board earlier. */
void board_sleep_ms(uint32_t ms);
/* Called with true while a request is being sent. May do nothing. */
void board_keep_radio_on(bool on);
void board_log(const char *text);
/* Always true on a board. */
bool board_is_on(void);

#endif
