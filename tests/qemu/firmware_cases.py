"""firmware_cases.py: tests for every board's firmware in QEMU, with the receiver. Each board has a file of its own:

    class Board(firmware_cases.Firmware):
        board, versions, has_sntp = "its_folder", ("1.2", "1.3"), True

Invariant: the firmware itself refuses: it prints which check failed, and the receiver saw no request."""
import re
import subprocess
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers", "tests/net")]
import demo  # noqa: E402
import firmware  # noqa: E402
import qemu  # noqa: E402
from receiver import Receiver  # noqa: E402
from runner import run  # noqa: E402,F401: for the boards' files
from sntp import TimeServer  # noqa: E402
from streams import server_context  # noqa: E402

SPANS = sum(count for count, *_ in demo.EXPECTED.values())
DAY_S = 86400
OF_A_HOST = re.compile(r"_*(malloc|calloc|realloc|free|sbrk|v?s?n?i?printf|v?fi?printf|printf_float|puts|fopen|strtod)(_r)?")
SECOND_NS = 1_000_000_000  # HTTP's Date has whole seconds


class Firmware(unittest.TestCase):
    board = None
    versions = ("1.2",)
    has_sntp = False

    @classmethod
    def setUpClass(cls):
        cls.firmware = firmware.build(cls.board)

    def send_to(self, receiver, **settings):
        settings.setdefault("endpoint", f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces")
        return qemu.run(self.firmware, settings)

    def assert_told(self, done, exit_status, **accounts):
        """Compare the accounts that the firmware printed at its end. A failure shows the complete console."""
        self.assertEqual(done.status, exit_status, done.text)
        self.assertEqual({name: done.account(name) for name in accounts}, accounts, done.text)

    def assert_refused(self, words, receiver, done):
        self.assertRegex(done.text, f"not delivered: {words}")
        self.assertEqual((len(receiver.requests), receiver.spans), (0, []))
        self.assertGreaterEqual(len(receiver.connections), 1)
        self.assert_told(done, 1, started=SPANS, delivered=0, queued=0, dropped=SPANS)

    def refuse(self, kind, words, **settings):
        with Receiver(server_context(kind, maximum=self.versions[-1])) as receiver:
            done = self.send_to(receiver, **settings)
        self.assert_refused(words, receiver, done)

    # ---- what arrives

    def test_the_agents_trace_arrives_over_verified_https_in_each_version_of_tls(self):
        for version in self.versions:
            with self.subTest(tls=version), Receiver(server_context(minimum=version, maximum=version)) as receiver:
                done = self.send_to(receiver)
                self.assertEqual(demo.faults(receiver.spans, receiver.duplicates()), [], done.text)
                self.assertEqual({c.tls_version for c in receiver.connections}, {f"TLSv{version}"})
                self.assertEqual({text for text in receiver.refused if text != demo.QUESTION_FOR_DATE}, set())
                self.assert_told(done, 0, started=SPANS, delivered=SPANS, rejected=0, queued=0, dropped=0, status=200)

    def test_spans_have_the_times_of_their_making_although_the_board_knew_no_time_then(self):
        with Receiver(server_context()) as receiver:
            before_ns = time.time_ns() - SECOND_NS
            done = self.send_to(receiver)
            after_ns = time.time_ns() + SECOND_NS
        self.assertEqual(len(receiver.spans), SPANS, done.text)
        for span in receiver.spans:
            self.assertTrue(before_ns < span.start_ns <= span.end_ns < after_ns, span.name)
            self.assertNotIn("uspan.time.unsynced", span.attributes)

    def test_the_core_sleeps_unless_there_is_something_to_do(self):
        # No server listens, so the firmware waits between attempts. QEMU's time jumps while the core sleeps, so a quarter of an
        # hour passes in a moment. A core that never slept would execute 112 thousand million instructions.
        with Receiver() as gone:
            url = f"https://{qemu.LOOPBACK}:{gone.port}/v1/traces"
        done = qemu.run(self.firmware, {"endpoint": url, "deadline_ms": 900_000}, more=["-icount", "shift=3,sleep=off"])
        self.assertEqual(done.status, 1, done.text)
        self.assertGreater(done.account("started"), 0)
        self.assertEqual(done.account("delivered"), 0)

    def test_an_intermediate_authority_is_followed(self):
        with Receiver(server_context("chain")) as receiver:
            done = self.send_to(receiver)
        self.assert_told(done, 0, delivered=SPANS)

    # ---- what is refused

    def test_a_certificate_of_another_authority_is_refused(self):
        self.refuse("other_ca", "certificate not signed by a trusted CA")

    def test_a_certificate_for_another_host_is_refused(self):
        self.refuse("wrong_host", "certificate is for a different host name")

    def test_an_expired_certificate_is_refused(self):
        self.refuse("expired", "certificate expired")

    def test_a_certificate_that_is_no_servers_is_refused(self):
        self.refuse("client_as_server", "certificate is not for TLS servers")

    # ---- time

    def test_the_time_servers_time_decides_over_certificates_where_there_is_one(self):
        for days, kind, words in ((100, "good", "certificate expired"), (0, "not_yet", "certificate not yet valid")):
            with self.subTest(kind=kind), TimeServer(days * DAY_S) as clock:
                if self.has_sntp:
                    self.refuse(kind, words, sntp=f"{qemu.LOOPBACK}:{clock.port}")
                with Receiver(server_context("good")) as receiver:
                    self.send_to(receiver)  # the collector's Date sets the time
                self.assertEqual((clock.asked > 0, demo.QUESTION_FOR_DATE in receiver.refused), (self.has_sntp, True))

    # ---- entropy, memory

    def test_without_entropy_nothing_is_recorded_and_no_tls_started_and_the_board_says_so(self):
        done = qemu.run(self.firmware, entropy=False, until=r"text_blocks")
        self.assertIn("no entropy: the board has none to give", done.text)
        self.assertIn(done.status, (None, 1), done.text)  # it ends by itself, if it is not ended before
        self.assert_told(done, done.status, started=SPANS, delivered=0, dropped=SPANS, no_entropy=SPANS, connects=0)

    def test_nothing_of_libcs_heap_or_stdio_is_in_the_firmware(self):
        table = subprocess.run(["readelf", "-sW", self.firmware.elf], capture_output=True, text=True, check=True).stdout
        symbols = {fields[7] for fields in map(str.split, table.splitlines()) if len(fields) == 8}
        self.assertTrue(any(name.startswith("uspan_") for name in symbols), "nm read nothing of the firmware")
        self.assertEqual({symbol for symbol in symbols if OF_A_HOST.fullmatch(symbol)}, set())

    def test_every_pool_has_room_left_after_a_run(self):
        with Receiver(server_context(minimum=self.versions[-1])) as receiver:
            done = self.send_to(receiver)
        memory = done.memory()
        for name in ("flash_bytes", "ram_bytes", "stack_peak_bytes", "tls_heap_peak_bytes", "lwip_heap_bytes", "lwip_pbuf_pool",
                     "lwip_tcp_pcb", "lwip_tcp_seg", "span_slots", "text_blocks", "tracer_bytes"):
            self.assertIn(name, memory, done.text)
            most, size = memory[name]
            self.assertGreater(most, 0, name)
            if size is not None:
                self.assertLess(most, size, name)
        self.assertTrue(re.search(r"longest uspan_poll us [1-9]", done.text))
