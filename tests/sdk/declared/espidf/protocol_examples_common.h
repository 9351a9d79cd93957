/* protocol_examples_common.h: how ESP-IDF's examples join a network, declared for the example. */
#ifndef DECLARED_PROTOCOL_EXAMPLES_COMMON_H
#define DECLARED_PROTOCOL_EXAMPLES_COMMON_H

#include "esp_err.h"

esp_err_t example_connect(void);

#endif
