/* esp_idf_version.h: the version of ESP-IDF, declared for tests. */
#ifndef DECLARED_ESP_IDF_VERSION_H
#define DECLARED_ESP_IDF_VERSION_H

#define ESP_IDF_VERSION_MAJOR 5

#endif
