// main.cpp: a sketch is C++ with its declarations in order, so it is a PlatformIO program as it stands.
#include <Arduino.h>

#include "../../arduino_agent/arduino_agent.ino"
