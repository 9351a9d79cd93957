/* fuzz_gzip.c: any body, compressed in reads of any size, is decoded to the same bytes by a separate decoder.
 * The first bytes choose the sizes of the source's pieces and of the reads. The rest is the body, in which
 * bytes from 0xC0 on repeat earlier bytes. */
#define USPAN_GZIP 1
#define USPAN_GZIP_WINDOW 512
#include "fuzz.h"
#include "../../core/export/gzip.c"

#define BODY_MAX 20000u

/* ---- a decoder: RFC 1951 and 1952, for one block with dynamic codes -------------------------------------- */

typedef struct decoder {
    const uint8_t *in;
    size_t len, bit;
    uint8_t *out;
    size_t out_len;
} decoder_t;

typedef struct code {
    uint16_t counts[16], symbols[288];
} code_t;

static unsigned take(decoder_t *d, unsigned count)
{
    unsigned value = 0;
    for (unsigned i = 0; i < count; i++, d->bit++) {
        CHECK(d->bit / 8u < d->len);
        value |= (unsigned)(d->in[d->bit / 8u] >> d->bit % 8u & 1) << i;
    }
    return value;
}

static void make_code(code_t *code, const uint8_t *lengths, unsigned count)
{
    uint16_t at[16] = { 0 };
    unsigned left = 1;
    memset(code, 0, sizeof *code);
    for (unsigned i = 0; i < count; i++) {
        code->counts[lengths[i]]++;
    }
    code->counts[0] = 0;
    for (unsigned i = 1; i < 16u; i++) {
        left = left << 1;
        CHECK(left >= code->counts[i]);
        left -= code->counts[i];
        at[i] = (uint16_t)(at[i - 1u] + code->counts[i - 1u]);
    }
    CHECK(left == 0u); /* complete */
    for (unsigned i = 0; i < count; i++) {
        if (lengths[i] > 0u) {
            code->symbols[at[lengths[i]]++] = (uint16_t)i;
        }
    }
}

static unsigned take_symbol(decoder_t *d, const code_t *code)
{
    int value = 0, first = 0, index = 0;
    for (unsigned length = 1; length < 16u; length++) {
        value |= (int)take(d, 1);
        int count = code->counts[length];
        if (value - count < first) {
            return code->symbols[index + value - first];
        }
        index += count;
        first = (first + count) << 1;
        value <<= 1;
    }
    CHECK(false);
    return 0;
}

static void decode(decoder_t *d)
{
    static const uint8_t order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
    uint8_t lengths[320] = { 0 };
    code_t code, distances;
    static const uint8_t start[10] = { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF };
    CHECK(d->len > 18u && memcmp(d->in, start, sizeof start) == 0);
    d->bit = 80u;
    CHECK(take(d, 1) == 1u && take(d, 2) == 2u);
    unsigned literal_count = 257u + take(d, 5), distance_count = 1u + take(d, 5), count = 4u + take(d, 4);
    for (unsigned i = 0; i < count; i++) {
        lengths[order[i]] = (uint8_t)take(d, 3);
    }
    make_code(&code, lengths, 19);
    for (unsigned i = 0; i < literal_count + distance_count;) {
        unsigned symbol = take_symbol(d, &code), repeat = 1;
        CHECK(symbol <= 16u && (symbol < 16u || i > 0u));
        uint8_t length = symbol < 16u ? (uint8_t)symbol : lengths[i - 1u];
        repeat = symbol < 16u ? 1u : 3u + take(d, 2);
        for (; repeat > 0u; repeat--) {
            CHECK(i < literal_count + distance_count);
            lengths[i++] = length;
        }
    }
    make_code(&code, lengths, literal_count);
    make_code(&distances, lengths + literal_count, distance_count);
    for (;;) {
        unsigned symbol = take_symbol(d, &code);
        if (symbol == 256u) {
            break;
        }
        if (symbol < 256u) {
            CHECK(d->out_len < BODY_MAX);
            d->out[d->out_len++] = (uint8_t)symbol;
            continue;
        }
        unsigned n = symbol - 257u, extra = n < 8u ? 0u : n / 4u - 1u;
        CHECK(n < 28u);
        unsigned length = 3u + (n < 8u ? n : ((4u + n % 4u) << extra)) + take(d, extra);
        n = take_symbol(d, &distances);
        extra = n < 4u ? 0u : n / 2u - 1u;
        unsigned distance = 1u + (n < 4u ? n : ((2u + n % 2u) << extra)) + take(d, extra);
        CHECK(distance <= USPAN_GZIP_WINDOW && distance <= d->out_len && length <= BODY_MAX - d->out_len);
        for (; length > 0u; length--, d->out_len++) {
            d->out[d->out_len] = d->out[d->out_len - distance];
        }
    }
    d->bit = (d->bit + 7u) / 8u * 8u;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < d->out_len; i++) { /* bit by bit, not by a table */
        crc ^= d->out[i];
        for (unsigned k = 0; k < 8u; k++) {
            crc = crc >> 1 ^ (crc & 1u ? 0xEDB88320u : 0u);
        }
    }
    uint32_t said = take(d, 16);
    said |= (uint32_t)take(d, 16) << 16;
    CHECK(said == ~crc);
    said = take(d, 16);
    said |= (uint32_t)take(d, 16) << 16;
    CHECK(said == d->out_len && d->bit == 8u * d->len);
}

/* ---- the body -------------------------------------------------------------------------------------------- */

typedef struct source {
    const uint8_t *bytes;
    size_t len, at, most;
} source_t;

static size_t give_some(void *ctx, uint8_t *out, size_t cap)
{
    source_t *s = ctx;
    size_t n = s->len - s->at < cap ? s->len - s->at : cap;
    n = n < s->most ? n : s->most;
    memcpy(out, s->bytes + s->at, n);
    s->at += n;
    return n;
}

static size_t compress(source_t *s, size_t read, uint8_t *out)
{
    static uspan_gzip_t g;
    size_t len = 0, n;
    s->at = 0u;
    memset(&g, 0xA5, sizeof g);
    uspan_gzip_begin(&g);
    do {
        n = uspan_gzip_read(&g, give_some, s, out + len, read);
        CHECK(n <= read);
        len += n;
    } while (n == read);
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t body[BODY_MAX], packed[2][2u * BODY_MAX + 1000u], back[BODY_MAX];
    source_t s = { body, 0u, 0u, 0u };
    if (len < 2u) {
        return 0;
    }
    for (size_t i = 2; i < len && s.len + 600u < BODY_MAX; i++) {
        size_t distance = i + 1u < len ? 1u + data[i + 1u] * 3u : 0u;
        if (data[i] < 0xC0u || distance > s.len || distance == 0u) {
            body[s.len++] = data[i];
            continue;
        }
        for (size_t n = (data[i] - 0xBFu) * 7u; n > 0u; n--, s.len++) {
            body[s.len] = body[s.len - distance];
        }
        i++;
    }
    s.most = 1u + data[0];
    size_t n = compress(&s, 1u + data[1], packed[0]);
    s.most = BODY_MAX;
    CHECK(compress(&s, 1024u, packed[1]) == n && memcmp(packed[0], packed[1], n) == 0);
    decoder_t d = { .in = packed[0], .len = n, .out = back };
    decode(&d);
    CHECK(d.out_len == s.len && memcmp(back, body, s.len) == 0);
    return 0;
}
