/* spool_scan.h: finds the records of the spool's log. Private to core. */
#ifndef USPAN_EXPORT_SPOOL_SCAN_H
#define USPAN_EXPORT_SPOOL_SCAN_H

#include "export/spool_format.h"

/* Find what a storage holds. Writes nothing. Returns: 0; USPAN_SPOOL_BUSY; USPAN_ERR_ARG: the geometry
 * cannot be used; USPAN_ERR_REFUSED: it holds a log of another format. Reads the header of each sector, and
 * one sector. */
int uspan_spool_log_mount(uspan_spool_log_t *log, const uspan_spool_storage_t *storage);
/* Find the next span after a place, and move the place after it. Returns: 0; USPAN_SPOOL_BUSY;
 * USPAN_SPOOL_GAP: the record at the place is missing or damaged, and r->number is the next one;
 * USPAN_SPOOL_NONE. After a gap, the caller sets place->number to r->number. */
int uspan_spool_log_next(const uspan_spool_log_t *log, uspan_spool_place_t *place, uspan_spool_record_t *r);
/* Find the BOOT record of a boot. Its data starts with the number of the boot. Returns: 0; USPAN_SPOOL_BUSY;
 * USPAN_SPOOL_NONE. r->number: if it is below USPAN_SPOOL_AHEAD, the record is in the sector that many after
 * the one that is being written. */
int uspan_spool_log_find_boot(const uspan_spool_log_t *log, uint32_t boot, uspan_spool_record_t *r);
/* CRC-32 (IEEE 802.3), without its initial and final inversion. */
uint32_t uspan_spool_crc(uint32_t crc, const uint8_t *data, uint32_t len);
/* Read the header of a sector. Returns: 0; USPAN_SPOOL_BUSY; USPAN_SPOOL_NONE: it has none;
 * USPAN_ERR_REFUSED: it has one of another format. */
int uspan_spool_read_header(const uspan_spool_log_t *log, uint32_t sector, uspan_spool_header_t *h);
/* Find the BOOT record of a boot among the first records of a sector with that number. Returns as
 * uspan_spool_log_find_boot(). */
int uspan_spool_find_boot_in(const uspan_spool_log_t *log, uint32_t sector, uint32_t sequence, uint32_t boot,
                             uspan_spool_record_t *r);

#endif
