/* setting_list.c: lets a port step through a list of settings that it reads from elsewhere
 * (uspan/pairs.h). */
#include <string.h>
#include "export/headers.h"
#include "export/log_line.h"
#include "export/url.h"

bool uspan_list_next(const char *list, uspan_list_kind_t kind, size_t *pos, uspan_list_entry_t *out)
{
    uspan_pair_t pair;
    uspan_err_t err = uspan_pair_next(list, pos, &pair);
    memset(out, 0, sizeof *out);
    if (err == USPAN_ERR_CLOSED) {
        return false;
    }
    if (err != USPAN_OK) {
        out->wrong = USPAN_WORDS("not key=value", "no pair");
        return true;
    }
    size_t whole = pair.value_len;
    out->wrong = kind == USPAN_LIST_HEADERS ? uspan_header_wrong(&pair) : uspan_attribute_wrong(&pair);
    out->key = pair.key;
    out->key_len = pair.key_len;
    out->value = pair.value;
    out->value_len = pair.value_len;
    out->is_cut = pair.value_len < whole;
    return true;
}

const char *uspan_endpoint_wrong(const char *endpoint)
{
    uspan_url_t url;
    return uspan_url_parse(endpoint, &url);
}
