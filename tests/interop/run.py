#!/usr/bin/python3
"""run.py: `make interop`: tests uspan against implementations by other authors.

Invariant: the last line is "N passed, M failed". The exit status is 0 only if nothing failed and something passed.
  run.py [--golden] [part ...]   parts: PARTS below; none given: all, and the table of tests/interop/README.md is written
                                 --golden: keep what the Python packages send now, for CI, and the picture, for README"""
import importlib
import os
import subprocess
import sys
import time
import traceback

import table
from tools import HOST, OUT, ROOT, Tally, tail

PARTS = ("servers", "tls", "proxy", "conversations", "openai_ingest", "models", "wire_cases", "studio_contract", "phoenix",
         "collector", "jaeger", "propagation", "mcp_sdks", "tier", "littlefs_spool", "matrix")
TARGETS = ("agentscope_oracle", "agentscope2_oracle", "openai_oracle", "utilgenai_oracle", "gateway_device", "model_device",
           "wire_replay", "agent_under_test", "example_agent", "matrix_agent", "example_mcp_device", "example_mcp_client")


def build():
    HOST.mkdir(parents=True, exist_ok=True)
    log, jobs = OUT / "host.log", os.environ.get("JOBS", "2")
    print("== interop: building", flush=True)
    with open(log, "wb") as words:
        for command in (["cmake", "-S", ROOT, "-B", HOST, "-DCMAKE_BUILD_TYPE=Debug", "-DUSPAN_TESTS_PYTHON=OFF"],
                        ["cmake", "--build", HOST, "-j", jobs, "--target", *TARGETS]):
            if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT).returncode:
                print("\n".join(tail(log, 40)))
                sys.exit("interop: uspan could not be built")


def main():
    parts = [word for word in sys.argv[1:] if word != "--golden"] or PARTS
    tally = Tally()
    build()
    for part in parts:
        if part not in PARTS:
            sys.exit(f"interop: no part {part}; there are {', '.join(PARTS)}")
        print(f"== interop: {part}", flush=True)
        start = time.monotonic()
        try:
            importlib.import_module(part).run(tally)
        except Exception:  # the other parts still run, and the totals stay the last line
            tally.check(part, traceback.format_exc().splitlines()[-6:])
        print(f"  {time.monotonic() - start:.0f} s", flush=True)
    table.write(tally.cells, into_page=tuple(parts) == PARTS)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.passed and not tally.failed else 1


if __name__ == "__main__":
    sys.exit(main())
