# UspanSockets.cmake: uspan::port_sockets, only the TCP transport of port/posix, for a port of your own on a system with BSD
# sockets.
# It is compiled in the target that links it.
# Invariant: it needs nothing of uspan::port_posix. Without USPAN_SOCKETS_THREADS it needs no threads.
set(sockets tcp.c lookup_addresses.c)
if(USPAN_SOCKETS_THREADS)
    list(APPEND sockets lookup.c forks.c)
else()
    list(APPEND sockets lookup_wait.c)
endif()
list(TRANSFORM sockets PREPEND ${USPAN_SOURCE_DIR}/port/posix/)
add_library(uspan_port_sockets STATIC EXCLUDE_FROM_ALL ${sockets})
add_library(uspan::port_sockets ALIAS uspan_port_sockets)
uspan_own(uspan_port_sockets)
set_target_properties(uspan_port_sockets PROPERTIES POSITION_INDEPENDENT_CODE ${USPAN_PIC})
target_include_directories(uspan_port_sockets PUBLIC ${USPAN_SOURCE_DIR}/port/posix)
uspan_over_core(uspan_port_sockets)
if(USPAN_SOCKETS_THREADS)
    find_package(Threads REQUIRED)
    target_link_libraries(uspan_port_sockets PUBLIC Threads::Threads)
else()
    target_compile_definitions(uspan_port_sockets PRIVATE USPAN_SOCKETS_THREADS=0)
endif()
