// espidf.cpp: builds the sketch arduino_esp32. It works unchanged, as its functions are declared before use.
#include <Arduino.h>

#include "../../arduino_esp32/arduino_esp32.ino"
