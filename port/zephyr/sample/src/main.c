/* main.c: turns of an agent on any Zephyr board that has a network. Each turn has a model call, which is only
 * simulated, and a tool. */
#include <zephyr/kernel.h>
#include <zephyr/net/tls_credentials.h>
#include "uspan/genai.h"
#include "uspan_zephyr.h"

static uspan_tracer_t tracer;

/* https: whom the collector's certificate must be signed by. USPAN_CA_FILE of the build names it. */
static bool add_ca(void)
{
#ifdef SAMPLE_HAS_CA
    static const unsigned char ca[] = {
#include "ca.der.inc"
    };
    return tls_credential_add(CONFIG_USPAN_ZEPHYR_SEC_TAG, TLS_CREDENTIAL_CA_CERTIFICATE, ca, sizeof ca) == 0;
#else
    return true;
#endif
}

static void take_turn(void)
{
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    uspan_t chat = uspan_chat_begin(&tracer, agent, "dashscope", "qwen-max");
    k_msleep(300); /* the model call */
    (void)uspan_set_token_pair(&tracer, chat, 120, 30);
    (void)uspan_end(&tracer, chat);
    uspan_t tool = uspan_tool_begin(&tracer, agent, "open_valve", "call_1");
    k_msleep(50);
    (void)uspan_fail(&tracer, tool, "timeout", "the valve did not answer");
    (void)uspan_end(&tracer, agent);
}

int main(void)
{
    const uspan_resource_t resource = { .service_name = "zephyr-agent" };
    if (!add_ca() || uspan_zephyr_start(&tracer, &resource) != USPAN_OK) {
        return 1; /* the log lines of the module "uspan" say why */
    }
    for (unsigned turn = 0; turn < 3u; turn++) {
        take_turn();
        k_msleep(2000);
    }
    return uspan_zephyr_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
