// client.cpp: builds the sketch arduino_agent. It works unchanged, as its functions are declared before use.
#include <Arduino.h>

#include "../../arduino_agent/arduino_agent.ino"
