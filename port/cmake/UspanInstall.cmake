# UspanInstall.cmake: `cmake --install`, after which find_package(uspan) gives the same targets as the source tree.
# Invariant: the settings that the library was built with are installed beside it, so that applications see the same.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/uspan)
if(TARGET uspan_mbedtls_system OR NOT USPAN_NANOPB_TARGET STREQUAL "" OR NOT USPAN_MBEDTLS_TARGET STREQUAL "")
    # What others made, others install: their targets have no place in our export.
    message(STATUS "uspan: no install rules, since nanopb or mbedTLS is another build's")
    return()
endif()
install(TARGETS ${installed} EXPORT uspan ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT uspan NAMESPACE uspan:: DESTINATION ${package} FILE uspan-targets.cmake)
install(DIRECTORY ${USPAN_SOURCE_DIR}/core/include/uspan DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/settings/uspan_settings.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
foreach(port IN ITEMS posix mbedtls)
    file(GLOB headers ${USPAN_SOURCE_DIR}/port/${port}/uspan_*.h)
    install(FILES ${headers} DESTINATION ${port_headers}/${port})
endforeach()
if(TARGET uspan_mbedtls_source)
    install(DIRECTORY ${USPAN_MBEDTLS_FOLDER}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/uspan_mbedtls
            FILES_MATCHING PATTERN "*.h")
endif()
file(CONFIGURE OUTPUT uspan-config.cmake @ONLY CONTENT [[
# uspan-config.cmake: targets uspan::core, uspan::genai, uspan::port_posix, uspan::mbedtls.
include(CMakeFindDependencyMacro)
if(UNIX)
    find_dependency(Threads)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/uspan-targets.cmake)
]])
write_basic_package_version_file(uspan-config-version.cmake VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/uspan-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/uspan-config-version.cmake
        DESTINATION ${package})
