# ToySdk.cmake: as the Raspberry Pi Pico SDK's platform file does it: UNIX is true, and there are no threads.
include(Platform/UnixPaths)
set(UNIX 1)
