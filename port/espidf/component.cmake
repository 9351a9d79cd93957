# component.cmake: uspan as a component of ESP-IDF 5 and 6. The root CMakeLists.txt includes it there.
# uspan does not contain nanopb's runtime. USPAN_NANOPB_DIR (CMake or environment) names its folder. The default is
# port/deps/src/nanopb, where `sh port/deps/fetch.sh nanopb` puts it.
set(uspan ${CMAKE_CURRENT_LIST_DIR}/../..)
set(nanopb "${USPAN_NANOPB_DIR}")
if(nanopb STREQUAL "" AND DEFINED ENV{USPAN_NANOPB_DIR})
    set(nanopb "$ENV{USPAN_NANOPB_DIR}")
endif()
if(nanopb STREQUAL "")
    set(nanopb ${uspan}/port/deps/src/nanopb)
endif()
if(NOT EXISTS ${nanopb}/pb_encode.c)
    message(FATAL_ERROR "uspan: nanopb is not in ${nanopb}. Run `sh port/deps/fetch.sh nanopb` there, or set USPAN_NANOPB_DIR.")
endif()
file(GLOB uspan_sources ${uspan}/core/trace/*.c ${uspan}/core/export/*.c ${uspan}/core/json/*.c ${uspan}/core/genai/*.c
     ${uspan}/core/wire/*.c ${uspan}/proto/gen/*.pb.c ${uspan}/port/espidf/*.c)
list(APPEND uspan_sources ${uspan}/port/posix/tcp.c ${uspan}/port/freertos/exporter.c ${nanopb}/pb_common.c
     ${nanopb}/pb_encode.c ${nanopb}/pb_decode.c)
if(IDF_TARGET STREQUAL "linux") # its sockets are the host's, and its tasks cannot start threads
    list(APPEND uspan_sources ${uspan}/port/posix/lookup_addresses.c ${uspan}/port/posix/lookup_wait.c)
    set(uspan_sockets USPAN_SOCKETS_THREADS=0)
else()
    list(APPEND uspan_sources ${uspan}/port/posix/lookup_lwip.c)
    set(uspan_sockets USPAN_SOCKETS_LWIP=1)
endif()
idf_component_register(SRCS ${uspan_sources}
    INCLUDE_DIRS ${uspan}/core/include ${uspan}/port/espidf ${uspan}/port/freertos ${uspan}/port/posix ${uspan}/port/kconfig
                 ${uspan}/port/flash ${uspan}/examples
    PRIV_INCLUDE_DIRS ${uspan}/core ${uspan}/proto ${uspan}/proto/gen ${nanopb}
    REQUIRES esp_http_client esp_partition
    PRIV_REQUIRES esp-tls mbedtls nvs_flash esp_timer lwip
    KCONFIG ${uspan}/port/espidf/Kconfig)
target_compile_definitions(${COMPONENT_LIB} PUBLIC USPAN_USER_CONFIG="uspan_espidf_config.h"
                           PRIVATE PB_BUFFER_ONLY=1 PB_NO_ERRMSG=1)
if(EXISTS ${uspan}/proto/uspan_pb.h) # different names, so that another nanopb can be linked too
    target_compile_definitions(${COMPONENT_LIB} PRIVATE PB_SYSTEM_HEADER="uspan_pb.h")
endif()
target_compile_definitions(${COMPONENT_LIB} PRIVATE ${uspan_sockets})
