# toolchain.cmake: cross-compiling as in an SDK. The compiler is the host's, so that the programs can run.
set(CMAKE_SYSTEM_NAME ToySdk)
set(CMAKE_C_COMPILER gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR}) # Platform/ToySdk.cmake, and a FindThreads.cmake that fails
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CMAKE_MODULE_PATH)
