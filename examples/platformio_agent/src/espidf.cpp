// espidf.cpp: builds the sketch arduino_esp32. It works unchanged, as its functions are declared before use.
#include <Arduino.h>
#include <WiFi.h> // PlatformIO looks for libraries in the includes of this file, not in the sketch's
#include <uspan_arduino.h>

#include "../../arduino_esp32/arduino_esp32.ino"
