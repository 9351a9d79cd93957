/* cyw43_country.h: declared, as cyw43.h beside it. */
#ifndef CYW43_COUNTRY_H
#define CYW43_COUNTRY_H

#define CYW43_COUNTRY_WORLDWIDE 0x5858u

#endif
