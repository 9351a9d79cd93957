# pico.cmake: uspan in a build of the Raspberry Pi Pico SDK. The root CMakeLists.txt includes it if pico_sdk_init() has run.
# Targets: uspan::pico, the port; uspan::pico_lwip, the transport over pico_lwip; uspan::pico_mbedtls, TLS over pico_mbedtls;
# with FreeRTOS uspan::port_lwip_sockets, the transport over lwIP's sockets, and with USPAN_FREERTOS_TARGET
# uspan::port_freertos.
# Function: uspan_pico_image(), which checks the stack and writes a UF2.
# Invariant: those targets are INTERFACE targets, compiled with the application's options. They link only what core needs of the
# SDK. lwIP, mbedTLS and their configuration belong to the application, so nothing of the SDK is compiled twice.
set(uspan_pico_dir ${CMAKE_CURRENT_LIST_DIR})

foreach(target IN ITEMS uspan_proto uspan_core uspan_genai) # the SDK links only functions that are called
    target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
endforeach()

function(uspan_pico_target name)
    add_library(uspan_${name} INTERFACE)
    add_library(uspan::${name} ALIAS uspan_${name})
    target_sources(uspan_${name} INTERFACE ${ARGN})
    target_link_libraries(uspan_${name} INTERFACE uspan_core)
endfunction()

uspan_pico_target(pico ${uspan_pico_dir}/port.c)
target_include_directories(uspan_pico INTERFACE ${uspan_pico_dir})
target_link_libraries(uspan_pico INTERFACE hardware_sync pico_rand pico_time)

file(GLOB sources CONFIGURE_DEPENDS ${USPAN_SOURCE_DIR}/port/lwip/*.c)
uspan_pico_target(pico_lwip ${sources} ${uspan_pico_dir}/lwip_lock.c)
target_include_directories(uspan_pico_lwip INTERFACE ${USPAN_SOURCE_DIR}/port/lwip ${uspan_pico_dir})

file(GLOB sources CONFIGURE_DEPENDS ${USPAN_SOURCE_DIR}/port/mbedtls/*.c)
list(FILTER sources EXCLUDE REGEX "/uspan_posix_[^/]*$")
uspan_pico_target(pico_mbedtls ${sources})
target_include_directories(uspan_pico_mbedtls INTERFACE ${USPAN_SOURCE_DIR}/port/mbedtls)
set(USPAN_PICO_MBEDTLS_TARGET pico_mbedtls CACHE STRING "mbedTLS of uspan::pico_mbedtls; empty: the application links its own")
if(TARGET "${USPAN_PICO_MBEDTLS_TARGET}")
    target_link_libraries(uspan_pico_mbedtls INTERFACE ${USPAN_PICO_MBEDTLS_TARGET})
endif()

# With pico_lwip_freertos and its socket API. The exporting task is in uspan::port_freertos.
uspan_pico_target(port_lwip_sockets ${USPAN_SOURCE_DIR}/port/posix/tcp.c ${USPAN_SOURCE_DIR}/port/posix/lookup_lwip.c)
target_include_directories(uspan_port_lwip_sockets INTERFACE ${USPAN_SOURCE_DIR}/port/posix)
target_compile_definitions(uspan_port_lwip_sockets INTERFACE USPAN_SOCKETS_LWIP=1)
include(UspanFreertos)

# Call it after the last target_link_libraries(). It compares the stack of core 0 with what is linked, prints flash and RAM, and
# writes target.uf2 without picotool.
function(uspan_pico_image target)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    target_link_options(${target} PRIVATE -Wl,-Map=${target}.map)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/image.py)
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM
                       COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:${target}> ${target}.bin
                       COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/image.py $<TARGET_FILE:${target}>
                               ${target}.bin ${target}.uf2)
endfunction()
