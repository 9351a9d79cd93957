/* settings.h: settings of an image that are not compiled in. They are "name=value" texts in the last 4 KB of
 * the first 2 MB of flash. A 0 ends each, and an empty text ends the list. image.py puts them into a UF2. */
#ifndef USPAN_PICO_SETTINGS_H
#define USPAN_PICO_SETTINGS_H

/* Returns the value of a setting, which stays in flash. If there is no such setting, returns `otherwise`. */
const char *setting(const char *name, const char *otherwise);

#endif
