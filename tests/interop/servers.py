"""servers.py: runs the hermetic tests of tests/net, TLS and HTTP with OpenSSL and GnuTLS, on this run's own build.

Invariant: the totals in the last line of each test are added here."""
import re
import subprocess

from tools import HOST, ROOT, STRICT, clean_environment

TESTS = ("delivery", "hostile", "peers")
FEATURES = {"test_delivery": ("retry", "partial success", "TLS 1.2", "TLS 1.3", "mutual TLS")}


def run(tally):
    environment = clean_environment(USPAN_BUILD_DIR=str(HOST), USPAN_SOURCE_DIR=str(ROOT), USPAN_SANITIZE="",
                                    USPAN_PROTO_DIR=str(ROOT / "port/deps/src/opentelemetry-proto"))
    for test in (ROOT / "tests" / "net" / f"test_{name}.py" for name in TESTS):
        done = subprocess.run(["/usr/bin/python3", "-B", test], env=environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900)
        totals = re.findall(r"^(\d+) passed, (\d+) failed$", done.stdout, re.M)
        passed, failed = map(int, totals[-1]) if totals else (0, 1)
        faults = done.stdout.splitlines()[-20:] or ["no output"] if failed or done.returncode or not passed else []
        tally.check(f"{test.stem}: {passed} passed, {failed} failed", faults)
        for feature in FEATURES.get(test.stem, ()):
            tally.mark(STRICT, feature, not faults)
        tally.passed += passed - (not faults)
        tally.failed += failed - bool(faults) if failed else 0
