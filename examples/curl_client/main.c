/* main.c: the client of untraced.c, traced by three calls that get the bytes of request and response. It asks
 * a model of an OpenAI-compatible server and prints the answer: `curl_client URL MODEL QUESTION`. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "uspan/wire.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;
static uspan_wire_t wire;

static size_t on_answer(char *data, size_t size, size_t count, void *ctx)
{
    (void)ctx;
    uspan_wire_response(&wire, data, size * count);
    return fwrite(data, size, count, stdout);
}

static bool ask(const char *url, const char *model, const char *question)
{
    char body[1024];
    (void)snprintf(body, sizeof body,
                   "{\"model\":\"%s\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}",
                   model, question);
    long status = 0;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char lines[USPAN_PROPAGATE_MAX(0)];
    uspan_propagate(&tracer, uspan_wire_begin(&wire, &tracer, USPAN_ROOT, url), NULL, lines, sizeof lines);
    lines[strcspn(lines, "\r")] = '\0'; /* one line, and its end is curl's */
    headers = curl_slist_append(headers, lines);
    uspan_wire_request(&wire, body, strlen(body));
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    uspan_wire_end(&wire, (int)status, result == CURLE_OK ? NULL : curl_easy_strerror(result));
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return result == CURLE_OK && status == 200;
}

int main(int argc, char **argv)
{
    if (argc != 4 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        uspan_posix_start(&tracer, &(uspan_posix_options_t){ .secure = &uspan_posix_mbedtls }) != USPAN_OK) {
        return 2;
    }
    bool answered = ask(argv[1], argv[2], argv[3]);
    curl_global_cleanup();
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK && answered ? 0 : 1;
}
