/* gzip_bodies.h: all code of gzip_bodies*.c, which differ only in the window. */
#ifndef GZIP_BODIES_H
#define GZIP_BODIES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "export/gzip.h"

#define INPUT_MAX (1u << 22)
#define OUTPUT_MAX (2u * INPUT_MAX + 1024u)

typedef struct text {
    uint8_t *bytes;
    size_t len, at;
} text_t;

static uint32_t noise = 2463534242u;

static uint32_t any(void)
{
    noise ^= noise << 13;
    noise ^= noise >> 17;
    noise ^= noise << 5;
    return noise;
}

static size_t give(void *ctx, uint8_t *out, size_t cap)
{
    text_t *text = ctx;
    size_t n = text->len - text->at < cap ? text->len - text->at : cap;
    memcpy(out, text->bytes + text->at, n);
    text->at += n;
    return n;
}

/* One member in reads of that size. Each read ends where its buffer ends, and nothing is written after it. */
static size_t compress(text_t *text, size_t step, uint8_t *out)
{
    static uspan_gzip_t g;
    size_t len = 0, size, n;
    text->at = 0u;
    uspan_gzip_begin(&g);
    do {
        size = step > 0u ? step : 1u + any() % 300u;
        memset(out + len + size, 0xA5, 8);
        n = uspan_gzip_read(&g, give, text, out + len, size);
        for (size_t i = 0; i < 8u; i++) {
            if (out[len + size + i] != 0xA5 || n > size) {
                fprintf(stderr, "written behind the buffer\n");
                exit(1);
            }
        }
        len += n;
    } while (n == size);
    if (uspan_gzip_read(&g, give, text, out + len, 1u) != 0u) {
        fprintf(stderr, "bytes after the end\n");
        exit(1);
    }
    return len;
}

int main(int argc, char **argv)
{
    text_t text = { malloc(INPUT_MAX), 0u, 0u };
    uint8_t *first = malloc(OUTPUT_MAX), *other = malloc(OUTPUT_MAX);
    size_t len = 0;
    if (argc < 2 || text.bytes == NULL || first == NULL || other == NULL) {
        return 2;
    }
    text.len = fread(text.bytes, 1, INPUT_MAX, stdin);
    for (int i = 1; i < argc; i++) {
        size_t n = compress(&text, strtoul(argv[i], NULL, 10), i == 1 ? first : other);
        if (i > 1 && (n != len || memcmp(first, other, n) != 0)) {
            fprintf(stderr, "reads of %s bytes give other bytes than reads of %s\n", argv[i], argv[1]);
            return 1;
        }
        len = n;
    }
    bool done = fwrite(first, 1, len, stdout) == len && fflush(stdout) == 0;
    free(text.bytes);
    free(first);
    free(other);
    return done ? 0 : 1;
}

#endif
