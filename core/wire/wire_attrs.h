/* wire_attrs.h: single values to attributes. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_ATTRS_H
#define USPAN_WIRE_WIRE_ATTRS_H

#include "wire/wire_state.h"

void uspan_wire_count_unread(uspan_wire_t *w);
void uspan_wire_take_number(uspan_wire_t *w, unsigned action);
/* A short text is whole: word[w->word_len], ending in 0. */
void uspan_wire_take_word(uspan_wire_t *w, unsigned action, const char *word);
#if USPAN_SEMCONV_MODALITIES
/* An entry of counts by modality is whole. item: its modality and 1, told: its tokens. */
void uspan_wire_take_entry(uspan_wire_t *w, unsigned action);
#endif
/* Tools that the call cannot use leave the span. */
void uspan_wire_drop_definitions(uspan_wire_t *w);
/* The choice has that finish reason. One that says no more than "stop" replaces none. */
void uspan_wire_set_finish(uspan_wire_t *w, unsigned choice, const char *reason);
/* The choice's; NULL: none yet. */
const char *uspan_wire_finish_of(const uspan_wire_t *w, unsigned choice);
/* What texts has, by choice, to list[USPAN_WIRE_TEXTS_MAX]. Returns how many. */
#define USPAN_WIRE_TEXTS_MAX 8u
size_t uspan_wire_texts(const uspan_wire_t *w, const char **list);
uspan_tokens_t uspan_wire_tokens_of(const uspan_wire_t *w);
/* Whether the part is in the text. */
bool uspan_wire_is_in(const char *text, size_t len, const char *part);

#endif
