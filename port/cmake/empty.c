/* empty.c: stands in for a library whose sources are not in this tree. */
typedef int uspan_empty_t;
