/* wire_take.c: from a value with a meaning to an attribute. What cannot be kept whole is left out and
 * counted: no attribute is half of a value. */
#include "wire_read.h"
#include <string.h>
#include "attr.h"

static const uspan_key_t *const keys[] = {
    [TAKE_TEMPERATURE] = &uspan_key_request_temperature,
    [TAKE_TOP_P] = &uspan_key_request_top_p,
    [TAKE_TOP_K] = &uspan_key_request_top_k,
    [TAKE_PRESENCE_PENALTY] = &uspan_key_request_presence_penalty,
    [TAKE_FREQUENCY_PENALTY] = &uspan_key_request_frequency_penalty,
    [TAKE_MAX_TOKENS] = &uspan_key_request_max_tokens,
    [TAKE_SEED] = &uspan_key_request_seed,
    [TAKE_DIMENSIONS] = &uspan_key_embeddings_dimension_count,
    [TAKE_CHOICE_COUNT] = &uspan_key_request_choice_count,
    [TAKE_REQUEST_TIER] = &uspan_key_openai_request_service_tier,
    [TAKE_ID] = &uspan_key_response_id,
    [TAKE_RESPONSE_MODEL] = &uspan_key_response_model,
    [TAKE_RESPONSE_TIER] = &uspan_key_openai_response_service_tier,
    [TAKE_FINGERPRINT] = &uspan_key_openai_system_fingerprint,
    [TAKE_MODEL] = &uspan_key_request_model,
};

void uspan_wire_count_unread(uspan_wire_t *w)
{
    w->unread = (uint16_t)(w->unread + (w->unread < UINT16_MAX ? 1u : 0u));
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

/* word becomes the last of texts. */
static bool add_text(uspan_wire_t *w)
{
    size_t len = w->word_len + 1u;
    if (len >= sizeof w->texts - w->texts_len || w->texts_count == USPAN_WIRE_TEXTS_MAX ||
        uspan_wire_is_spilled(w)) {
        uspan_wire_count_unread(w);
        return false;
    }
    w->texts[w->texts_len] = (char)(1u + w->choice % 127u);
    memcpy(w->texts + w->texts_len + 1u, w->word, len);
    w->texts_len = (uint8_t)(w->texts_len + 1u + len);
    w->texts_count++;
    return true;
}

static void set_name(uspan_wire_t *w)
{
    char name[USPAN_NAME_MAX];
    size_t len = strlen(w->dialect->operation);
    memcpy(name, w->dialect->operation, len);
    name[len++] = ' ';
    size_t n = w->word_len;
    if (n > sizeof name - len) {
        for (n = sizeof name - len; n > 0u && ((uint8_t)w->word[n] & 0xC0u) == 0x80u; n--) {
            /* not within a character */
        }
    }
    memcpy(name + len, w->word, n);
    (void)uspan_set_name_n(w->t, w->s, name, len + n);
}

static void take_number(uspan_wire_t *w, unsigned action)
{
    int64_t value = 0;
    double real = 0.0;
    bool whole = uspan_json_read_int(&w->json, &value);
    if (action >= TAKE_TEMPERATURE && action <= TAKE_FREQUENCY_PENALTY) {
        if (uspan_json_read_double(&w->json, &real)) {
            (void)uspan_set_double(w->t, w->s, keys[action], real);
        } else {
            uspan_wire_count_unread(w);
        }
    } else if (!whole) {
        uspan_wire_count_unread(w);
    } else if (action <= TAKE_CHOICE_COUNT) {
        if (action != TAKE_CHOICE_COUNT || value != 1) {
            (void)uspan_set_int(w->t, w->s, keys[action], value);
        }
    } else if (action >= TAKE_TOKENS && action < TAKE_TOKENS_END && value >= 0 && value <= INT32_MAX) {
        w->tokens[action - TAKE_TOKENS] = (int32_t)value;
    } else if (action == TAKE_CHOICE_INDEX) {
        w->choice = value >= 0 && value < UINT8_MAX ? (uint8_t)value : UINT8_MAX;
    } else if (action == TAKE_CALL_INDEX) {
        uspan_wire_put_index(w, value >= 0 && value < UINT8_MAX ? (unsigned)value : UINT8_MAX);
    }
}

/* A short text is whole: word, ending in 0. */
static void take_word(uspan_wire_t *w, unsigned action)
{
    if (action < TAKE_KEYS_END) {
        if (action < TAKE_REQUEST_TIER) {
            return; /* a number was due */
        }
        (void)uspan_set_str_n(w->t, w->s, keys[action], w->word, w->word_len);
        w->known |= 1u << action;
        if (action == TAKE_MODEL) {
            set_name(w);
        }
        return;
    }
    switch (action) {
    case TAKE_STOP:
        if (add_text(w)) {
            set_texts(w, &uspan_key_request_stop_sequences);
        }
        return;
    case TAKE_ENCODING:
        w->texts_len = 0u;
        w->texts_count = 0u;
        if (add_text(w)) {
            set_texts(w, &uspan_key_request_encoding_formats);
        }
        return;
    case TAKE_FORMAT:
        (void)uspan_set_static(w->t, w->s, &uspan_key_output_type,
                               uspan_wire_is_in(w->word, w->word_len, "json") ? "json" : "text");
        return;
    case TAKE_TOOL_CHOICE:
        if (strcmp(w->word, "none") == 0 || strcmp(w->word, "NONE") == 0) {
            w->flags |= USPAN_WIRE_NO_TOOLS;
            uspan_wire_drop_definitions(w);
        }
        return;
    case TAKE_STATUS:
        if (strcmp(w->word, "completed") != 0 && strcmp(w->word, "cancelled") != 0) {
            return; /* goes on; or the details say more */
        }
        /* fall through */
    case TAKE_FINISH:
        if (strcmp(w->word, "null") != 0 && add_text(w)) { /* DashScope says so while it goes on */
            w->flags |= USPAN_WIRE_FINISHED;
        }
        return;
    case TAKE_ERROR_TYPE:
        w->flags |= USPAN_WIRE_FAILED;
        if (w->error_type[0] == '\0' && w->word_len < sizeof w->error_type) {
            memcpy(w->error_type, w->word, w->word_len + 1u);
        }
        return;
    case TAKE_EVENT:
        w->event = w->dialect->event != NULL ? (uint8_t)w->dialect->event(w->word) : 0u;
        return;
    default:
        uspan_wire_put_word(w, action, w->word);
        return;
    }
}

static void take_true(uspan_wire_t *w, unsigned action)
{
    if (action == TAKE_STREAM) {
        w->flags |= USPAN_WIRE_STREAMED;
        (void)uspan_set_bool(w->t, w->s, &uspan_key_request_stream, true);
    } else if (action == TAKE_INCREMENTAL) {
        w->flags |= USPAN_WIRE_INCREMENTAL;
    } else if (action == TAKE_THOUGHT) {
        uspan_wire_put_thought(w);
    }
}

static void collect(uspan_wire_t *w, const char *text, size_t len)
{
    size_t room = sizeof w->word - 1u - w->word_len;
    if (len > room) {
        len = room;
        w->flags |= USPAN_WIRE_WORD_CUT;
    }
    memcpy(w->word + w->word_len, text, len);
    w->word_len = (uint8_t)(w->word_len + len);
}

void uspan_wire_take(void *ctx, unsigned action, uspan_json_event_t event, const char *text, size_t len)
{
    uspan_wire_t *w = ctx;
    action &= ~USPAN_JSON_AS_IS;
    if (action >= TAKE_PIECES) {
        uspan_wire_put_piece(w, action, event, text, len);
        return;
    }
    switch (event) {
    case USPAN_READ_TEXT:
        if (action >= TAKE_KEYS_END || (w->known >> action & 1u) == 0u) {
            collect(w, text, len);
        }
        break;
    case USPAN_READ_TEXT_END:
        w->word[w->word_len] = '\0';
        if ((w->flags & USPAN_WIRE_WORD_CUT) != 0u && action != TAKE_URI) {
            uspan_wire_count_unread(w);
        } else if (w->word_len > 0u) {
            take_word(w, action);
        }
        w->flags &= (uint16_t)~USPAN_WIRE_WORD_CUT;
        w->word_len = 0u;
        break;
    case USPAN_READ_NUMBER:
        take_number(w, action);
        break;
    case USPAN_READ_TRUE:
        take_true(w, action);
        break;
    case USPAN_READ_FALSE:
        if (action == TAKE_STREAM) {
            w->flags &= (uint16_t)~USPAN_WIRE_STREAMED;
        }
        break;
    case USPAN_READ_OPEN:
        if (action == TAKE_FORMAT) { /* a schema */
            (void)uspan_set_static(w->t, w->s, &uspan_key_output_type, "json");
        }
        uspan_wire_put_container(w, action, true);
        break;
    case USPAN_READ_CLOSE:
        uspan_wire_put_container(w, action, false);
        break;
    default:
        break;
    }
}

void uspan_wire_drop_definitions(uspan_wire_t *w)
{
    if (uspan_is_null(w->s)) {
        return;
    }
    uspan_trace_part_t *p = &w->t->trace;
    uspan_err_t err;
    uint32_t state = uspan_lock(w->t);
    uspan_slot_t *slot = uspan_slot_recorded(p, w->s, &err);
    uspan_entry_t *e = slot != NULL ? uspan_entry_find(slot, &uspan_key_tool_definitions) : NULL;
    if (e != NULL) {
        uspan_entry_give(p, e);
        slot->attr_count--;
        *e = slot->attrs[slot->attr_count];
    }
    uspan_unlock(w->t, state);
}

void uspan_wire_take_url(uspan_wire_t *w, const char *url)
{
    unsigned traits = w->dialect->traits & (USPAN_WIRE_MODEL_IN_URL | USPAN_WIRE_DEPLOYMENTS);
    const char *before = traits == USPAN_WIRE_MODEL_IN_URL ? "/models/" : "/deployments/";
    size_t before_len = strlen(before);
    size_t len = strcspn(url, "?#");
    for (size_t at = 0; at < len && traits != 0u; at++) {
        if (strncmp(url + at, before, before_len) == 0) {
            const char *model = url + at + before_len;
            uspan_wire_take(w, TAKE_MODEL, USPAN_READ_TEXT, model, strcspn(model, ":/?#"));
            uspan_wire_take(w, TAKE_MODEL, USPAN_READ_TEXT_END, NULL, 0u);
        }
    }
    if (traits == USPAN_WIRE_MODEL_IN_URL && uspan_wire_is_in(url, len, ":stream")) {
        w->flags |= USPAN_WIRE_STREAMED;
    }
}
