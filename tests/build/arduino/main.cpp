/* main.cpp: runs a sketch like an Arduino core, for 20 seconds or until the file USPAN_TEST_DONE exists. */
#include <Arduino.h>
#include <cstdlib>
#include <unistd.h>
void setup();
void loop();
int main()
{
    const unsigned long end = millis() + 20000;
    setup();
    while (millis() < end && access(std::getenv("USPAN_TEST_DONE"), F_OK) != 0) {
        loop();
    }
    return 0;
}
