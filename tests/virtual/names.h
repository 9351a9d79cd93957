/* names.h: a name server and an SNTP server on the cable, so that their answers can be late, wrong or
 * missing. */
#ifndef USPAN_TEST_NAMES_H
#define USPAN_TEST_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True: the frame was for one of them, and was answered by cable.names and cable.sntp_unix_s. */
bool names_answer(const uint8_t *frame, size_t len);

#endif
