/* gzip.c: deflate in one block. Its codes are the same for all bodies. They are known before the first byte,
 * and only the window is stored. A hash of three bytes finds their latest position in the window. Invariant:
 * each match is compared byte by byte before it is used, so `places` may hold old or wrong positions. The
 * next `ahead` bytes are in the window, and no distance reaches a position that they have overwritten. */
#include "export/gzip.h"
#if USPAN_GZIP
#include <string.h>
#include "export/gzip_codes.h"

#define MASK (USPAN_GZIP_WINDOW - 1u)
#define AHEAD (USPAN_GZIP_WINDOW / 16u)        /* longest match */
#define REACH (USPAN_GZIP_WINDOW - 2u * AHEAD) /* longest distance */
#define MATCH_MIN 3u
#define END_OF_BLOCK 256u
_Static_assert(AHEAD <= 256u, "a match of 258 bytes would need a code of its own");

enum { STAGE_HEAD = 0, STAGE_BLOCK, STAGE_ALIGN, STAGE_TAIL };

static void put_bits(uspan_gzip_t *g, uint32_t value, unsigned count)
{
    g->bits |= value << g->bit_count;
    g->bit_count = (uint8_t)(g->bit_count + count);
}

/* Write the code of a symbol, highest bit first. `run` is the run of the symbol, or one before it. */
static void put_symbol(uspan_gzip_t *g, const gzip_run_t *run, unsigned symbol)
{
    while (symbol < run->first) {
        run--;
    }
    unsigned length = run->code & 15u;
    unsigned code = (run->code >> 4) + symbol - run->first;
    unsigned mirrored = 0;
    for (unsigned i = 0; i < length; i++, code >>= 1) {
        mirrored = mirrored << 1 | (code & 1u);
    }
    put_bits(g, mirrored, length);
}

static void put_literal(uspan_gzip_t *g, unsigned symbol)
{
    put_symbol(g, literal_runs + literal_last[symbol / 32u], symbol);
}

/* Return the symbol of a number in the scheme of RFC 1951 §3.2.5, with 2^halves symbols for each power of
 * two. *extra gets the extra bits. */
static unsigned split(uint32_t n, unsigned halves, unsigned *extra)
{
    unsigned shift = 0;
    while (n >> shift >= 2u << halves) {
        shift++;
    }
    *extra = shift;
    return (shift << halves) + (unsigned)(n >> shift);
}

static void update_crc(uspan_gzip_t *g, const uint8_t *data, size_t len)
{
    static const uint32_t of_pair[4] = { 0x00000000u, 0x76DC4190u, 0xEDB88320u, 0x9B64C2B0u };
    uint32_t crc = g->crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (unsigned pair = 0; pair < 4u; pair++) {
            crc = crc >> 2 ^ of_pair[crc & 3u];
        }
    }
    g->crc = crc;
    g->len += (uint32_t)len;
}

static void refill(uspan_gzip_t *g, uspan_gzip_source_t source, void *ctx)
{
    /* so that the position of each byte of a match can be stored */
    while (g->ahead < AHEAD + MATCH_MIN - 1u && g->ended == 0u) {
        uint8_t *to = g->window + (((uint32_t)g->at + g->ahead) & MASK);
        size_t room = (size_t)(g->window + sizeof g->window - to);
        size_t most = 2u * AHEAD - g->ahead;
        size_t n = source(ctx, to, most < room ? most : room);
        update_crc(g, to, n);
        g->ahead = (uint16_t)(g->ahead + n);
        g->ended = n == 0u;
    }
}

/* Store the present position for the next three bytes, and return their previous one. At least three bytes
 * are ahead. */
static uint16_t note_place(uspan_gzip_t *g, uint16_t at)
{
    const uint8_t *w = g->window;
    uint32_t three = w[at & MASK] | (uint32_t)w[(at + 1u) & MASK] << 8 | (uint32_t)w[(at + 2u) & MASK] << 16;
    uint16_t *place = &g->places[three * 2654435761u >> (32u - USPAN_GZIP_HASH_BITS)];
    uint16_t last = *place;
    *place = at;
    return last;
}

/* Write the next symbol of the block. For a match this is the length, and the distance follows in the next
 * call. */
static void put_next(uspan_gzip_t *g)
{
    const uint8_t *w = g->window;
    unsigned at = g->at, ahead = g->ahead, len = 0, extra;
    if (ahead >= MATCH_MIN) {
        unsigned from = note_place(g, (uint16_t)at);
        unsigned distance = (at - from) & UINT16_MAX;
        unsigned most = ahead < AHEAD ? ahead : AHEAD;
        if (distance > 0u && distance <= REACH && distance <= g->len - ahead) {
            while (len < most && w[(at + len) & MASK] == w[(from + len) & MASK]) {
                len++;
            }
        }
        g->distance = (uint16_t)distance;
    }
    if (len < MATCH_MIN) {
        g->distance = 0u;
        put_literal(g, w[at & MASK]);
        len = 1u;
    } else {
        put_literal(g, 257u + split(len - MATCH_MIN, 2u, &extra));
        put_bits(g, (len - MATCH_MIN) & ((1u << extra) - 1u), extra);
        for (unsigned i = 1; i < len && ahead - i >= MATCH_MIN; i++) {
            (void)note_place(g, (uint16_t)(at + i));
        }
    }
    g->at = (uint16_t)(at + len);
    g->ahead = (uint16_t)(ahead - len);
}

/* Add 17 to 24 bits to at most 7 that wait. Returns false at the end. */
static bool put_more(uspan_gzip_t *g, uspan_gzip_source_t source, void *ctx)
{
    unsigned extra;
    switch (g->stage) {
    case STAGE_HEAD:
        extra = GZIP_HEAD_BITS - 8u * g->step;
        put_bits(g, head[g->step++], extra < 8u ? extra : 8u);
        g->stage = extra > 8u ? STAGE_HEAD : STAGE_BLOCK;
        return true;
    case STAGE_BLOCK:
        if (g->distance > 0u) {
            unsigned n = g->distance - 1u;
            put_symbol(g, distance_runs + sizeof distance_runs / sizeof distance_runs[0] - 1u,
                       split(n, 1u, &extra));
            put_bits(g, n & ((1u << extra) - 1u), extra);
            g->distance = 0u;
            return true;
        }
        refill(g, source, ctx);
        if (g->ahead > 0u) {
            put_next(g);
            return true;
        }
        put_literal(g, END_OF_BLOCK);
        g->stage = STAGE_ALIGN;
        return true;
    case STAGE_ALIGN:
        g->bit_count = g->bit_count > 0u ? 8u : 0u;
        g->stage = STAGE_TAIL;
        g->step = 0u;
        return true;
    default:
        if (g->step == 8u) {
            return false;
        }
        put_bits(g, (g->step < 4u ? ~g->crc : g->len) >> 8u * (g->step & 3u) & 0xFFu, 8u);
        g->step++;
        return true;
    }
}

void uspan_gzip_begin(uspan_gzip_t *g)
{
    memset(g, 0, sizeof *g);
    g->crc = UINT32_MAX;
}

size_t uspan_gzip_read(uspan_gzip_t *g, uspan_gzip_source_t source, void *ctx, uint8_t *out, size_t cap)
{
    size_t n = 0;
    while (n < cap) {
        if (g->bit_count >= 8u) {
            out[n++] = (uint8_t)g->bits;
            g->bits >>= 8;
            g->bit_count = (uint8_t)(g->bit_count - 8u);
        } else if (!put_more(g, source, ctx)) {
            break;
        }
    }
    return n;
}
#else
typedef int uspan_gzip_is_out; /* ISO C requires a declaration in each file */
#endif
