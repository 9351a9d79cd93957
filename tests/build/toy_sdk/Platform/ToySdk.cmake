# ToySdk.cmake: like the Raspberry Pi Pico SDK's platform file: UNIX is true, and there are no threads.
include(Platform/UnixPaths)
set(UNIX 1)
