// arduino_esp32.ino: a traced agent on an ESP32 with Arduino core 3. It uses ESP-IDF's parts of uspan: the
// spans leave on a task of their own, over esp-tls, and loop() never waits for the network. Set the four texts.
#include <WiFi.h>
#include <esp_crt_bundle.h>

#include <uspan/scope.h>
#include <uspan_arduino.h>

static const char *const wifi_name = "", *const wifi_password = "";
static const char *const endpoint = "https://collector.example:4318/v1/traces";
static const char ca_pem[] = ""; // CA of the collector's certificate. "": the core's certificate bundle

static uspan_tracer_t tracer;
static uspan_espidf_tls_t tls;
static uspan_transport_t transport;
static uspan_collector_t collector; // must stay valid as long as the tracer
static uspan_freertos_exporter_t exporter;
static StackType_t exporter_stack[8192 / sizeof(StackType_t)]; // a TLS handshake needs 6 KB
static const uspan_key_t moisture = USPAN_KEY_INIT("garden.moisture");

static void read_sensor(uspan_t agent)
{
    USPAN_SCOPED(tool, &tracer, uspan_tool_begin(&tracer, agent, "read_sensor", "call_1")); // ends on return
    uspan_set_double(&tracer, tool, &moisture, 0.31);
}

static void run_agent()
{
    USPAN_SCOPED(agent, &tracer, uspan_agent_begin(&tracer, USPAN_ROOT, "gardener"));
    uspan_t chat = uspan_chat_begin(&tracer, agent, USPAN_PROVIDER_OPENAI, "gpt-4o-mini");
    // ... your request to the model goes here
    uspan_set_token_pair(&tracer, chat, 812, 64);
    uspan_end(&tracer, chat);
    read_sensor(agent);
}

void setup()
{
    Serial.begin(115200);
    WiFi.begin(wifi_name, wifi_password);
    while (WiFi.status() != WL_CONNECTED) {
        delay(100);
    }
    configTime(0, 0, "pool.ntp.org"); // certificates have dates, and spans have times
    uspan_espidf_tls_options_t trust = {};
    if (ca_pem[0] != '\0') {
        trust.ca = reinterpret_cast<const unsigned char *>(ca_pem);
        trust.ca_bytes = sizeof ca_pem;
    } else {
        trust.bundle = esp_crt_bundle_attach;
    }
    collector.endpoint = endpoint;
    if (uspan_espidf_tls_init(&tls, &trust, &transport) != USPAN_OK ||
        uspan_init(&tracer, uspan_arduino_port(uspan_arduino_random)) != USPAN_OK ||
        uspan_export_to(&tracer, 0, &transport, &collector) != USPAN_OK ||
        uspan_freertos_exporter_start(&exporter, &tracer, exporter_stack,
                                      sizeof exporter_stack / sizeof exporter_stack[0], 1) != USPAN_OK) {
        Serial.println("uspan is not started and sends no traces; correct the setting that its log names");
    }
}

void loop()
{
    run_agent();
    delay(30000);
    // Before deep sleep: uspan_freertos_exporter_stop(&exporter, 5000)
}
