/* two_tasks.c: an agent whose tools run on another task, as on an RTOS. The job carries the handle of the
 * span, which has four bytes. If the work may end after that span, the job carries a uspan_context_t instead.
 * No call needs a branch for "tracing failed". On a board use xTaskCreate and xQueueSend instead of
 * pthreads. */
#include <pthread.h>
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

typedef enum kind { WATER, STORE, QUIT } kind_t;

typedef struct job {
    kind_t kind;
    uspan_t agent;         /* WATER: the agent waits for the job, so its span is still open */
    uspan_context_t asked; /* STORE: no task waits, the agent's span may have ended */
    const char *call_id;
    int bed;
    bool done;
} job_t;

static uspan_tracer_t tracer;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static job_t *queue[4];
static unsigned put_count, take_count;

static void put(job_t *job)
{
    (void)pthread_mutex_lock(&mutex);
    queue[put_count++ % 4u] = job;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&mutex);
}

static job_t *take(void)
{
    (void)pthread_mutex_lock(&mutex);
    while (take_count == put_count) {
        (void)pthread_cond_wait(&changed, &mutex);
    }
    job_t *job = queue[take_count++ % 4u];
    (void)pthread_mutex_unlock(&mutex);
    return job;
}

static void finish(job_t *job)
{
    (void)pthread_mutex_lock(&mutex);
    job->done = true;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&mutex);
}

static void wait_for(const job_t *job)
{
    (void)pthread_mutex_lock(&mutex);
    while (!job->done) {
        (void)pthread_cond_wait(&changed, &mutex);
    }
    (void)pthread_mutex_unlock(&mutex);
}

/* ---- the tool task ------------------------------------------------------------------------------------- */

static void water(const job_t *job)
{
    uspan_t tool = uspan_tool_begin(&tracer, job->agent, "water", job->call_id);
    uspan_set_int(&tracer, tool, USPAN_KEY("garden.bed"), job->bed);
    if (job->bed == 4) { /* every early return must end the span */
        uspan_fail(&tracer, tool, "no_valve", "bed 4 has no valve");
        return;
    }
    uspan_event(&tracer, tool, "valve open");
    uspan_end(&tracer, tool);
}

static void store_diary(const job_t *job)
{
    const uspan_options_t options = { .parent = &job->asked };
    uspan_t span = uspan_start_with(&tracer, USPAN_ROOT, "store diary", strlen("store diary"), &options);
    uspan_end(&tracer, span);
}

static void *tool_task(void *arg)
{
    for (job_t *job = take(); job->kind != QUIT; job = take()) {
        if (job->kind == WATER) {
            water(job);
        } else {
            store_diary(job);
        }
        finish(job);
    }
    return arg;
}

/* ---- the agent task ------------------------------------------------------------------------------------ */

static void turn(job_t *diary)
{
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    uspan_t chat = uspan_chat_begin(&tracer, agent, "dashscope", "qwen-max");
    uspan_set_token_pair(&tracer, chat, 412, 37); /* the model wants beds 3 and 4 watered */
    uspan_end(&tracer, chat);

    job_t beds[] = { { .kind = WATER, .agent = agent, .call_id = "call_1", .bed = 3 },
                     { .kind = WATER, .agent = agent, .call_id = "call_2", .bed = 4 } };
    put(&beds[0]);
    put(&beds[1]);
    wait_for(&beds[0]);
    wait_for(&beds[1]);

    diary->kind = STORE;
    uspan_context_of(&tracer, agent, &diary->asked);
    uspan_end(&tracer, agent);
    put(diary);
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    static job_t diary, quit = { .kind = QUIT };
    pthread_t tools;
    if (uspan_posix_start(&tracer, &options) != USPAN_OK ||
        pthread_create(&tools, NULL, tool_task, NULL) != 0) {
        return 1;
    }
    turn(&diary);
    put(&quit);
    (void)pthread_join(tools, NULL);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
