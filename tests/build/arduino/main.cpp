/* main.cpp: what an Arduino core is around a sketch: it runs for 20 seconds, or until USPAN_TEST_DONE is a file. */
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
