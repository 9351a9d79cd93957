#!/usr/bin/python3
"""test_riscv32_virt.py: the firmware of riscv32_virt in QEMU: TLS 1.2 and 1.3, time from an RTC, legacy and modern virtio.

Invariant: see firmware_cases.py."""
import sys
import time

import firmware_cases  # must be first: it adds the folders of the others
import demo
import firmware
import qemu
from firmware_cases import DAY_S, SPANS
from receiver import Receiver
from streams import server_context

TRAPPED = 70  # exit status that startup.c gives after a trap


class Board(firmware_cases.Firmware):
    board, versions, has_sntp = "riscv32_virt", ("1.2", "1.3"), False

    def send_with(self, receiver, *more, built=None):
        endpoint = f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces"
        return qemu.run(built or self.firmware, {"endpoint": endpoint}, more=more)

    def rtc(self, unix_s):
        return ["-rtc", time.strftime("base=%Y-%m-%dT%H:%M:%S", time.gmtime(unix_s))]

    # These replace the cases for boards without an RTC.
    def test_the_time_servers_time_decides_over_certificates_where_there_is_one(self):
        for days, kind, words in ((100, "good", "certificate expired"), (0, "not_yet", "certificate not yet valid")):
            with self.subTest(kind=kind), Receiver(server_context(kind)) as receiver:
                done = self.send_with(receiver, *self.rtc(time.time() + days * DAY_S))
                self.assert_refused(words, receiver, done)

    def test_a_set_rtc_spares_the_question_for_the_date_and_one_that_was_never_set_does_not(self):
        for unix_s, asks in ((time.time(), False), (DAY_S, True)):
            with self.subTest(asks=asks), Receiver(server_context()) as receiver:
                done = self.send_with(receiver, *self.rtc(unix_s))
                self.assert_told(done, 0, delivered=SPANS)
                self.assertEqual(demo.QUESTION_FOR_DATE in receiver.refused, asks)

    def test_the_trace_arrives_over_legacy_virtio_too(self):
        with Receiver(server_context()) as receiver:
            done = self.send_with(receiver, "-global", "virtio-mmio.force-legacy=true")
        self.assertEqual(demo.faults(receiver.spans, receiver.duplicates()), [], done.text)
        self.assert_told(done, 0, delivered=SPANS)

    def test_a_stack_that_overflows_is_a_trap_that_says_so_and_ends_the_machine(self):
        small = firmware.build(self.board, "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--defsym=stack_bytes=1536")
        with Receiver(server_context()) as receiver:
            done = self.send_with(receiver, built=small)
        self.assertEqual(done.status, TRAPPED, done.text)
        self.assertRegex(done.text, r"trap: cause 00000007 at 8[0-9a-f]{7} value 8007[0-9a-f]{4}")


if __name__ == "__main__":
    sys.exit(firmware_cases.run())
