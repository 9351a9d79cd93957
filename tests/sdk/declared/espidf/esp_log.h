/* esp_log.h: ESP-IDF's log, declared for tests. */
#ifndef DECLARED_ESP_LOG_H
#define DECLARED_ESP_LOG_H

void declared_log(char level, const char *tag, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define ESP_LOGE(tag, ...) declared_log('E', tag, __VA_ARGS__)
#define ESP_LOGW(tag, ...) declared_log('W', tag, __VA_ARGS__)
#define ESP_LOGI(tag, ...) declared_log('I', tag, __VA_ARGS__)
#define ESP_LOGD(tag, ...) declared_log('D', tag, __VA_ARGS__)

#endif
