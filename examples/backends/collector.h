/* collector.h: an OpenTelemetry Collector near by, which keeps the accounts of hosted services off the
 * device. */
#ifndef USPAN_BACKEND_COLLECTOR_H
#define USPAN_BACKEND_COLLECTOR_H

#ifndef COLLECTOR_URL
#error "COLLECTOR_URL: the whole URL, such as https://collector.example:4318/v1/traces"
#endif

#define USPAN_ENDPOINT COLLECTOR_URL

#endif
