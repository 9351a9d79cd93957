/* wire_attrs.h: sets attributes from single values. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_ATTRS_H
#define USPAN_WIRE_WIRE_ATTRS_H

#include "wire/wire_state.h"

void uspan_wire_count_unread(uspan_wire_t *w);
void uspan_wire_take_number(uspan_wire_t *w, unsigned action);
/* Use a complete short text: word[w->word_len], ending in 0. */
void uspan_wire_take_word(uspan_wire_t *w, unsigned action, const char *word);
#if USPAN_SEMCONV_MODALITIES
/* Use a complete entry of counts by modality. w->item: its modality plus 1. w->told: its tokens. */
void uspan_wire_take_entry(uspan_wire_t *w, unsigned action);
#endif
/* Remove definitions of tools from the span that the call cannot use. */
void uspan_wire_drop_definitions(uspan_wire_t *w);
/* Set the finish reason of a choice. "stop" does not replace a more specific reason. */
void uspan_wire_set_finish(uspan_wire_t *w, unsigned choice, const char *reason);
/* Convert a vendor's finish reason to the finish_reason of the conventions' message schema. word: NULL if the
 * vendor sent none. */
const char *uspan_wire_reason_of(const uspan_wire_t *w, const char *word);
/* Returns the finish reason of a choice, or NULL. */
const char *uspan_wire_finish_of(const uspan_wire_t *w, unsigned choice);
/* Copy the texts by choice to list[USPAN_WIRE_TEXTS_MAX]. Returns their number. */
#define USPAN_WIRE_TEXTS_MAX 8u
size_t uspan_wire_texts(const uspan_wire_t *w, const char **list);
uspan_tokens_t uspan_wire_tokens_of(const uspan_wire_t *w);
/* Returns the index of a word's hash in a list, or count. */
size_t uspan_wire_find_word(const uint32_t *words, size_t count, uint32_t hash);
/* The same for a text. */
size_t uspan_wire_find_text(const uint32_t *words, size_t count, const char *text);
/* Returns true if text contains part. */
bool uspan_wire_is_in(const char *text, size_t len, const char *part);

#endif
