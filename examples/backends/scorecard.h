/* scorecard.h: Scorecard. The project is a resource attribute. */
#ifndef USPAN_BACKEND_SCORECARD_H
#define USPAN_BACKEND_SCORECARD_H

#ifndef SCORECARD_API_KEY
#error "SCORECARD_API_KEY: of the settings page"
#endif
#ifndef SCORECARD_PROJECT_ID
#error "SCORECARD_PROJECT_ID: the project's number"
#endif

#define USPAN_ENDPOINT "https://tracing.scorecard.io/otel/v1/traces"
#define USPAN_HEADERS "Authorization=Bearer%20" SCORECARD_API_KEY
#define USPAN_RESOURCE "scorecard.project_id=" SCORECARD_PROJECT_ID

#endif
