# FindThreads.cmake: the SDK has none.
message(FATAL_ERROR "Could NOT find Threads (missing: Threads_FOUND)")
