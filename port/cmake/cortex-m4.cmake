# cortex-m4.cmake: toolchain file for a bare Cortex-M4 without its floating-point unit.
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m3.cmake)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m4 -mthumb -ffunction-sections -fdata-sections")
