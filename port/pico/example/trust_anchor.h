/* trust_anchor.h: the certificate of the CA that must have signed the collector's certificate, DER, in flash.
 * The build makes it from USPAN_CA_FILE. */
#ifndef USPAN_PICO_TRUST_ANCHOR_H
#define USPAN_PICO_TRUST_ANCHOR_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t trust_anchor[];
extern const size_t trust_anchor_len;
/* The CA for the model of the edge agent, from BOARD_LLM_CA_FILE. */
extern const uint8_t llm_anchor[];
extern const size_t llm_anchor_len;

#endif
