/* test_spool_storages.c: the storages of port/flash, and the file storage. Fakes of the SDKs' interfaces use
 * one flash that can only clear bits. Each storage keeps records over a reset and returns failures to its
 * caller.
 * uspan-config: USPAN_SPOOL=1 */
#define _GNU_SOURCE /* MAP_32BIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "export/spool_log.h"
#include "stm32_flash.h"
#include "../../port/flash/uspan_spool_stm32.h"
#undef FLASH_PAGE_SIZE
#include "../../port/flash/uspan_spool_esp.h"
#include "../../port/flash/uspan_spool_lfs.h"
#include "../../port/flash/uspan_spool_pico.h"
#include "../../port/flash/uspan_spool_zephyr.h"
#include "uspan_spool_file.h"

#define FLASH_BYTES (8u * 4096u)

/* ---- the flash behind the SDKs ------------------------------------------------------------------------- */

uint8_t sdk_flash[FLASH_BYTES];
static uint8_t *low_flash; /* at a 32-bit address */
static unsigned locked, failing, masked;

static bool fails(void)
{
    return failing > 0u && --failing == 0u;
}

static int program(uint8_t *flash, size_t at, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    assert_true(at + len <= FLASH_BYTES);
    for (size_t i = 0; i < len; i++) {
        flash[at + i] &= bytes[i];
    }
    return fails() ? -1 : 0;
}

static int erase(uint8_t *flash, size_t at, size_t len)
{
    assert_true(at + len <= FLASH_BYTES && at % 2048u == 0u && len % 2048u == 0u);
    memset(flash + at, 0xFF, len);
    return fails() ? -1 : 0;
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t src_offset, void *dst, size_t size)
{
    assert_true(src_offset + size <= partition->size);
    memcpy(dst, sdk_flash + src_offset, size);
    return ESP_OK;
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t dst_offset, const void *src,
                              size_t size)
{
    assert_true(!partition->encrypted || (dst_offset % 16u == 0u && size % 16u == 0u));
    return program(sdk_flash, dst_offset, src, size);
}

esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size)
{
    assert_true(offset + size <= partition->size && offset % 4096u == 0u && size % 4096u == 0u);
    return erase(sdk_flash, offset, size);
}

uint32_t save_and_disable_interrupts(void)
{
    masked++;
    return 5u;
}

void restore_interrupts(uint32_t status)
{
    assert_int_equal(status, 5);
    masked--;
}

void flash_range_erase(uint32_t flash_offs, size_t count)
{
    assert_int_equal(masked, 1);
    assert_true(flash_offs % 4096u == 0u && count % 4096u == 0u);
    (void)erase(sdk_flash, flash_offs, count);
}

void flash_range_program(uint32_t flash_offs, const uint8_t *data, size_t count)
{
    assert_int_equal(masked, 1);
    assert_true(flash_offs % FLASH_PAGE_SIZE == 0u && count % FLASH_PAGE_SIZE == 0u);
    (void)program(sdk_flash, flash_offs, data, count);
}

int flash_area_read(const struct flash_area *fa, off_t off, void *dst, size_t len)
{
    assert_true((size_t)off + len <= fa->fa_size);
    memcpy(dst, sdk_flash + off, len);
    return 0;
}

int flash_area_write(const struct flash_area *fa, off_t off, const void *src, size_t len)
{
    assert_true((size_t)off % flash_area_align(fa) == 0u && len % flash_area_align(fa) == 0u);
    return program(sdk_flash, (size_t)off, src, len);
}

int flash_area_erase(const struct flash_area *fa, off_t off, size_t len)
{
    assert_true((size_t)off + len <= fa->fa_size);
    return erase(sdk_flash, (size_t)off, len);
}

uint32_t flash_area_align(const struct flash_area *fa)
{
    (void)fa;
    return 8u;
}

uint8_t flash_area_erased_val(const struct flash_area *fa)
{
    (void)fa;
    return 0xFFu;
}

HAL_StatusTypeDef HAL_FLASH_Unlock(void)
{
    locked--;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_FLASH_Lock(void)
{
    locked++;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_FLASH_Program(uint32_t TypeProgram, uint32_t Address, uint64_t Data)
{
    assert_int_equal(locked, 0);
    assert_int_equal(TypeProgram, FLASH_TYPEPROGRAM_DOUBLEWORD);
    assert_int_equal(Address % 8u, 0);
    return program(low_flash, Address - (uint32_t)(uintptr_t)low_flash, &Data, sizeof Data) == 0 ? HAL_OK
                                                                                                 : HAL_ERROR;
}

HAL_StatusTypeDef HAL_FLASHEx_Erase(FLASH_EraseInitTypeDef *pEraseInit, uint32_t *PageError)
{
    assert_int_equal(locked, 0);
    assert_non_null(PageError);
    assert_int_equal(pEraseInit->Banks, FLASH_BANK_1);
    assert_true(pEraseInit->Page >= 100u);
    const size_t at = (pEraseInit->Page - 100u) * 2048u;
    return erase(low_flash, at, pEraseInit->NbPages * 2048u) == 0 ? HAL_OK : HAL_ERROR;
}

/* Files of littlefs: each is a slice of the flash. One is open at a time, identified by its storage's
 * buffer. */
static lfs_soff_t file_bytes[8];
static bool file_is_there[8];
static unsigned files_open;

int lfs_file_opencfg(lfs_t *lfs, lfs_file_t *file, const char *path, int flags,
                     const struct lfs_file_config *config)
{
    assert_non_null(lfs);
    assert_non_null(config->buffer);
    assert_int_equal(flags & ~LFS_O_CREAT, LFS_O_RDWR);
    assert_int_equal(strncmp(path, "spool/s00", 9), 0);
    assert_int_equal(strlen(path), 10);
    assert_int_equal(files_open, 0);
    file->number = (unsigned)(path[9] - '0');
    assert_true(file->number < 8u && !file->open);
    if (!file_is_there[file->number] && flags == LFS_O_RDWR) {
        return LFS_ERR_NOENT;
    }
    file_is_there[file->number] = true;
    files_open = 1u;
    file->open = true;
    return fails() ? (files_open = 0u, file->open = false, -5) : 0;
}

int lfs_file_close(lfs_t *lfs, lfs_file_t *file)
{
    (void)lfs;
    assert_true(file->open);
    file->open = false;
    files_open = 0u;
    return fails() ? -5 : 0;
}

int lfs_file_sync(lfs_t *lfs, lfs_file_t *file)
{
    (void)lfs;
    assert_true(file->open);
    return fails() ? -5 : 0;
}

lfs_ssize_t lfs_file_read(lfs_t *lfs, lfs_file_t *file, void *buffer, lfs_size_t size)
{
    (void)lfs;
    assert_true(file->open);
    const lfs_soff_t left = file_bytes[file->number] - file->at;
    const lfs_size_t n = left < 0 ? 0u : (lfs_size_t)left < size ? (lfs_size_t)left : size;
    memcpy(buffer, sdk_flash + file->number * 4096u + (size_t)file->at, n);
    file->at += (lfs_soff_t)n;
    return (lfs_ssize_t)n;
}

lfs_ssize_t lfs_file_write(lfs_t *lfs, lfs_file_t *file, const void *buffer, lfs_size_t size)
{
    (void)lfs;
    assert_true(file->open && (size_t)file->at + size <= 4096u);
    uint8_t *bytes = sdk_flash + file->number * 4096u;
    if (file->at > file_bytes[file->number]) {
        memset(bytes + file_bytes[file->number], 0, (size_t)(file->at - file_bytes[file->number]));
    }
    memcpy(bytes + file->at, buffer, size);
    file->at += (lfs_soff_t)size;
    if (file->at > file_bytes[file->number]) {
        file_bytes[file->number] = file->at;
    }
    return fails() ? -28 : (lfs_ssize_t)size;
}

lfs_soff_t lfs_file_seek(lfs_t *lfs, lfs_file_t *file, lfs_soff_t off, int whence)
{
    (void)lfs;
    assert_true(file->open && whence == LFS_SEEK_SET);
    file->at = off;
    return off;
}

int lfs_file_truncate(lfs_t *lfs, lfs_file_t *file, lfs_size_t size)
{
    (void)lfs;
    assert_true(file->open && size == 0u);
    file_bytes[file->number] = 0;
    return fails() ? -5 : 0;
}

lfs_soff_t lfs_file_size(lfs_t *lfs, lfs_file_t *file)
{
    (void)lfs;
    assert_true(file->open);
    return file_bytes[file->number];
}

/* ---- what each must do --------------------------------------------------------------------------------- */

static int give(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    (void)type;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(*(const uint32_t *)ctx + at + i);
    }
    return 0;
}

static void check(const uspan_spool_storage_t *storage)
{
    uspan_spool_log_t log;
    uint32_t number = 0;
    uspan_spool_input_t in = {
        .type = USPAN_SPOOL_SPAN, .len = 301u, .boot_len = 77u, .source = give, .ctx = &number
    };
    assert_int_equal(uspan_spool_log_mount(&log, storage), 0);
    for (; number < 60u; number++) { /* past the last sector and further */
        failing = number == 20u ? 9u : 0u;
        int result;
        while ((result = uspan_spool_log_append(&log, &in)) == USPAN_SPOOL_BUSY) {
        }
        assert_int_equal(result, 0);
    }
    assert_int_equal(uspan_spool_log_mount(&log, storage), 0);
    assert_int_equal(log.next[0], 60);
    uspan_spool_place_t place = log.done[0];
    uspan_spool_record_t r;
    unsigned count = 0;
    int result;
    while ((result = uspan_spool_log_next(&log, &place, &r)) != USPAN_SPOOL_NONE) {
        uint8_t bytes[301];
        if (result == USPAN_SPOOL_GAP) {
            place.number = r.number;
            continue;
        }
        assert_int_equal(r.len, sizeof bytes);
        assert_int_equal(storage->read(storage->ctx, r.address, bytes, sizeof bytes), 0);
        for (unsigned i = 0; i < sizeof bytes; i++) {
            assert_int_equal(bytes[i], (uint8_t)(r.number + i));
        }
        count++;
    }
    assert_int_equal(place.number, 60);
    assert_true(count >= 30u);
    assert_int_equal(masked, 0);
}

static void test_esp_partition(void **state)
{
    (void)state;
    for (unsigned encrypted = 0; encrypted < 2u; encrypted++) {
        const esp_partition_t partition = { 0x100000u, FLASH_BYTES, encrypted != 0u };
        uspan_spool_esp_t s;
        memset(sdk_flash, 0x5A, sizeof sdk_flash); /* bytes from before */
        uspan_spool_esp_init(&s, &partition, 4096u);
        assert_int_equal(s.storage.unit_bytes, encrypted ? 16 : 1);
        check(&s.storage);
    }
}

static void test_pico_flash(void **state)
{
    (void)state;
    uspan_spool_pico_t s;
    memset(sdk_flash, 0x5A, sizeof sdk_flash);
    uspan_spool_pico_init(&s, 0u, FLASH_BYTES, 4096u);
    check(&s.storage);
}

static void test_zephyr_flash_area(void **state)
{
    (void)state;
    const struct flash_area area = { 1u, 0x8000, FLASH_BYTES };
    uspan_spool_zephyr_t s;
    memset(sdk_flash, 0x5A, sizeof sdk_flash);
    uspan_spool_zephyr_init(&s, &area, 4096u);
    check(&s.storage);
}

static void test_stm32_hal(void **state)
{
    (void)state;
    uspan_spool_stm32_t s;
    low_flash =
        mmap(NULL, FLASH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    assert_ptr_not_equal(low_flash, MAP_FAILED);
    memset(low_flash, 0x5A, FLASH_BYTES);
    locked = 1u;
    uspan_spool_stm32_init(&s, (uint32_t)(uintptr_t)low_flash, FLASH_BANK_1, 100u, 8u, 2u);
    s.storage.sector_bytes = 4096u; /* FLASH_PAGE_SIZE is the Pico SDK's here */
    check(&s.storage);
    assert_int_equal(locked, 1);
    munmap(low_flash, FLASH_BYTES);
}

static void test_littlefs(void **state)
{
    (void)state;
    static uint8_t buffer[64];
    lfs_t lfs = { 0 };
    for (unsigned sync = 0; sync < 2u; sync++) {
        uspan_spool_lfs_t s;
        memset(sdk_flash, 0x5A, sizeof sdk_flash);
        memset(file_bytes, 0, sizeof file_bytes);
        memset(file_is_there, 0, sizeof file_is_there);
        assert_int_equal(uspan_spool_lfs_init(&s, &lfs, "spool/s", buffer, 4096u, 8u, sync != 0u), USPAN_OK);
        uspan_spool_log_t log;
        assert_int_equal(uspan_spool_log_mount(&log, &s.storage), 0);
        for (unsigned i = 0; i < 8u; i++) {
            assert_false(file_is_there[i]); /* a mount writes nothing */
        }
        check(&s.storage);
        assert_int_equal(files_open, 1);
        failing = 1u;
        assert_int_equal(uspan_spool_lfs_close(&s), -5);
        assert_int_equal(uspan_spool_lfs_close(&s), 0);
        assert_int_equal(files_open, 0);
        for (unsigned at = 1; at <= 4u; at++) { /* each call fails once, and no such file stays open */
            uint8_t bytes[2] = { 1u, 2u };
            failing = at;
            const int result = s.storage.program(&s, 4096u + 2u * at, bytes, sizeof bytes);
            assert_int_equal(result, failing == 0u ? -1 : 0);
            assert_int_equal(files_open, failing == 0u ? 0 : 1);
            failing = 0u;
            assert_int_equal(s.storage.erase(&s, 1u), 0);
            assert_int_equal(s.storage.read(&s, 2u * 4096u - 1u, bytes, sizeof bytes), 0); /* in two files */
            assert_int_equal(bytes[0], s.storage.erased);
            assert_int_equal(uspan_spool_lfs_close(&s), 0);
        }
    }
    uspan_spool_lfs_t s, before;
    memset(&s, 0x33, sizeof s);
    before = s;
    const char *long_path = "a-folder-with-a-name-of-its-own/another-one/s";
    assert_int_equal(uspan_spool_lfs_init(&s, &lfs, long_path, buffer, 4096u, 8u, true), USPAN_ERR_ARG);
    assert_int_equal(uspan_spool_lfs_init(&s, &lfs, "s", buffer, 4096u, 1000u, true), USPAN_ERR_ARG);
    assert_int_equal(uspan_spool_lfs_init(&s, &lfs, "s", buffer, 4096u, 3u, true), USPAN_ERR_ARG);
    assert_int_equal(uspan_spool_lfs_init(&s, &lfs, "s", buffer, 0u, 8u, true), USPAN_ERR_ARG);
    assert_memory_equal(&s, &before, sizeof s);
}

static void test_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/uspan_spool_XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (unsigned sync = 0; sync < 2u; sync++) {
        uspan_spool_file_t f, second;
        assert_int_equal(truncate(path, 0), 0);
        assert_int_equal(uspan_spool_file_open(&f, path, 4096u, 8u, sync != 0u), USPAN_OK);
        check(&f.storage);
        assert_int_equal(uspan_spool_file_open(&second, path, 4096u, 8u, false), USPAN_ERR_IO); /* in use */
        uspan_spool_file_close(&f);
        uspan_spool_file_close(&f);
        assert_int_equal(uspan_spool_file_open(&f, path, 4096u, 9u, false), USPAN_ERR_ARG); /* has changed */
    }
    unlink(path);
    uspan_spool_file_t f;
    assert_int_equal(uspan_spool_file_open(&f, "/nowhere/spool", 4096u, 8u, false), USPAN_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_esp_partition),     cmocka_unit_test(test_pico_flash),
        cmocka_unit_test(test_zephyr_flash_area), cmocka_unit_test(test_stm32_hal),
        cmocka_unit_test(test_littlefs),          cmocka_unit_test(test_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
