#!/usr/bin/python3
"""run.py: `make interop`: tests uspan against implementations by other authors.

Invariant: the last line is "N passed, M failed". The exit status is 0 only if nothing failed and something passed.
  run.py [--golden] [part ...]   parts: PARTS below; none given: all, and the table of tests/interop/README.md is written
                                 --golden: keep what the Python packages send now, for CI, and the picture, for README
  run.py --peers | --goals [part ...]   prints what the parts need: names of port/deps/interop.sh, goals of port/deps/setup.sh"""
import importlib
import os
import subprocess
import sys
import time
import traceback

import table
from tools import HOST, OUT, ROOT, Tally, tail

BOARDS, PAGES = ("firmware", "machine"), ("browser",)
NEEDS = {  # part: (peers, goals of setup.sh)
    "servers": ((), ("interop",)), "tls": (("terminator_go",), ("interop",)), "proxy": ((), ("interop",)),
    "conversations": (("oracles", "oracles2"), ("interop",)), "openai_ingest": (("oracles",), ("interop",)),
    "models": (("models",), ("interop",)), "wire_cases": (("models",), ("interop",)),
    "studio_contract": ((), ("interop", *PAGES)), "phoenix": (("phoenix", "oracles"), ("interop", *PAGES, *BOARDS)),
    "collector": (("collector",), ("interop", *BOARDS)), "jaeger": (("jaeger", "oracles"), ("interop", *BOARDS)),
    "propagation": (("oracles",), ("interop",)), "mcp_sdks": (("oracles2", "jaeger", "mcp_go"), ("interop", *PAGES, *BOARDS)),
    "tier": (("tier", "collector"), ("interop",)), "littlefs_spool": (("littlefs",), ("fleet",)),
    "matrix": (("terminator_go", "terminator_rustls"), ("interop", *BOARDS))}
PARTS = tuple(NEEDS)
WITHOUT_BUILD = ("littlefs_spool",)  # parts that build what they need themselves
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
    parts = [word for word in sys.argv[1:] if not word.startswith("--")] or PARTS
    for part in parts:
        if part not in PARTS:
            sys.exit(f"interop: no part {part}; there are {', '.join(PARTS)}; alone: pico_w, espidf, freertos, declared")
    if {"--peers", "--goals"} & set(sys.argv):
        kind = 0 if "--peers" in sys.argv else 1
        print(*dict.fromkeys(name for part in parts for name in NEEDS[part][kind]))
        return 0
    tally = Tally()
    if not set(parts) <= set(WITHOUT_BUILD):
        build()
    for part in parts:
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
