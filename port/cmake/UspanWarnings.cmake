# UspanWarnings.cmake: the warnings for uspan's own targets. They never apply to dependencies or to a user's targets.
set(USPAN_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wundef -Wshadow -Wvla)
set(USPAN_WARNINGS_C ${USPAN_WARNINGS} -Wmissing-prototypes -Wstrict-prototypes)

function(uspan_own target)
    target_compile_features(${target} PUBLIC c_std_11)
    # KEY macros are GNU statement expressions behind __extension__, which -std=c11 accepts.
    set_target_properties(${target} PROPERTIES C_EXTENSIONS OFF C_STANDARD_REQUIRED ON)
    if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
        target_compile_options(${target} PRIVATE ${USPAN_WARNINGS_C})
        if(USPAN_WERROR)
            target_compile_options(${target} PRIVATE -Werror)
        endif()
    endif()
endfunction()
