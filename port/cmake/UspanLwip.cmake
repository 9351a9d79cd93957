# UspanLwip.cmake: lwIP, and uspan::port_lwip over it. lwIP cannot be compiled without the application's lwipopts.h, so nothing
# is built until one is named.
set(USPAN_LWIP_TARGET "" CACHE STRING "Existing CMake targets that are lwIP, as an SDK has them")
set(USPAN_LWIP_OPTIONS_DIR "" CACHE PATH "Folder with lwipopts.h and arch/: lwIP is built from USPAN_LWIP_DIR, or fetched")

# lwIP's core, IPv4, IPv6, Ethernet and SNTP as target ${target}, from a source folder, with the lwipopts.h of ${options}.
function(uspan_add_lwip_source target folder options)
    file(GLOB sources ${folder}/src/core/*.c ${folder}/src/core/ipv4/*.c ${folder}/src/core/ipv6/*.c
         ${folder}/src/netif/ethernet.c ${folder}/src/apps/sntp/sntp.c)
    add_library(${target} STATIC EXCLUDE_FROM_ALL ${sources} ${ARGN})
    target_include_directories(${target} SYSTEM PUBLIC ${options} ${folder}/src/include
                               ${USPAN_SOURCE_DIR}/port/lwip) # uspan_lwip_sntp.h, for lwipopts.h
    target_compile_features(${target} PUBLIC c_std_11)
    target_compile_options(${target} PRIVATE -w) # uspan's warnings do not apply to other projects' code
endfunction()

# The transport and SNTP's clock over the lwIP that is ${lwip}, as target ${target}.
function(uspan_add_port_lwip target lwip)
    file(GLOB sources CONFIGURE_DEPENDS ${USPAN_SOURCE_DIR}/port/lwip/*.c)
    add_library(${target} STATIC EXCLUDE_FROM_ALL ${sources})
    uspan_own(${target})
    target_include_directories(${target} PUBLIC ${USPAN_SOURCE_DIR}/port/lwip)
    uspan_over_core(${target})
    uspan_link_sdk(${target} ${lwip})
endfunction()

# The transport over the socket API of the lwIP that is ${lwip}, as target ${target}: port/posix's, built for it.
function(uspan_add_port_lwip_sockets target lwip)
    add_library(${target} STATIC EXCLUDE_FROM_ALL ${USPAN_SOURCE_DIR}/port/posix/tcp.c
                ${USPAN_SOURCE_DIR}/port/posix/lookup_lwip.c)
    uspan_own(${target})
    target_compile_definitions(${target} PRIVATE USPAN_SOCKETS_LWIP=1)
    target_include_directories(${target} PUBLIC ${USPAN_SOURCE_DIR}/port/posix)
    uspan_over_core(${target})
    uspan_link_sdk(${target} ${lwip})
endfunction()

if(NOT USPAN_LWIP_TARGET STREQUAL "")
    uspan_add_port_lwip(uspan_port_lwip ${USPAN_LWIP_TARGET})
    uspan_add_port_lwip_sockets(uspan_port_lwip_sockets ${USPAN_LWIP_TARGET}) # compiled in the target that links it
    add_library(uspan::port_lwip_sockets ALIAS uspan_port_lwip_sockets)
elseif(NOT USPAN_LWIP_OPTIONS_DIR STREQUAL "")
    uspan_dep(lwip USPAN_LWIP_DIR src/core/tcp.c lwip)
    uspan_add_lwip_source(uspan_lwip_source ${lwip} ${USPAN_LWIP_OPTIONS_DIR})
    uspan_add_port_lwip(uspan_port_lwip uspan_lwip_source)
endif()
if(TARGET uspan_port_lwip)
    add_library(uspan::port_lwip ALIAS uspan_port_lwip)
endif()
