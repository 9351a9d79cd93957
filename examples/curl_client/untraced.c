/* untraced.c: a client without tracing. main.c is the same client with tracing. It asks a model of an
 * OpenAI-compatible server and prints the answer as it arrives: `curl_untraced URL MODEL QUESTION`. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static size_t on_answer(char *data, size_t size, size_t count, void *ctx)
{
    (void)ctx;
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
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return result == CURLE_OK && status == 200;
}

int main(int argc, char **argv)
{
    if (argc != 4 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 2;
    }
    bool answered = ask(argv[1], argv[2], argv[3]);
    curl_global_cleanup();
    return answered ? 0 : 1;
}
