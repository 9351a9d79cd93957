/* wire_attrs.c: sets attributes from single values, and computes the token counts of a call. Called by
 * wire.c, wire_collect.c and others. Invariant: a number or word that does not fit completely is dropped and
 * counted. No attribute holds a part of it. */
#include "wire/wire_attrs.h"
#include <string.h>
#include "trace/attr.h"

static const uspan_key_t *const keys[] = {
    [TAKE_TEMPERATURE] = &uspan_key_request_temperature,
    [TAKE_TOP_P] = &uspan_key_request_top_p,
    [TAKE_PRESENCE_PENALTY] = &uspan_key_request_presence_penalty,
    [TAKE_FREQUENCY_PENALTY] = &uspan_key_request_frequency_penalty,
    [TAKE_TOP_K] = &uspan_key_request_top_k,
    [TAKE_MAX_TOKENS] = &uspan_key_request_max_tokens,
    [TAKE_NEW_MAX_TOKENS] = &uspan_key_request_max_tokens,
    [TAKE_SEED] = &uspan_key_request_seed,
    [TAKE_DIMENSIONS] = &uspan_key_embeddings_dimension_count,
    [TAKE_CHOICE_COUNT] = &uspan_key_request_choice_count,
#if USPAN_SEMCONV_MODALITIES
    [TAKE_TEXT_INPUT] = &uspan_key_usage_text_input,
    [TAKE_IMAGE_INPUT] = &uspan_key_usage_image_input,
    [TAKE_AUDIO_INPUT] = &uspan_key_usage_audio_input,
    [TAKE_TEXT_OUTPUT] = &uspan_key_usage_text_output,
    [TAKE_IMAGE_OUTPUT] = &uspan_key_usage_image_output,
    [TAKE_AUDIO_OUTPUT] = &uspan_key_usage_audio_output,
    [TAKE_TEXT_CACHED] = &uspan_key_usage_text_cache_read,
    [TAKE_IMAGE_CACHED] = &uspan_key_usage_image_cache_read,
    [TAKE_AUDIO_CACHED] = &uspan_key_usage_audio_cache_read,
#endif
    [TAKE_REQUEST_TIER] = &uspan_key_openai_request_service_tier,
    [TAKE_REASONING_LEVEL] = &uspan_key_request_reasoning_level,
    [TAKE_PREVIOUS_RESPONSE] = &uspan_key_request_previous_response,
    [TAKE_ID] = &uspan_key_response_id,
    [TAKE_RESPONSE_MODEL] = &uspan_key_response_model,
    [TAKE_RESPONSE_TIER] = &uspan_key_openai_response_service_tier,
    [TAKE_FINGERPRINT] = &uspan_key_openai_system_fingerprint,
    [TAKE_MODEL] = &uspan_key_request_model,
};

const char *const uspan_wire_operations[] = { "chat", USPAN_OPERATION_COMPLETION, "embeddings" };

uint32_t uspan_wire_hash(uint32_t hash, const char *text, size_t len)
{
    for (; len > 0u; len--) {
        hash = USPAN_JSON_HASH(hash, *text++);
    }
    return hash;
}

void uspan_wire_count_unread(uspan_wire_t *w)
{
    w->unread = (uint16_t)(w->unread + (w->unread < UINT16_MAX ? 1u : 0u));
}

bool uspan_wire_is_in(const char *text, size_t len, const char *part)
{
    size_t part_len = strlen(part);
    for (size_t at = 0; at + part_len <= len; at++) {
        if (memcmp(text + at, part, part_len) == 0) {
            return true;
        }
    }
    return false;
}

size_t uspan_wire_find_word(const uint32_t *words, size_t count, uint32_t hash)
{
    size_t i = 0;
    while (i < count && words[i] != hash) {
        i++;
    }
    return i;
}

size_t uspan_wire_find_text(const uint32_t *words, size_t count, const char *text)
{
    return uspan_wire_find_word(words, count, uspan_wire_hash(USPAN_WIRE_HASH_BEGIN, text, strlen(text)));
}

size_t uspan_wire_texts(const uspan_wire_t *w, const char **list)
{
    size_t count = 0;
    for (size_t at = 0; at < w->texts_len && count < USPAN_WIRE_TEXTS_MAX; at += strlen(w->texts + at) + 1u) {
        size_t i = count++;
        for (; i > 0u && list[i - 1u][-1] > w->texts[at]; i--) {
            list[i] = list[i - 1u];
        }
        list[i] = w->texts + at + 1u;
    }
    return count;
}

static void set_texts(uspan_wire_t *w, const uspan_key_t *key)
{
    const char *list[USPAN_WIRE_TEXTS_MAX];
    (void)uspan_set_strs(w->t, w->s, key, list, uspan_wire_texts(w, list));
}

/* Append a text of the choice to texts. Returns false if there is no room, and counts the text as unread. */
static bool add_text(uspan_wire_t *w, unsigned choice, const char *text)
{
    size_t len = strlen(text) + 1u;
    if (len >= sizeof w->texts - w->texts_len || w->texts_count == USPAN_WIRE_TEXTS_MAX) {
        uspan_wire_count_unread(w);
        return false;
    }
    w->texts[w->texts_len] = (char)(1u + choice % 127u);
    memcpy(w->texts + w->texts_len + 1u, text, len);
    w->texts_len = (uint8_t)(w->texts_len + 1u + len);
    w->texts_count++;
    return true;
}

const char *uspan_wire_finish_of(const uspan_wire_t *w, unsigned choice)
{
    for (size_t at = 0; at < w->texts_len; at += strlen(w->texts + at) + 1u) {
        if (w->texts[at] == (char)(1u + choice % 127u)) {
            return w->texts + at + 1u;
        }
    }
    return NULL;
}

const char *uspan_wire_reason_of(const uspan_wire_t *w, const char *word)
{
    static const uint32_t words[] = {
        USPAN_JSON_PATH("tool_calls"), USPAN_JSON_PATH("function_call"), USPAN_JSON_PATH("tool_use"),
        USPAN_JSON_PATH("end_turn"),   USPAN_JSON_PATH("stop_sequence"), USPAN_JSON_PATH("STOP"),
        USPAN_JSON_PATH("max_tokens"), USPAN_JSON_PATH("MAX_TOKENS"),    USPAN_JSON_PATH("max_output_tokens"),
        USPAN_JSON_PATH("refusal"),    USPAN_JSON_PATH("SAFETY")
    };
    static const char *const names[] = { "tool_call", "stop", "length", "content_filter" };
    enum { COUNT = sizeof words / sizeof words[0] };
    if (word == NULL || strcmp(word, "completed") == 0) {
        return names[uspan_wire_is(w, USPAN_WIRE_HAS_CALL) ? 0 : 1];
    }
    size_t i = uspan_wire_find_text(words, COUNT, word);
    return i < COUNT ? names[i / 3u] : word;
}

void uspan_wire_set_finish(uspan_wire_t *w, unsigned choice, const char *reason)
{
    const char *old = uspan_wire_finish_of(w, choice);
    if (old != NULL) {
        if (strcmp(uspan_wire_reason_of(w, reason), "stop") == 0 || strcmp(old, reason) == 0) {
            return;
        }
        size_t at = (size_t)(old - 1 - w->texts);
        size_t len = strlen(old) + 2u;
        memmove(w->texts + at, w->texts + at + len, w->texts_len - at - len);
        w->texts_len = (uint8_t)(w->texts_len - len);
        w->texts_count--;
    }
    (void)add_text(w, choice, reason);
}

static void set_name(uspan_wire_t *w, const char *word)
{
    char name[USPAN_NAME_MAX + 1u]; /* of a longer one, the span counts that it was cut */
    const char *operation = uspan_wire_operations[w->dialect->operation];
    size_t len = strlen(operation);
    memcpy(name, operation, len);
    name[len++] = ' ';
    const size_t n = w->word_len < sizeof name - len ? w->word_len : sizeof name - len;
    memcpy(name + len, word, n);
    (void)uspan_set_name_n(w->t, w->s, name, len + n);
}

void uspan_wire_take_number(uspan_wire_t *w, unsigned action)
{
    int64_t value = 0;
    double real = 0.0;
    bool whole = uspan_json_read_int(&w->json, &value);
    if (action <= TAKE_FREQUENCY_PENALTY) {
        if (uspan_json_read_double(&w->json, &real)) {
            (void)uspan_set_double(w->t, w->s, keys[action], real);
        } else {
            uspan_wire_count_unread(w);
        }
    } else if (!whole) {
        uspan_wire_count_unread(w);
    } else if (action == TAKE_MAX_TOKENS && uspan_wire_is(w, USPAN_WIRE_NEW_MAX)) {
        return;
    } else if (action < TAKE_WORDS) {
        w->flags |= action == TAKE_NEW_MAX_TOKENS ? USPAN_WIRE_NEW_MAX : 0u;
        if (action < TAKE_CHOICE_COUNT || value != (action == TAKE_CHOICE_COUNT ? 1 : 0)) {
            (void)uspan_set_int(w->t, w->s, keys[action], value);
        }
    } else if (value > INT32_MAX) {
        uspan_wire_count_unread(w);
    } else if (value > w->tokens[action - TAKE_TOKENS]) {
        w->tokens[action - TAKE_TOKENS] = (int32_t)value; /* a count that is sent again never shrinks */
        w->flags |= value > 0 ? USPAN_WIRE_HAS_COUNT : 0u;
    }
}

void uspan_wire_take_word(uspan_wire_t *w, unsigned action, const char *word)
{
    if (action < TAKE_KEYS_END) {
        if (action < TAKE_WORDS) {
            return; /* a text in place of a number */
        }
        (void)uspan_set_str_n(w->t, w->s, keys[action], word, w->word_len);
        w->known = (uint16_t)(w->known | 1u << (action - TAKE_WORDS));
        if (action == TAKE_MODEL) {
            set_name(w, word);
        }
        return;
    }
    switch (action) {
#if USPAN_SEMCONV_MODALITIES
    case TAKE_MODALITY:
        w->item = strcmp(word, "TEXT") == 0    ? 1u
                  : strcmp(word, "IMAGE") == 0 ? 2u
                  : strcmp(word, "AUDIO") == 0 ? 3u
                                               : 0u;
        return;
#endif
    case TAKE_ENCODING:
        w->texts_len = 0u;
        w->texts_count = 0u;
        /* fall through */
    case TAKE_STOP:
        if (add_text(w, 0u, word)) {
            set_texts(w, action == TAKE_STOP ? &uspan_key_request_stop_sequences
                                             : &uspan_key_request_encoding_formats);
        }
        return;
    case TAKE_FORMAT:
        (void)uspan_set_static(w->t, w->s, &uspan_key_output_type,
                               uspan_wire_is_in(word, w->word_len, "json") ? "json" : "text");
        return;
    case TAKE_TOOL_CHOICE:
        if (strcmp(word, "none") == 0 || strcmp(word, "NONE") == 0) {
            w->flags |= USPAN_WIRE_NO_TOOLS;
            uspan_wire_drop_definitions(w);
        }
        return;
    default:
        return;
    }
}

#if USPAN_SEMCONV_MODALITIES
void uspan_wire_take_entry(uspan_wire_t *w, unsigned action)
{
    if (w->item > 0u && w->told > 0u) {
        unsigned key = TAKE_TEXT_INPUT + (action - TAKE_INPUT_ENTRY) * 3u + w->item - 1u;
        (void)uspan_set_int(w->t, w->s, keys[key], w->told);
    }
}
#endif

void uspan_wire_drop_definitions(uspan_wire_t *w)
{
    if (uspan_is_null(w->s)) {
        return;
    }
    uspan_trace_part_t *p = &w->t->trace;
    uspan_err_t err;
    uint32_t state = uspan_lock(w->t);
    uspan_slot_t *slot = uspan_slot_find_recording(p, w->s, &err);
    uspan_entry_t *e = slot != NULL ? uspan_entry_find(slot, &uspan_key_tool_definitions) : NULL;
    if (e != NULL) {
        uspan_entry_free(p, e);
        slot->attr_count--;
        *e = slot->attrs[slot->attr_count];
    }
    uspan_unlock(w->t, state);
}

/* ---- tokens -------------------------------------------------------------------------------------------- */

static uint32_t token_count(const uspan_wire_t *w, unsigned kind)
{
    return w->tokens[kind] > 0 ? (uint32_t)w->tokens[kind] : 0u;
}

/* Returns counts as the conventions define them: output tokens include those of reasoning, and input tokens
 * include those read from and written to the cache. Some vendors count these separately. For some of
 * them, only sums of the counts show this. README.md has a table. */
uspan_tokens_t uspan_wire_tokens_of(const uspan_wire_t *w)
{
    uspan_tokens_t tokens = { token_count(w, USPAN_WIRE_INPUT), token_count(w, USPAN_WIRE_OUTPUT),
                              token_count(w, USPAN_WIRE_CACHE_READ),
                              token_count(w, USPAN_WIRE_CACHE_CREATION),
                              token_count(w, USPAN_WIRE_REASONING) };
    uint32_t created = token_count(w, USPAN_WIRE_CACHE_5M) + token_count(w, USPAN_WIRE_CACHE_1H);
    uint32_t total = token_count(w, USPAN_WIRE_TOTAL);
    if (created > tokens.cache_creation) {
        tokens.cache_creation = created;
    }
    if ((w->dialect->traits & USPAN_WIRE_INPUT_UNCACHED) != 0u) {
        tokens.input += tokens.cache_read + tokens.cache_creation;
    }
    bool apart = (w->dialect->traits & USPAN_WIRE_OUTPUT_UNREASONED) != 0u ||
                 tokens.reasoning > tokens.output ||
                 (total > 0u && total == tokens.input + tokens.output + tokens.reasoning);
    tokens.output += apart ? tokens.reasoning : 0u;
    if (uspan_wire_is(w, USPAN_WIRE_TOTAL_COUNTS) && total > tokens.input + tokens.output) {
        tokens.output = total - tokens.input;
    }
    uint32_t prompt = token_count(w, USPAN_WIRE_TOOL_PROMPT);
    if (w->tokens[USPAN_WIRE_INPUT] < 0) { /* llama.cpp's timings have uncached tokens only */
        tokens.input +=
            prompt + ((w->dialect->traits & USPAN_WIRE_INPUT_UNCACHED) != 0u ? 0u : tokens.cache_read);
    } else if ((w->dialect->traits & USPAN_WIRE_OUTPUT_UNREASONED) != 0u) {
        tokens.input += prompt;
    }
    return tokens;
}
