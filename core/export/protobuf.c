/* protobuf.c: the single copy of the functions of protobuf.h if compiled for size. */
#define USPAN_IN_PROTOBUF
#include "export/protobuf.h"

typedef int uspan_protobuf_unused; /* if compiled for speed, the header has all of it */
