// arduino_agent.ino: a traced agent on an ESP32 that asks a model and uses a tool every 30 seconds. Set the four texts.
#include <WiFi.h>
#include <WiFiClientSecure.h>

#include <uspan/scope.h>
#include <uspan_arduino.h>

static const char *const wifi_name = "", *const wifi_password = "";
static const char *const endpoint = "https://collector.example:4318/v1/traces";
static const char *const ca_pem = ""; // CA of the collector's certificate

static uspan_tracer_t tracer;
static WiFiClientSecure client;
static uspan_arduino_client_t connection;
static uspan_transport_t transport;
static uspan_collector_t collector; // must stay valid as long as the tracer
static const uspan_key_t bed = USPAN_KEY_INIT("garden.bed");

static const char *open_valve(uspan_t agent, int number)
{
    uspan_tool_t call = {};
    call.name = "open_valve";
    call.call_id = "call_1";
    USPAN_SCOPED(tool, &tracer, uspan_tool_begin_with(&tracer, agent, call)); // ends on every return
    uspan_set_int(&tracer, tool, &bed, number);
    if (number > 3) {
        uspan_record_error(&tracer, tool, "no_such_bed", NULL);
        return "no such bed";
    }
    return "open";
}

static void run_agent()
{
    USPAN_SCOPED(agent, &tracer, uspan_agent_begin(&tracer, USPAN_ROOT, "gardener"));
    uspan_chat_t question = {};
    question.provider = USPAN_PROVIDER_OPENAI;
    question.model = "gpt-4o";
    question.temperature = uspan_opt_double(0.0);
    uspan_t chat = uspan_chat_begin_with(&tracer, agent, question);
    // ... your request to the model goes here
    uspan_chat_result_t answer = {};
    answer.finish_reason = "tool_calls";
    answer.usage.input = 812;
    answer.usage.output = 64;
    uspan_chat_end(&tracer, chat, answer);
    open_valve(agent, 3);
}

void setup()
{
    Serial.begin(115200);
    WiFi.begin(wifi_name, wifi_password);
    while (WiFi.status() != WL_CONNECTED) {
        delay(100);
    }
    client.setCACert(ca_pem);
    collector.endpoint = endpoint;
    uspan_arduino_client_init(&connection, &client, true, &transport);
    if (uspan_init(&tracer, uspan_arduino_port(uspan_arduino_random)) != USPAN_OK ||
        uspan_export_to(&tracer, 0, &transport, &collector) != USPAN_OK) {
        Serial.println("uspan is not started and sends no traces; correct the setting that its log names");
    }
}

void loop()
{
    static unsigned long last;
    uint32_t wait_ms;
    if (last == 0 || millis() - last > 30000) {
        last = millis();
        run_agent();
    }
    if (uspan_poll(&tracer, &wait_ms) == USPAN_OK) {
        delay(1); // nothing to send
    }
}
