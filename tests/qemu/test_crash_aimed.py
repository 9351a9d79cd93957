#!/usr/bin/python3
"""test_crash_aimed.py: firmware faults at random instructions of a tool call, of a model call and of the code that exports. The
next boot delivers the trace. CRASHES=200 by hand.

Invariant: the failure message of a run contains its seed."""
import contextlib
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1] / "support"
sys.path[:0] = [str(SUPPORT / "peers"), str(SUPPORT)]
import crash_demo  # noqa: E402
import firmware  # noqa: E402
import qemu  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

CRASHES = int(os.environ.get("CRASHES", "6"))
# The functions that are reached, the largest number of times that they are, and whether the function has returned at the fault.
AIMS = {"tool": [("uspan_tool_begin", 2, True)],
        "chat": [("uspan_chat_begin", 2, True)],
        "export": [("uspan_exchange_begin", 1, False), ("uspan_otlp_read", 2, False), ("mbedtls_ssl_write", 2, False),
                   ("uspan_answer_feed", 1, False), ("uspan_batch_build", 1, False), ("uspan_batch_delivered", 1, False),
                   ("uspan_queue_finish_first", 4, False), ("uspan_exchange_step", 20, False)]}
SPANS = 6  # of a turn
LR, PC, XPSR = 14, 15, 25
IT_BITS = 0x0600FC00  # of xPSR: inside an IT block the next instructions may be skipped


class Stub:
    """The packets of gdb's remote protocol that this test needs."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        for _ in range(200):
            try:
                self.connection.connect(path)
                break
            except OSError:
                time.sleep(0.02)
        self.input = self.connection.makefile("rb")
        self.ask("qXfer:features:read:target.xml:0,ffb")  # before this packet, QEMU has no names of registers

    def ask(self, words):
        data = words.encode()
        self.connection.sendall(b"$" + data + b"#%02x" % (sum(data) % 256))
        while self.input.read(1) not in (b"$", b""):
            pass
        answer = bytearray()
        while (byte := self.input.read(1)) not in (b"#", b""):
            answer += byte
        self.input.read(2)
        self.connection.sendall(b"+")
        return answer.decode()

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    def go_to(self, address):
        """Run to an address. False: the machine ended first."""
        self.ask(f"Z0,{address:x},2")
        stopped = self.ask("c").startswith("T")
        if stopped:
            self.ask(f"z0,{address:x},2")
        return stopped

    def step(self):
        return self.ask("s").startswith("T")


class Fault(threading.Thread):
    """Runs a machine to a chosen function and some instructions further, and then causes a bus fault."""

    def __init__(self, path, symbols, aim, chance):
        super().__init__(daemon=True)
        self.path, self.symbols, self.aim, self.chance, self.where = path, symbols, aim, chance, None

    def run(self):
        stub = Stub(self.path)
        with stub.connection, stub.input, contextlib.suppress(OSError):  # the machine may end first
            self.lead(stub)

    def lead(self, stub):
        if self.aim == "export" and not stub.go_to(self.symbols["uspan_tool_begin"]):
            return  # before this call there is nothing to export
        function, most, returned = self.chance.choice(AIMS[self.aim])
        for _ in range(self.chance.randint(1, most)):
            if not stub.go_to(self.symbols[function]) or not stub.step():
                return
        if returned and not stub.go_to(stub.register(LR) & ~1):
            return
        for _ in range(self.chance.randint(0, 800)):
            if not stub.step():
                return
        while stub.register(XPSR) & IT_BITS:
            if not stub.step():
                return
        self.where = f"{function}, pc {stub.register(PC):#x}"
        stub.ask(f"P{PC:x}=" + self.symbols["board_fault"].to_bytes(4, "little").hex())
        stub.ask("c")


def symbols_of(elf):
    lines = subprocess.run(["arm-none-eabi-nm", elf], capture_output=True, text=True, check=True).stdout
    return {name: int(address, 16) for address, name in re.findall(r"^(\w+) [Tt] (\w+)$", lines, re.M)}


class Aimed(unittest.TestCase):
    def run_once(self, built, symbols, aim, seed):
        """(whether it faulted, problems)"""
        with Receiver(server_context()) as receiver, tempfile.TemporaryDirectory() as folder:
            fault = Fault(f"{folder}/gdb", symbols, aim, random.Random(seed))
            fault.start()
            done = qemu.run(built, {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces"},
                            more=["-S", "-chardev", f"socket,id=gdb,path={folder}/gdb,server=on,wait=off", "-gdb", "chardev:gdb"])
            fault.join(10)
            spans = list({(span.trace_id, span.span_id): span for span in receiver.spans}.values())
        if fault.where is None:
            return False, []
        problems = [] if done.status == 0 else [f"exit status {done.status}"]
        problems += crash_demo.faults(aim, spans, [])
        if aim == "export" and len(spans) != 2 * SPANS:
            problems.append(f"{len(spans)} spans arrived, not those of two turns")
        kept = re.search(r"kept over a reset: ended \d+ open \d+ lost (\d+)", done.text)
        if kept is None or kept.group(1) != "0":
            problems.append("spans were lost")
        return True, problems + ([fault.where, done.text] if problems else [])

    def test_faults_at_random_instructions_of_each_aim(self):
        built = firmware.build("mps2_an385", "-DUSPAN_KEEP=1")
        symbols = symbols_of(built.elf)
        told = []
        for number, aim in enumerate(AIMS):
            wanted = (CRASHES + len(AIMS) - 1 - number) // len(AIMS)
            taken, tried = 0, 0
            while taken < wanted:
                tried += 1
                self.assertLess(tried, 2 * wanted + 20, f"{aim}: the aim is not met")
                seed = random.randrange(1 << 32)
                was_taken, problems = self.run_once(built, symbols, aim, seed)
                self.assertEqual(problems, [], f"{aim}, seed {seed}")
                taken += was_taken
            told.append(f"{aim} {taken} of {tried} runs")
        print(", ".join(told))


if __name__ == "__main__":
    unittest.main()
