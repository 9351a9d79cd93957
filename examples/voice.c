/* voice.c: a device that listens and speaks, with a transcription, a chat, and a group of two pieces of
 * speech. Audio is not recorded. The device's heap and signal strength are read when chat or agent ends. */
#include "uspan/inspect.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

/* Stands for heap_caps_get_free_size(), esp_wifi_sta_get_ap_info() and the like. */
static void ask_health(void *ctx, uspan_health_t *out)
{
    (void)ctx;
    out->heap_free = uspan_opt_int(81920);
    out->rssi_dbm = uspan_opt_int(-61);
}
static const uspan_health_source_t health = { .ask = ask_health };

static void speak(uspan_t group, const char *messages)
{
    uspan_t speech = uspan_speech_begin_with(
        &tracer, group,
        &(uspan_speech_t){ .model = "tts-1", .voice = "alloy", .format = "pcm", .input_messages = messages });
    uspan_first_chunk(&tracer, speech); /* the first sound */
    uspan_speech_end(&tracer, speech, NULL);
}

static void talk(uspan_t agent)
{
    uspan_tracer_t *t = &tracer;
    uspan_t heard = uspan_transcription_begin(t, agent, "whisper-1");
    uspan_speech_end(t, heard,
                     &(uspan_speech_result_t){
                         .output_messages = "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\","
                                            "\"content\":\"How is bed 3?\"}],\"finish_reason\":\"stop\"}]" });
    uspan_t chat = uspan_chat_begin(t, agent, USPAN_PROVIDER_OPENAI, "gpt-4o-mini");
    uspan_chat_end(t, chat, &(uspan_chat_result_t){ .finish_reason = "stop" });

    uspan_t group = uspan_speech_group_begin(t, agent, "\"It is dry. I will water it.\"");
    speak(group, "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"It is dry.\"}]}]");
    speak(group,
          "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"I will water it.\"}]}]");
    uspan_end(t, group);
}

int main(void)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1;
    }
    uspan_set_health(&tracer, &health);
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "speaker");
    talk(agent);
    uspan_agent_end(&tracer, agent, NULL);
    return uspan_posix_stop(&tracer, 5000) == USPAN_OK ? 0 : 1;
}
