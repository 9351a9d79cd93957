/* flash_model.h: flash with the strictest rules of real ones. A unit is programmed once after an erase. Bits
 * change in one direction only. Power fails at any byte. An interrupted erase leaves any content. One sector
 * can be bad. A caller's mistake fails the test. */
#ifndef FLASH_MODEL_H
#define FLASH_MODEL_H

#include "uspan/spool.h"

#define FLASH_BYTES_MAX (16u * 4096u)
#define FLASH_UNSYNCED_MAX 256u

typedef enum flash_bad {
    FLASH_GOOD,
    FLASH_ERASE_FAILS,
    FLASH_PROGRAM_FAILS,     /* and stores nothing */
    FLASH_PROGRAM_COMPLAINS, /* it stores all, and returns a failure */
    FLASH_PROGRAM_LIES,      /* it stores other bytes, and returns success */
    FLASH_ERASE_LIES,        /* it erases the first half, and returns success */
    FLASH_BAD_COUNT
} flash_bad_t;

typedef struct flash_model {
    uspan_spool_storage_t storage;
    flash_bad_t bad;
    uint32_t bad_sector, bad_from; /* from that operation on */
    unsigned busy;                 /* number of times that an operation must be requested again */
    unsigned asked;
    uint32_t asked_address, asked_len; /* of the requested operation; len 0: an erase */
    uint32_t operations, erases, programmed; /* calls; calls; bytes */
    uint32_t random;
    /* Called before an operation takes effect. len 0: an erase of the sector at that address. */
    void (*before)(struct flash_model *f, uint32_t address, const uint8_t *data, uint32_t len);
    void *before_ctx;
    uint16_t erased_times[256];
    unsigned unsynced; /* programs since the last sync, of a storage that has sync() */
    struct {
        uint32_t address, len;
    } programs[FLASH_UNSYNCED_MAX];
    uint8_t bytes[FLASH_BYTES_MAX];
    uint8_t used[FLASH_BYTES_MAX]; /* 1: programmed since the last erase, or perhaps not erased */
} flash_model_t;

/* Make all of it erased. */
void flash_init(flash_model_t *f, uint32_t sector_bytes, uint16_t sectors, uint8_t unit, uint8_t erased);
/* From now on programs are durable only after storage.sync(), and after an erase. */
void flash_cache(flash_model_t *f);
/* Power fails: of the programs since the last sync, some have left their bytes erased. */
void flash_forget(flash_model_t *f);
/* Make an independent copy. */
void flash_copy(flash_model_t *to, const flash_model_t *from);
/* Power fails in an operation: n bytes are programmed, and some bits of the next one. All of it counts as
 * used. */
void flash_cut_program(flash_model_t *f, uint32_t address, const uint8_t *data, uint32_t len, uint32_t n);
/* Power fails in an erase, which leaves: 0 the old content, 1 erased bytes, 2 half of it, 3 random bytes. */
void flash_cut_erase(flash_model_t *f, uint32_t address, unsigned how);

#endif
