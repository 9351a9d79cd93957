/* protobuf.c: the one copy of protobuf.h's functions where size counts. */
#define USPAN_IN_PROTOBUF
#include "export/protobuf.h"

typedef int uspan_protobuf_unused; /* where speed counts, the header has all of it */
