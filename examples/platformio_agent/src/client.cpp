// client.cpp: builds the sketch arduino_agent. It works unchanged, as its functions are declared before use.
#include <Arduino.h>
#include <WiFi.h> // PlatformIO looks for libraries in the includes of this file, not in the sketch's
#include <WiFiClientSecure.h>
#include <uspan_arduino.h>

#include "../../arduino_agent/arduino_agent.ino"
