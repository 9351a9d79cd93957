/* knowledge.c: an agent that uses stored knowledge. It searches its memory, embeds the question, retrieves
 * documents, answers, and stores a new record. The evaluation of the answer is an event of the chat's
 * span. */
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

static void look_up(uspan_t agent)
{
    uspan_tracer_t *t = &tracer;
    uspan_t found =
        uspan_memory_begin_with(t, agent, USPAN_MEMORY_SEARCH,
                                &(uspan_memory_t){ .kind = USPAN_KIND_INTERNAL, /* in this program */
                                                   .store_id = "beds",
                                                   .query = "bed 3" });
    uspan_memory_end(t, found, &(uspan_memory_result_t){ .record_count = USPAN_OPT(0) });

    uspan_t vector = uspan_embeddings_begin(t, agent, USPAN_PROVIDER_OPENAI, "text-embedding-3-small");
    uspan_embeddings_end(t, vector, &(uspan_embeddings_result_t){ .input_tokens = USPAN_OPT(5) });

    uspan_t search = uspan_retrieval_begin_with(
        t, agent,
        &(uspan_retrieval_t){ .data_source_id = "manuals", .top_k = USPAN_OPT(2), .query = "fern, dry" });
    uspan_retrieval_end(
        t, search,
        &(uspan_retrieval_result_t){
            .documents = "[{\"id\":\"fern.md\",\"score\":0.91}]" }); /* needs id and score to be shown */
}

static void answer(uspan_t agent)
{
    uspan_tracer_t *t = &tracer;
    uspan_t chat = uspan_chat_begin_with(t, agent,
                                         &(uspan_chat_t){ .provider = USPAN_PROVIDER_OPENAI,
                                                          .model = "gpt-4o-mini",
                                                          .reasoning_level = "low" });
    uspan_evaluation(t, chat,
                     &(uspan_evaluation_t){ .name = "relevance", .label = "pass", .score = USPAN_OPT(0.9) });
    uspan_chat_end(t, chat,
                   &(uspan_chat_result_t){ .finish_reason = "stop", .usage = { .input = 41, .output = 9 } });

    uspan_t kept = uspan_memory_begin(t, agent, USPAN_MEMORY_CREATE, "beds");
    uspan_memory_end(t, kept, &(uspan_memory_result_t){ .record_id = "r1", .record_count = USPAN_OPT(1) });
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1;
    }
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "librarian");
    look_up(agent);
    answer(agent);
    uspan_agent_end(&tracer, agent, NULL);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
