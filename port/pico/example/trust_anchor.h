/* trust_anchor.h: the certificate of the authority that the collector's must come from, DER, in flash. The
 * build makes it from USPAN_CA_FILE. */
#ifndef USPAN_PICO_TRUST_ANCHOR_H
#define USPAN_PICO_TRUST_ANCHOR_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t trust_anchor[];
extern const size_t trust_anchor_len;
/* The same for the edge agent's model, from BOARD_LLM_CA_FILE. */
extern const uint8_t llm_anchor[];
extern const size_t llm_anchor_len;

#endif
