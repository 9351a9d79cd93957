/* braintrust.h: Braintrust. BRAINTRUST_PARENT says where traces go: project_id:ID, project_name:NAME or
 * experiment_id:ID. */
#ifndef USPAN_BACKEND_BRAINTRUST_H
#define USPAN_BACKEND_BRAINTRUST_H

#ifndef BRAINTRUST_API_KEY
#error "BRAINTRUST_API_KEY: of the organisation's settings"
#endif
#ifndef BRAINTRUST_PARENT
#error "BRAINTRUST_PARENT: such as project_name:greenhouse"
#endif

#ifndef BRAINTRUST_URL
#define BRAINTRUST_URL "https://api.braintrust.dev" /* EU: https://api-eu.braintrust.dev */
#endif
#define USPAN_ENDPOINT BRAINTRUST_URL "/otel/v1/traces"
#define USPAN_HEADERS "Authorization=Bearer%20" BRAINTRUST_API_KEY ",x-bt-parent=" BRAINTRUST_PARENT

#endif
