/* test_faults.c: port/lwip's transport in case of faults: refusals, resets, half-closed and silent peers,
 * full pools. After each, everything that lwIP allocated is freed.
 * wrap: tcp_write tcp_close tcp_connect tcp_recved */
#include "over.h"
#include <lwip/mem.h>
#include <lwip/memp.h>

/* ---- results of a wrapped call ------------------------------------------------------------------------- */

err_t __real_tcp_write(struct tcp_pcb *pcb, const void *bytes, u16_t len, u8_t flags);
err_t __real_tcp_close(struct tcp_pcb *pcb);
err_t __real_tcp_connect(struct tcp_pcb *pcb, const ip_addr_t *to, u16_t port, tcp_connected_fn connected);
err_t __wrap_tcp_write(struct tcp_pcb *pcb, const void *bytes, u16_t len, u8_t flags);
err_t __wrap_tcp_close(struct tcp_pcb *pcb);
err_t __wrap_tcp_connect(struct tcp_pcb *pcb, const ip_addr_t *to, u16_t port, tcp_connected_fn connected);

static err_t write_error, close_error, connect_error; /* ERR_OK: lwIP's own result */
static unsigned write_most = UINT16_MAX;              /* longer pieces get ERR_MEM */

err_t __wrap_tcp_write(struct tcp_pcb *pcb, const void *bytes, u16_t len, u8_t flags)
{
    return write_error != ERR_OK ? write_error
           : len > write_most    ? ERR_MEM
                                 : __real_tcp_write(pcb, bytes, len, flags);
}

err_t __wrap_tcp_close(struct tcp_pcb *pcb)
{
    return close_error != ERR_OK ? close_error : __real_tcp_close(pcb);
}

err_t __wrap_tcp_connect(struct tcp_pcb *pcb, const ip_addr_t *to, u16_t port, tcp_connected_fn connected)
{
    return connect_error != ERR_OK ? connect_error : __real_tcp_connect(pcb, to, port, connected);
}

void __real_tcp_recved(struct tcp_pcb *pcb, u16_t len);
void __wrap_tcp_recved(struct tcp_pcb *pcb, u16_t len);

void __wrap_tcp_recved(struct tcp_pcb *pcb, u16_t len)
{
    assert_non_null(pcb);
    __real_tcp_recved(pcb, len);
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

static void fill(uint8_t *out, size_t len, unsigned start)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)((start + i) * 7u + (start + i) / 251u);
    }
}

static void bytes_go_both_ways_in_pieces_of_any_size(void)
{
    static uint8_t sent[40000], got[40000], back[40000];
    size_t out = 0, arrived = 0, fed = 0, taken = 0;
    cable.loss = 5;
    cable.reorder = 20;
    connect_fully();
    fill(sent, sizeof sent, 0);
    for (unsigned i = 0; taken < sizeof back && i < 200000u; i++) {
        if (out < sizeof sent) {
            int32_t n = transport.send(transport.ctx, sent + out, sizeof sent - out < 3000u ? sizeof sent - out : 3000u);
            assert_true(n >= 0);
            out += (size_t)n;
        }
        int n = peer_read(got + arrived, sizeof got - arrived);
        assert_true(n >= 0);
        arrived += (size_t)n;
        fed += peer_write(got + fed, arrived - fed);
        int32_t m = transport.recv(transport.ctx, back + taken, 1u + i * 37u % 700u);
        assert_true(m >= 0);
        taken += (size_t)m;
        peer_run_ms(1);
    }
    assert_memory_equal(sent, back, sizeof sent);
}

static void small_pieces_do_not_wait_for_one_another(void)
{
    connect_fully();
    cable.latency_ns = 100 * MS;
    assert_int_equal(send_text("a"), 1);
    assert_int_equal(send_text("b"), 1);
    peer_run_ms(150); /* before anything was acknowledged */
    assert_int_equal(peer_read(buffer, sizeof buffer), 2);
}

static void what_is_not_taken_stays_and_the_peer_is_held_back(void)
{
    connect_fully();
    fill(buffer, sizeof buffer, 3);
    size_t fed = peer_write(buffer, 30000);
    assert_int_equal(fed, 30000);
    peer_run_ms(10000);
    assert_non_null(tcp.in);
    assert_true(tcp.in->tot_len <= TCP_WND); /* no more than the window */
    static uint8_t got[30000];
    size_t taken = 0;
    for (unsigned i = 0; taken < fed && i < 100000u; i++) {
        int32_t n = transport.recv(transport.ctx, got + taken, 13);
        assert_true(n >= 0);
        taken += (size_t)n;
        if (n == 0) {
            peer_run_ms(10);
        }
    }
    assert_memory_equal(got, buffer, fed);
}

static void more_than_a_chain_can_count_waits_in_lwip(void)
{
    static uint8_t much[65000];
    connect_fully();
    tcp.in = pbuf_alloc(PBUF_RAW, sizeof much, PBUF_ROM); /* like bytes that a scaled window had allowed */
    tcp.in->payload = much;
    assert_int_equal(peer_write(buffer, 1000), 1000);
    peer_run_ms(1000);
    assert_int_equal(tcp.in->tot_len, sizeof much); /* otherwise it would have started at 0 again */
    assert_non_null(tcp.pcb->refused_data);
    (void)pbuf_free(tcp.in);
    tcp.in = NULL;
    peer_run_ms(1000);
    assert_int_equal(receive(sizeof buffer), 1000);
}

/* ---- ends ---------------------------------------------------------------------------------------------- */

static void a_refused_connection_is_said_and_another_try_succeeds(void)
{
    peer_stop_listening();
    assert_int_equal(open_for_ms("10.0.2.2", 1000), USPAN_ERR_IO);
    assert_why("connection refused");
    assert_int_equal(open_once("10.0.2.2"), USPAN_ERR_IO); /* until close */
    hang_up();
    peer_listen(false);
    connect_fully();
    assert_why("");
}

static void a_reset_after_an_answer_leaves_the_answer_readable(void)
{
    connect_fully();
    assert_int_equal(send_text("half a request"), 14);
    peer_run_ms(50);
    assert_int_equal(peer_write("413 too large", 13), 13);
    peer_run_ms(50);
    peer_reset(); /* while the device's bytes are unread */
    peer_run_ms(50);
    assert_null(tcp.pcb);
    assert_int_equal(send_text("the rest"), USPAN_ERR_IO);
    assert_int_equal(receive(3), 3);
    assert_int_equal(receive(sizeof buffer), 10);
    assert_memory_equal(buffer, " too large", 10);
    assert_int_equal(receive(1), USPAN_ERR_IO);
    assert_why("connection reset by peer");
}

static void a_reset_on_bytes_of_ours_is_not_missed(void)
{
    connect_fully();
    peer_reset();
    assert_int_equal(send_text("into the void"), 13);
    peer_run_ms(100);
    assert_int_equal(receive(1), USPAN_ERR_IO);
    assert_int_equal(open_once("10.0.2.2"), USPAN_ERR_IO);
    hang_up();
    connect_fully();
}

static void a_reset_that_meets_a_closed_transport_hurts_nobody(void)
{
    connect_fully();
    assert_int_equal(send_text("a request"), 9);
    peer_run_ms(50);
    hang_up(); /* FIN: the response is no longer needed */
    peer_reset();
    peer_run_ms(100);
    connect_fully();
}

static void a_peer_that_only_stops_sending_still_gets_our_bytes(void)
{
    connect_fully();
    assert_int_equal(peer_write("last words", 10), 10);
    peer_end_sending();
    peer_run_ms(100);
    assert_int_equal(send_text("heard you"), 9);
    peer_run_ms(100);
    assert_int_equal(peer_read(buffer, sizeof buffer), 9);
    assert_int_equal(receive(4), 4);
    assert_int_equal(receive(sizeof buffer), 6);
    assert_int_equal(receive(1), USPAN_ERR_CLOSED);
    assert_why("closed by peer");
    assert_int_equal(receive(1), USPAN_ERR_CLOSED);
    hang_up();
    peer_run_ms(100);
    assert_int_equal(peer_read(buffer, 1), -1); /* a clean end for the peer too */
    peer_close();
    connect_fully();
    assert_int_equal(receive(1), 0); /* the next one has its own end */
}

static void a_polite_close_ends_the_stream_without_a_reset(void)
{
    connect_fully();
    assert_int_equal(send_text("goodbye"), 7);
    hang_up(); /* at once: the bytes are still in transit */
    peer_run_ms(1000);
    assert_int_equal(peer_read(buffer, sizeof buffer), 7);
    assert_int_equal(peer_read(buffer, 1), -1);
    assert_int_equal(resets, 0);
}

static void a_close_with_unread_bytes_resets(void)
{
    connect_fully();
    assert_int_equal(peer_write("unwanted", 8), 8);
    peer_run_ms(50);
    assert_non_null(tcp.in);
    hang_up();
    peer_run_ms(50);
    assert_int_equal(resets, 1);
}

static void a_peer_that_never_reads_blocks_and_a_close_frees_at_once(void)
{
    unsigned before = cable_lwip_in_use();
    size_t total = 0;
    connect_fully();
    for (unsigned idle = 0; idle < 100u; peer_run_ms(100)) {
        int32_t n = transport.send(transport.ctx, buffer, sizeof buffer);
        assert_in_range(n, 0, TCP_SND_BUF);
        assert_true(total > 0u || n == TCP_SND_BUF); /* at first all that lwIP's buffer can hold */
        total += (size_t)n;
        idle = n == 0 ? idle + 1u : 0u;
        assert_true(total < 64u * 1024u * 1024u);
    }
    assert_int_equal(receive(1), 0);
    hang_up();
    peer_run_ms(2000); /* lwIP's TCP timer stops if it finds nothing to do */
    assert_int_equal(cable_lwip_in_use(), before);
}

static void a_cable_that_is_out_ends_an_open_connection_in_time(void)
{
    connect_fully();
    cable_pull(true, false);
    assert_int_equal(send_text("anybody there?"), 14);
    peer_run_ms(100);
    assert_int_equal(receive(1), 0);
    peer_run_ms(4000000);
    assert_null(tcp.pcb);
    assert_int_equal(receive(1), USPAN_ERR_IO);
    assert_why("connection timed out");
    hang_up();
    cable_pull(false, true);
    peer_close();
    connect_fully();
}

static void a_close_while_the_cable_is_out_keeps_no_memory(void)
{
    unsigned before = cable_lwip_in_use();
    connect_fully();
    cable_pull(true, true);
    assert_int_equal(send_text("stuck"), 5);
    hang_up();
    peer_run_ms(2000);
    assert_int_equal(cable_lwip_in_use(), before);
    cable_pull(false, true);
}

/* ---- memory -------------------------------------------------------------------------------------------- */

static void no_memory_to_connect_is_waited_for(void)
{
    connect_error = ERR_MEM;
    assert_int_equal(open_once("10.0.2.2"), USPAN_ERR_AGAIN);
    assert_why("lwIP has no memory to connect");
    assert_int_equal(open_once("10.0.2.2"), USPAN_ERR_AGAIN);
    connect_error = ERR_OK;
    connect_fully();
    assert_why("");
}

static void no_memory_to_close_means_a_reset(void)
{
    connect_fully();
    close_error = ERR_MEM;
    hang_up();
    close_error = ERR_OK;
    peer_run_ms(50);
    assert_int_equal(resets, 1);
}

static void a_write_that_finds_little_memory_moves_little(void)
{
    connect_fully();
    fill(buffer, 1000, 0);
    write_most = 70;
    assert_int_equal(transport.send(transport.ctx, buffer, 1000), 62); /* 1000 / 16 */
    write_error = ERR_MEM;
    assert_int_equal(send_text("later"), 0);
    write_error = ERR_CONN;
    assert_int_equal(send_text("never"), USPAN_ERR_IO);
    assert_why("connection failed");
    write_error = ERR_OK;
}

#if !MEM_LIBC_MALLOC /* pools from libc's memory are not limited */
static void full_pools_hold_open_and_send_back_and_lose_nothing(void)
{
    struct tcp_pcb *pcbs[MEMP_NUM_TCP_PCB];
    void *segments[MEMP_NUM_TCP_SEG], *blocks[256];
    unsigned count = 0;
    for (unsigned i = 0; i < MEMP_NUM_TCP_PCB; i++) {
        pcbs[i] = tcp_new();
        assert_non_null(pcbs[i]);
        assert_int_equal(tcp_bind(pcbs[i], IP_ANY_TYPE, 0), ERR_OK);
    }
    assert_int_equal(open_once("10.0.2.2"), USPAN_ERR_AGAIN);
    assert_why("lwIP has no TCP connection left");
    for (unsigned i = 0; i < MEMP_NUM_TCP_PCB; i++) {
        assert_int_equal(tcp_close(pcbs[i]), ERR_OK);
    }
    for (unsigned i = 0; i < MEMP_NUM_TCP_SEG; i++) {
        segments[i] = memp_malloc(MEMP_TCP_SEG);
        assert_non_null(segments[i]);
    }
    assert_int_equal(open_once("10.0.2.2"), USPAN_ERR_AGAIN);
    assert_why("lwIP has no memory to connect");
    for (unsigned i = 0; i < MEMP_NUM_TCP_SEG; i++) {
        memp_free(MEMP_TCP_SEG, segments[i]);
    }
    connect_fully();
    for (unsigned size = 1024; size >= 16u; size /= 2u) {
        void *block = mem_malloc((mem_size_t)size);
        for (; block != NULL && count < 256u; block = mem_malloc((mem_size_t)size)) {
            blocks[count++] = block;
        }
    }
    assert_int_equal(send_text("no room"), 0);
    assert_int_equal(peer_write("an answer", 9), 9); /* it is allocated from the other pool */
    peer_run_ms(2000);
    assert_int_equal(receive(sizeof buffer), 9);
    while (count > 0u) {
        mem_free(blocks[--count]);
    }
    assert_int_equal(send_text("now"), 3);
    peer_run_ms(2000);
    assert_int_equal(peer_read(buffer, sizeof buffer), 3);
}

static void an_empty_buffer_pool_costs_frames_but_no_bytes(void)
{
    struct pbuf *held[PBUF_POOL_SIZE];
    connect_fully();
    for (unsigned i = 0; i < PBUF_POOL_SIZE; i++) {
        held[i] = pbuf_alloc(PBUF_RAW, 100, PBUF_POOL);
        assert_non_null(held[i]);
    }
    assert_int_equal(peer_write("patience", 8), 8);
    peer_run_ms(3000);
    assert_int_equal(receive(1), 0);
    assert_true(cable.no_pbuf > 0u);
    for (unsigned i = 0; i < PBUF_POOL_SIZE; i++) {
        (void)pbuf_free(held[i]);
    }
    peer_run_ms(30000);
    assert_int_equal(receive(sizeof buffer), 8);
}

static void closed_connections_give_way_to_a_new_one(void)
{
    int kept[3u * MEMP_NUM_TCP_PCB];
    for (unsigned i = 0; i < COUNT(kept); i++) { /* each leaves one that waits for its end */
        connect_fully();
        cable_pull(true, false);
        hang_up();
        cable_pull(false, true);
        kept[i] = peer.fd;
        peer.fd = -1;
    }
    for (unsigned i = 0; i < COUNT(kept); i++) {
        (void)close(kept[i]);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_THE_LINK(bytes_go_both_ways_in_pieces_of_any_size),
        OVER_THE_LINK(small_pieces_do_not_wait_for_one_another),
        OVER_THE_LINK(what_is_not_taken_stays_and_the_peer_is_held_back),
        OVER_THE_LINK(more_than_a_chain_can_count_waits_in_lwip),
        OVER_THE_LINK(a_refused_connection_is_said_and_another_try_succeeds),
        OVER_THE_LINK(a_reset_after_an_answer_leaves_the_answer_readable),
        OVER_THE_LINK(a_reset_on_bytes_of_ours_is_not_missed),
        OVER_THE_LINK(a_reset_that_meets_a_closed_transport_hurts_nobody),
        OVER_THE_LINK(a_peer_that_only_stops_sending_still_gets_our_bytes),
        OVER_THE_LINK(a_polite_close_ends_the_stream_without_a_reset),
        OVER_THE_LINK(a_close_with_unread_bytes_resets),
        OVER_THE_LINK(a_peer_that_never_reads_blocks_and_a_close_frees_at_once),
        OVER_THE_LINK(a_cable_that_is_out_ends_an_open_connection_in_time),
        OVER_THE_LINK(a_close_while_the_cable_is_out_keeps_no_memory),
        OVER_THE_LINK(no_memory_to_connect_is_waited_for),
        OVER_THE_LINK(no_memory_to_close_means_a_reset),
        OVER_THE_LINK(a_write_that_finds_little_memory_moves_little),
#if !MEM_LIBC_MALLOC
        OVER_THE_LINK(full_pools_hold_open_and_send_back_and_lose_nothing),
        OVER_THE_LINK(an_empty_buffer_pool_costs_frames_but_no_bytes),
        OVER_THE_LINK(closed_connections_give_way_to_a_new_one),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
