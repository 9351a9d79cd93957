# toy_sdk.cmake: lwIP and mbedTLS in the form of SDKs: INTERFACE libraries with sources, over other INTERFACE libraries with the
# headers, with the application's own configuration. TOY_LWIP, TOY_MBEDTLS: folders of their sources.
add_library(toy_headers INTERFACE)
target_include_directories(toy_headers INTERFACE ${CMAKE_CURRENT_LIST_DIR}/config ${TOY_LWIP}/src/include ${TOY_MBEDTLS}/include
                           ${USPAN}/port/lwip)
target_compile_definitions(toy_headers INTERFACE MBEDTLS_CONFIG_FILE="toy_mbedtls_config.h" TOY_SDK=1)
target_compile_options(toy_headers INTERFACE -fno-common)

file(GLOB sources ${TOY_LWIP}/src/core/*.c ${TOY_LWIP}/src/core/ipv4/*.c ${TOY_LWIP}/src/netif/ethernet.c
     ${TOY_LWIP}/src/apps/sntp/sntp.c)
add_library(toy_lwip INTERFACE)
target_sources(toy_lwip INTERFACE ${sources})
target_link_libraries(toy_lwip INTERFACE toy_headers)

file(GLOB sources ${TOY_MBEDTLS}/library/*.c)
add_library(toy_mbedtls INTERFACE)
target_sources(toy_mbedtls INTERFACE ${sources})
target_include_directories(toy_mbedtls INTERFACE ${TOY_MBEDTLS}/library)
target_link_libraries(toy_mbedtls INTERFACE toy_headers)

file(GLOB sources ${TOY_NANOPB}/pb_*.c)
add_library(toy_nanopb INTERFACE)
target_sources(toy_nanopb INTERFACE ${sources})
target_include_directories(toy_nanopb INTERFACE ${TOY_NANOPB})
