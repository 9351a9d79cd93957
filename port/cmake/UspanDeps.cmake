# UspanDeps.cmake: finds nanopb and mbedTLS. In order: CMake targets of yours, a folder of yours, "system" (the distribution's
# -dev package), port/deps/src. If that is empty, a build that contains uspan uses an existing target, or a package that CMake
# finds. If there is neither, the dependency is fetched: nanopb at once, mbedTLS only if a target links uspan::mbedtls.
set(USPAN_NANOPB_TARGET "" CACHE STRING "Existing CMake target that is nanopb, as an SDK has it")
set(USPAN_NANOPB_DIR "" CACHE STRING "Folder with nanopb's pb.h and pb_*.c, or \"system\"")
set(USPAN_MBEDTLS_TARGET "" CACHE STRING "Existing CMake targets that are mbedTLS, as an SDK has them")
set(USPAN_MBEDTLS_DIR "" CACHE STRING "Folder with mbedTLS's include/ and library/, or \"system\"")
set(USPAN_MBEDTLS_CONFIG "" CACHE STRING "File that replaces mbedTLS's own configuration")
set(USPAN_LWIP_DIR "" CACHE STRING "Folder with lwIP's src/")

# Links SDK targets to ${target}. Its own files get only the headers, definitions and options of these targets, as system
# headers, so uspan's warnings do not apply to them. A user of ${target} links the SDK's targets themselves. If these are
# INTERFACE libraries with sources, the sources are compiled once, in the application. scope: PRIVATE or PUBLIC, for ${target}'s
# own files.
function(uspan_see_sdk target scope)
    foreach(sdk IN LISTS ARGN)
        target_include_directories(${target} SYSTEM ${scope} $<TARGET_PROPERTY:${sdk},INTERFACE_INCLUDE_DIRECTORIES>)
        target_compile_definitions(${target} ${scope} $<TARGET_PROPERTY:${sdk},INTERFACE_COMPILE_DEFINITIONS>)
        target_compile_options(${target} ${scope} $<TARGET_PROPERTY:${sdk},INTERFACE_COMPILE_OPTIONS>)
    endforeach()
endfunction()

function(uspan_link_sdk target)
    uspan_see_sdk(${target} PRIVATE ${ARGN})
    target_link_libraries(${target} INTERFACE ${ARGN})
endfunction()

# Sets the variable ${target} if it is not set and nothing was fetched: to a target with one of the names, or to the package's.
# The package's targets are global from then on.
function(uspan_find_sdk name target folder package)
    if(NOT "${${target}}${${folder}}$ENV{${folder}}" STREQUAL "" OR EXISTS ${USPAN_SOURCE_DIR}/port/deps/src/${name}/.fetched)
        return()
    endif()
    if(CMAKE_SOURCE_DIR STREQUAL USPAN_SOURCE_DIR)
        return() # uspan's own build uses its pinned sources
    endif()
    foreach(there IN LISTS ARGN)
        if(TARGET ${there})
            message(STATUS "uspan: ${name} is the target ${there} of this build; ${target} chooses another")
            set(${target} ${there} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    find_package(${package} CONFIG QUIET)
    # Make all targets of the package global, because other targets need some of them.
    get_property(imported DIRECTORY ${USPAN_SOURCE_DIR} PROPERTY IMPORTED_TARGETS)
    foreach(there IN LISTS imported)
        set_target_properties(${there} PROPERTIES IMPORTED_GLOBAL ON)
    endforeach()
    foreach(there IN LISTS ARGN)
        if(TARGET ${there})
            message(STATUS "uspan: ${name} is the package ${package}; ${target} or ${folder} chooses another")
            set(${target} ${there} PARENT_SCOPE)
            return()
        endif()
    endforeach()
endfunction()

# The folder of a dependency into ${out}: from the variable, from the environment, or the fetched one.
function(uspan_dep name variable proof out)
    set(folder "${${variable}}")
    if(folder STREQUAL "" AND DEFINED ENV{${variable}})
        set(folder "$ENV{${variable}}")
    endif()
    if(folder STREQUAL "")
        set(folder ${USPAN_SOURCE_DIR}/port/deps/src/${name})
        if(NOT EXISTS ${folder}/.fetched)
            message(STATUS "uspan: ${name} is not here and is fetched; ${variable} set to a folder with it avoids that")
            execute_process(COMMAND ${USPAN_SOURCE_DIR}/port/deps/fetch.sh ${name} RESULT_VARIABLE failed)
            if(failed)
                message(FATAL_ERROR "${name} is not here; set ${variable}, or see port/deps/fetch.sh's words above.")
            endif()
        endif()
    endif()
    if(NOT EXISTS ${folder}/${proof})
        message(FATAL_ERROR "${variable}: there is no ${proof} in ${folder}.")
    endif()
    set(${out} ${folder} PARENT_SCOPE)
endfunction()

# nanopb's runtime and our generated code, as objects that uspan_core contains. uspan's warnings do not apply to them.
function(uspan_add_proto)
    uspan_find_sdk(nanopb USPAN_NANOPB_TARGET USPAN_NANOPB_DIR nanopb nanopb::protobuf-nanopb-static nanopb::nanopb
                   protobuf-nanopb-static)
    set(USPAN_NANOPB_TARGET "${USPAN_NANOPB_TARGET}" PARENT_SCOPE)
    file(GLOB gen CONFIGURE_DEPENDS ${USPAN_SOURCE_DIR}/proto/gen/*.pb.c)
    add_library(uspan_proto OBJECT ${gen})
    target_compile_features(uspan_proto PUBLIC c_std_11)
    set_target_properties(uspan_proto PROPERTIES POSITION_INDEPENDENT_CODE ${USPAN_PIC})
    target_include_directories(uspan_proto SYSTEM PUBLIC $<BUILD_INTERFACE:${USPAN_SOURCE_DIR}/proto/gen>)
    if(NOT USPAN_NANOPB_TARGET STREQUAL "")
        uspan_see_sdk(uspan_proto PUBLIC ${USPAN_NANOPB_TARGET})
    elseif(USPAN_NANOPB_DIR STREQUAL "system")
        find_path(USPAN_NANOPB_INCLUDE pb_encode.h PATH_SUFFIXES nanopb REQUIRED)
        find_library(USPAN_NANOPB_LIBRARY protobuf-nanopb REQUIRED)
        target_include_directories(uspan_proto SYSTEM PUBLIC $<BUILD_INTERFACE:${USPAN_NANOPB_INCLUDE}>)
        target_link_libraries(uspan_proto PUBLIC ${USPAN_NANOPB_LIBRARY})
    else()
        uspan_dep(nanopb USPAN_NANOPB_DIR pb_encode.c nanopb)
        target_sources(uspan_proto PRIVATE ${nanopb}/pb_common.c ${nanopb}/pb_encode.c ${nanopb}/pb_decode.c)
        target_include_directories(uspan_proto SYSTEM PUBLIC $<BUILD_INTERFACE:${nanopb}>)
        # Both save flash, because uspan encodes to and decodes from buffers only. They change pb.h's structs for every user.
        target_compile_definitions(uspan_proto PUBLIC PB_BUFFER_ONLY=1 PB_NO_ERRMSG=1 PB_SYSTEM_HEADER="uspan_pb.h")
        target_include_directories(uspan_proto SYSTEM PUBLIC $<BUILD_INTERFACE:${USPAN_SOURCE_DIR}/proto>)
    endif()
endfunction()

# mbedTLS's sources in a folder, into ${out}.
function(uspan_mbedtls_files folder out)
    file(GLOB sources ${folder}/library/*.c ${folder}/3rdparty/everest/library/*.c
         ${folder}/3rdparty/p256-m/*.c ${folder}/3rdparty/p256-m/p256-m/*.c)
    # Everest's other variants are #included by the file that chooses one.
    list(FILTER sources EXCLUDE REGEX "everest/library/(Hacl_Curve25519|legacy/.*)\\.c$")
    set(${out} "${sources}" PARENT_SCOPE)
endfunction()

# mbedTLS built from a source folder as target ${target}.
function(uspan_add_mbedtls_source target folder)
    uspan_mbedtls_files(${folder} sources)
    if(sources STREQUAL "") # they are added when they have been fetched
        set(sources ${USPAN_SOURCE_DIR}/port/cmake/empty.c)
    endif()
    add_library(${target} STATIC EXCLUDE_FROM_ALL ${sources})
    target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${folder}/include>
                               $<INSTALL_INTERFACE:include/uspan_mbedtls>)
    set(USPAN_MBEDTLS_FOLDER ${folder} PARENT_SCOPE)
    target_include_directories(${target} PRIVATE ${folder}/library ${folder}/3rdparty/everest/include
                               ${folder}/3rdparty/everest/include/everest
                               ${folder}/3rdparty/everest/include/everest/kremlib ${folder}/3rdparty/p256-m
                               ${folder}/3rdparty/p256-m/p256-m/include ${folder}/3rdparty/p256-m/p256-m)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ${USPAN_PIC})
    if(CMAKE_BUILD_TYPE STREQUAL "" OR CMAKE_BUILD_TYPE STREQUAL "Debug")
        target_compile_options(${target} PRIVATE -O1) # its big-number code at -O0 makes handshakes very slow
    endif()
    target_compile_options(${target} PRIVATE -w)
    if(NOT USPAN_MBEDTLS_CONFIG STREQUAL "")
        target_compile_definitions(${target} PUBLIC MBEDTLS_CONFIG_FILE="${USPAN_MBEDTLS_CONFIG}")
    endif()
endfunction()

# The targets of a folder and of those below it, that are not in uspan's, and link a library whose name matches.
function(uspan_targets_that_link pattern folder out)
    set(found "")
    if(NOT folder STREQUAL USPAN_SOURCE_DIR)
        get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
        foreach(target IN LISTS targets)
            get_target_property(private ${target} LINK_LIBRARIES)
            get_target_property(public ${target} INTERFACE_LINK_LIBRARIES)
            if("${private};${public}" MATCHES "${pattern}")
                list(APPEND found ${target})
            endif()
        endforeach()
        get_property(below DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
        foreach(one IN LISTS below)
            uspan_targets_that_link("${pattern}" ${one} more)
            list(APPEND found ${more})
        endforeach()
    endif()
    set(${out} "${found}" PARENT_SCOPE)
endfunction()

# Called when the complete build is configured: fetches mbedTLS if a target links uspan::mbedtls.
function(uspan_fetch_linked_mbedtls USPAN_SOURCE_DIR)
    uspan_targets_that_link("uspan(::|_)mbedtls" ${CMAKE_SOURCE_DIR} users)
    if(NOT "${users}" STREQUAL "")
        message(STATUS "uspan: ${users} links uspan::mbedtls")
        uspan_dep(mbedtls USPAN_MBEDTLS_DIR library/ssl_tls.c folder)
        uspan_mbedtls_files(${folder} sources)
        target_sources(uspan_mbedtls_source PRIVATE ${sources})
    endif()
endfunction()

# The mbedTLS that uspan_mbedtls links, as ${out}.
function(uspan_add_mbedtls out)
    uspan_find_sdk(mbedtls USPAN_MBEDTLS_TARGET USPAN_MBEDTLS_DIR MbedTLS MbedTLS::mbedtls mbedtls)
    set(USPAN_MBEDTLS_TARGET "${USPAN_MBEDTLS_TARGET}" PARENT_SCOPE)
    if(NOT USPAN_MBEDTLS_TARGET STREQUAL "")
        set(${out} ${USPAN_MBEDTLS_TARGET} PARENT_SCOPE)
        return()
    endif()
    if(USPAN_MBEDTLS_DIR STREQUAL "system")
        find_path(USPAN_MBEDTLS_INCLUDE mbedtls/ssl.h REQUIRED)
        add_library(uspan_mbedtls_system INTERFACE)
        foreach(part IN ITEMS mbedtls mbedx509 mbedcrypto)
            find_library(USPAN_LIB_${part} ${part} REQUIRED)
            target_link_libraries(uspan_mbedtls_system INTERFACE ${USPAN_LIB_${part}})
        endforeach()
        target_include_directories(uspan_mbedtls_system SYSTEM INTERFACE ${USPAN_MBEDTLS_INCLUDE})
        set(${out} uspan_mbedtls_system PARENT_SCOPE)
        return()
    endif()
    set(folder ${USPAN_SOURCE_DIR}/port/deps/src/mbedtls)
    if(NOT "${USPAN_MBEDTLS_DIR}$ENV{USPAN_MBEDTLS_DIR}" STREQUAL "" OR EXISTS ${folder}/.fetched OR top_level OR USPAN_INSTALL OR
       USPAN_EXAMPLES OR USPAN_TESTS)
        uspan_dep(mbedtls USPAN_MBEDTLS_DIR library/ssl_tls.c folder)
    else() # in another project's build only what is linked is needed
        cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]] CALL uspan_fetch_linked_mbedtls
                                                 [[${USPAN_SOURCE_DIR}]])")
    endif()
    uspan_add_mbedtls_source(uspan_mbedtls_source ${folder})
    set(USPAN_MBEDTLS_FOLDER ${folder} PARENT_SCOPE)
    set(${out} uspan_mbedtls_source PARENT_SCOPE)
endfunction()
