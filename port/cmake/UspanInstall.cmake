# UspanInstall.cmake: `cmake --install`. Then find_package(uspan) gives the same targets as the source tree, and pkg-config the
# same flags.
# Invariant: the settings of the library are installed with it, so that applications are compiled with the same.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/uspan)
set(found_first "") # packages that find_package(uspan) finds first
set(pc_libs "")
foreach(sdk IN LISTS USPAN_NANOPB_TARGET USPAN_MBEDTLS_TARGET)
    get_target_property(is_imported ${sdk} IMPORTED)
    if(NOT is_imported)
        # Targets of other projects are installed by these projects and are not in our export.
        message(STATUS "uspan: no install rules, since ${sdk} is another build's")
        return()
    endif()
    if(sdk MATCHES "^([^:]+)::")
        list(APPEND found_first ${CMAKE_MATCH_1})
    endif()
endforeach()
list(REMOVE_DUPLICATES found_first)

# Each library comes before those that it needs.
foreach(part IN ITEMS mbedtls genai port_posix core)
    if(TARGET uspan_${part})
        string(APPEND pc_libs " -luspan_${part}")
    endif()
endforeach()
if(TARGET uspan_mbedtls_source)
    string(APPEND pc_libs " -luspan_mbedtls_source")
endif()
if(TARGET uspan_mbedtls_system)
    list(APPEND installed uspan_mbedtls_system)
    string(APPEND pc_libs " -lmbedtls -lmbedx509 -lmbedcrypto")
endif()
if(USPAN_NANOPB_LIBRARY)
    string(APPEND pc_libs " -lprotobuf-nanopb")
endif()
if(USPAN_POSIX)
    string(APPEND pc_libs " -pthread")
endif()

install(TARGETS ${installed} EXPORT uspan ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT uspan NAMESPACE uspan:: DESTINATION ${package} FILE uspan-targets.cmake)
install(DIRECTORY ${USPAN_SOURCE_DIR}/core/include/uspan DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/settings/uspan_settings.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(pc_folders "")
file(GLOB ports CONFIGURE_DEPENDS ${USPAN_SOURCE_DIR}/port/*)
foreach(port IN LISTS ports) # also those that are not built here: the application chooses a port
    file(GLOB headers ${port}/uspan_*.h)
    if(headers STREQUAL "")
        continue()
    endif()
    get_filename_component(name ${port} NAME)
    install(FILES ${headers} DESTINATION ${port_headers}/${name})
    if(TARGET uspan_port_${name} OR TARGET uspan_${name})
        string(APPEND pc_folders " -I\${includedir}/uspan_port/${name}")
    endif()
endforeach()
if(TARGET uspan_mbedtls_source)
    install(DIRECTORY ${USPAN_MBEDTLS_FOLDER}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/uspan_mbedtls
            FILES_MATCHING PATTERN "*.h")
    string(APPEND pc_folders " -I\${includedir}/uspan_mbedtls")
    get_target_property(defines uspan_mbedtls_source INTERFACE_COMPILE_DEFINITIONS)
    foreach(define IN LISTS defines)
        if(define)
            string(APPEND pc_folders " -D${define}")
        endif()
    endforeach()
endif()
file(CONFIGURE OUTPUT uspan-config.cmake @ONLY CONTENT [[
# uspan-config.cmake: the targets uspan::core, uspan::genai, uspan::port_posix and uspan::mbedtls, as far as they were built.
# Each is a component.
include(CMakeFindDependencyMacro)
if("@USPAN_POSIX@")
    find_dependency(Threads)
endif()
foreach(uspan_first IN ITEMS @found_first@)
    find_dependency(${uspan_first} CONFIG)
endforeach()
include(${CMAKE_CURRENT_LIST_DIR}/uspan-targets.cmake)
foreach(uspan_one IN LISTS uspan_FIND_COMPONENTS)
    if(TARGET uspan::${uspan_one})
        set(uspan_${uspan_one}_FOUND TRUE)
    elseif(uspan_FIND_REQUIRED_${uspan_one})
        set(uspan_FOUND FALSE)
        set(uspan_NOT_FOUND_MESSAGE "uspan was installed without ${uspan_one}; cure: see USPAN_TLS and USPAN_POSIX of its build")
    endif()
endforeach()
]])
write_basic_package_version_file(uspan-config-version.cmake VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/uspan-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/uspan-config-version.cmake
        DESTINATION ${package})
# Paths are relative to the file's own folder, so that an installed tree may be moved. The flags have no quotes, because the
# result of $(pkg-config ...) does not go through the shell's quoting again.
file(RELATIVE_PATH pc_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
file(CONFIGURE OUTPUT uspan.pc @ONLY CONTENT [[
prefix=${pcfiledir}/@pc_up@
libdir=${prefix}/@CMAKE_INSTALL_LIBDIR@
includedir=${prefix}/@CMAKE_INSTALL_INCLUDEDIR@

Name: uspan
Description: OpenTelemetry tracing for microcontrollers that run AI agents
Version: @PROJECT_VERSION@
Cflags: -I${includedir}@pc_folders@ -include ${includedir}/uspan_settings.h
Libs: -L${libdir}@pc_libs@
]])
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/uspan.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
