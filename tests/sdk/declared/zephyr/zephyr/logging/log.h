/* log.h: Zephyr's log, declared. */
#ifndef DECLARED_ZEPHYR_LOG_H
#define DECLARED_ZEPHYR_LOG_H

#define LOG_LEVEL_INF 3
void declared_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define LOG_MODULE_REGISTER(name, level) extern const int declared_level_of_##name
#define LOG_MODULE_DECLARE(name, level) extern const int declared_level_of_##name
#define LOG_ERR(...) declared_log(1, __VA_ARGS__)
#define LOG_WRN(...) declared_log(2, __VA_ARGS__)
#define LOG_INF(...) declared_log(3, __VA_ARGS__)
#define LOG_DBG(...) declared_log(4, __VA_ARGS__)

#endif
