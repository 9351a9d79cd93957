/* aliyun.h: Alibaba Cloud CloudMonitor 2.0 and ARMS. The token is part of the path, so keep it as secret
 * as a header. */
#ifndef USPAN_BACKEND_ALIYUN_H
#define USPAN_BACKEND_ALIYUN_H

#ifndef ALIYUN_REGION
#error "ALIYUN_REGION: such as cn-hangzhou"
#endif
#ifndef ALIYUN_TOKEN
#error "ALIYUN_TOKEN: the word after adapt_ in the console's endpoint"
#endif

#define USPAN_ENDPOINT \
    "https://tracing-" ALIYUN_REGION ".arms.aliyuncs.com/adapt_" ALIYUN_TOKEN "/api/otlp/traces"
#define USPAN_PROFILE_ALIYUN 1

#endif
