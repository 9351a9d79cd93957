"""qemu.py: runs a board's firmware in QEMU. Its network is the host's loopback (10.0.2.2) only.

Invariant: a machine that was started has ended when run() returns, and ends with its parent. No port is opened.
Usage: qemu.py BOARD [SETTING=VALUE ...]   builds its firmware as firmware.py does, and shows a run: endpoint=URL, turns=N"""
import ctypes
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

LOOPBACK = "10.0.2.2"  # the host's loopback, as the guest sees it
DEADLINE_S = 300  # of a run that usually takes two. Then the machine is ended. Many machines may share two busy cores
MEMORY = re.compile(r"^  (\w+) (\d+)(?: of (\d+))?$", re.M)
NAMED = re.compile(r"\b([a-z_]+) -?(\d+)")


def semihosting(settings, _folder):
    """Settings as a command line, which the firmware reads from the host."""
    words = ["fw", *[f"{key}={value}" for key, value in settings.items()]]
    return ["-semihosting-config", ",".join(["enable=on,target=native", *[f"arg={word}" for word in words]])]


def settings_page(settings, folder):
    """Settings in the last page of riscv32_virt's flash (its link.ld), and a random number generator."""
    page = folder / "settings"
    page.write_bytes(b"".join(f"{key}={value}\0".encode() for key, value in settings.items()) + b"\0")
    return ["-device", f"loader,file={page},addr=0x8007f000,force-raw=on", "-device", "virtio-rng-device"]


# give: how the firmware receives settings and entropy. without_entropy: the same machine without an entropy source.
Machine = namedtuple("Machine", "program arguments nic give without_entropy")
CORTEX_M = "qemu-system-arm"
VIRTIO_NET = ["-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net"]
VIRT = ["-M", "virt", "-m", "16", "-bios", "none", "-global", "virtio-mmio.force-legacy=false"]
MACHINES = {
    "mps2_an385": Machine(CORTEX_M, ["-M", "mps2-an385"], ["-nic", "user,id=net,model=lan9118"], semihosting, []),
    "mps2_an386": Machine(CORTEX_M, ["-M", "mps2-an386"], ["-nic", "user,id=net,model=lan9118"], semihosting, []),
    "lm3s6965evb": Machine(CORTEX_M, ["-M", "lm3s6965evb"], ["-nic", "user,id=net,model=stellaris"], semihosting, []),
    "riscv32_virt": Machine("qemu-system-riscv32", VIRT, VIRTIO_NET, settings_page, []),
}


class Run:
    """The result of a run. text: the console. status: of the firmware, None if the machine had to be ended."""

    def __init__(self, text, status):
        self.text, self.status = text, status

    def account(self, name):
        """A number of the accounts that the firmware prints at its end."""
        found = dict(NAMED.findall(self.text.partition("accounts:")[2].partition("memory,")[0]))
        return int(found[name])

    def memory(self):
        """{name: (most used, size or None)} of the memory report."""
        return {name: (int(most), int(size) if size else None)
                for name, most, size in MEMORY.findall(self.text.partition("memory,")[2])}


PRCTL = ctypes.CDLL(None).prctl  # looked up before any fork: between fork and exec the process must not wait for a lock


def die_with_parent():
    PRCTL(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def read_until(process, until, deadline_s, show, watch):
    text, ends = "", time.monotonic() + deadline_s
    while time.monotonic() < ends:
        ready, _, _ = select.select([process.stdout], [], [], 0.2)
        piece = process.stdout.read1(65536).decode(errors="replace") if ready else None
        if piece == "":
            break
        text += piece or ""
        if show and piece:
            print(piece, end="", flush=True)
        if watch and piece:
            watch(text)
        if until and re.search(until, text):
            break
    return text


def command(firmware, settings, folder, entropy=True, more=(), flash=None):
    """The command that starts the machine. folder: for files that it needs. more: further arguments for QEMU, such as those of
    a second serial line. flash: as for run()."""
    machine = MACHINES[firmware.board]
    given = machine.give(settings or {}, Path(folder)) if entropy else machine.without_entropy
    image = ["-bios", str(firmware.elf), "-drive", f"if=pflash,unit=1,format=raw,file={flash}"] if flash else \
        ["-kernel", str(firmware.elf)]
    return [machine.program, *machine.arguments, *machine.nic, "-nographic", "-monitor", "none",
            "-serial", "stdio", *given, *more, *image]


def run(firmware, settings=None, entropy=True, until=None, deadline_s=DEADLINE_S, more=(), show=False, watch=None,
        flash=None):
    """Run to the firmware's end, to `until` (a regular expression) on its console, or to the deadline. Returns Run.
    watch: a function, called with all of the console's text whenever there is more of it. flash: a file of 32 MB,
    riscv32_virt's second bank. If it is given, QEMU does not load -kernel."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command(firmware, settings, folder, entropy, more, flash), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        try:
            text = read_until(process, until, deadline_s, show, watch)
            status = process.wait(10) if not until or process.poll() is not None else None
        except subprocess.TimeoutExpired:
            status = None
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
    return Run(text.replace("\r", ""), status)


def main(board=None, *given):
    import firmware
    if board not in MACHINES or not all("=" in one for one in given):
        sys.exit(f"usage: qemu.py BOARD [SETTING=VALUE ...]   boards: {', '.join(MACHINES)}")
    print(f"building the firmware of {board} (about a minute the first time)", flush=True)
    try:
        done = run(firmware.build(board), dict(one.split("=", 1) for one in given), show=True)
    except (RuntimeError, FileNotFoundError) as error:
        sys.exit(f"qemu.py: {error}")
    if done.status is None:
        return f"qemu.py: the firmware was still running after {DEADLINE_S} s and was ended; its output shows where it stopped"
    return done.status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
