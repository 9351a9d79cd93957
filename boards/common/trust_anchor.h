/* trust_anchor.h: the certificate of the CA that must have signed the collector's certificate, DER, in flash.
 * The build makes it from USPAN_CA_FILE. */
#ifndef USPAN_TRUST_ANCHOR_H
#define USPAN_TRUST_ANCHOR_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t trust_anchor[];
extern const size_t trust_anchor_len;
/* The CA for the model of an agent that calls one, from BOARD_LLM_CA_FILE. */
extern const uint8_t llm_anchor[];
extern const size_t llm_anchor_len;
/* With BOARD_OWN_CERT 1: the device's own certificate and key, from BOARD_CERT_FILE and BOARD_KEY_FILE. */
extern const uint8_t own_cert[], own_key[];
extern const size_t own_cert_len, own_key_len;

#endif
