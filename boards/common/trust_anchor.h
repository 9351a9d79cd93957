/* trust_anchor.h: the certificate of the authority that the collector must come from, DER, in flash; made by
 * the build from USPAN_CA_FILE. */
#ifndef USPAN_TRUST_ANCHOR_H
#define USPAN_TRUST_ANCHOR_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t trust_anchor[];
extern const size_t trust_anchor_len;
/* The same for the model's server of an agent that has one, from BOARD_LLM_CA_FILE. */
extern const uint8_t llm_anchor[];
extern const size_t llm_anchor_len;
/* Where BOARD_OWN_CERT is 1: the device's own certificate and key, from BOARD_CERT_FILE, BOARD_KEY_FILE. */
extern const uint8_t own_cert[], own_key[];
extern const size_t own_cert_len, own_key_len;

#endif
