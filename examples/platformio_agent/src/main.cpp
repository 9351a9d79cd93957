// main.cpp: builds the sketch with PlatformIO. It works unchanged, as its functions are declared before use.
#include <Arduino.h>

#include "../../arduino_agent/arduino_agent.ino"
