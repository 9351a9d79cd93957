/* settings.h: settings of an image that are not compiled in: "name=value" texts, each ended by 0, an empty
 * one at the end, in the last 4 KB of the first 2 MB of flash. image.py puts them into a UF2. */
#ifndef USPAN_PICO_SETTINGS_H
#define USPAN_PICO_SETTINGS_H

/* The value of a setting, in flash; otherwise where there is none. */
const char *setting(const char *name, const char *otherwise);

#endif
