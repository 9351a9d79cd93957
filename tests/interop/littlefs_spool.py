"""littlefs_spool.py: a spool in files of the real littlefs, on a simulated flash whose power is cut.

Invariant: after each cut, every record whose append returned is complete. A durable record costs at most 1.2 erases."""
import re
import subprocess

from tools import OUT, ROOT, tail

LFS = OUT / "littlefs" / "littlefs"
CUTS, RECORDS = 300, 5000


def run(tally):
    program, log = OUT / "littlefs_spool", OUT / "littlefs_build.log"
    core = [ROOT / "core/export" / name for name in ("spool_log.c", "spool_scan.c")]
    folders = [ROOT / name for name in ("core/include", "core", "proto", "proto/gen", "port/deps/src/nanopb", "port/flash")]
    with open(log, "wb") as words:
        built = subprocess.run(
            ["gcc", "-std=gnu11", "-O1", "-DUSPAN_SPOOL=1", "-DLFS_NO_DEBUG", "-DLFS_NO_WARN", "-DLFS_NO_ERROR",
             *(f"-I{folder}" for folder in [*folders, LFS]), ROOT / "tests/interop/littlefs/spool.c", *core, LFS / "lfs.c",
             LFS / "lfs_util.c", "-o", program], stdout=words, stderr=subprocess.STDOUT).returncode == 0
    if not tally.check("a spool over littlefs builds", [] if built else tail(log, 8)):
        return
    for what, least, most in (("cuts", CUTS, None), ("erases", RECORDS / 2, RECORDS * 1.2)):
        done = subprocess.run([program, what], capture_output=True, text=True, timeout=120)
        count = int((re.match(r"\d+", done.stdout) or ["0"])[0])
        faults = done.stderr.splitlines() if done.returncode else []
        if not least <= count <= (most or count):
            faults.append(f"{count} {what}, not {least:.0f} to {most or 'more'}")
        tally.check(f"a spool over littlefs: {done.stdout.strip() or what}", faults)
