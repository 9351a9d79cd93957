"""table.py: backend by feature, as the run found it, for tests/interop/README.md.

Invariant: a cell says yes only where a test of this run asked and it held; an empty cell was not asked."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "build"))
import pages  # noqa: E402
from tools import OUT, ROOT  # noqa: E402

FEATURES = ("tree", "names", "kinds", "messages", "tools", "tokens", "errors", "events", "links", "sessions",
            "partial success", "retry", "TLS 1.2, TLS 1.3, mutual TLS", "propagation")
WORDS = {"yes": "yes", "no": "**no**", "not offered": "not offered by it"}
# Asked by nobody: only what is sent to them is held, byte for byte, by test build.backends.
HOSTED = "Hosted: Alibaba CloudMonitor, Phoenix's cloud, Langfuse, Logfire, AgentOps, Braintrust, Scorecard, Keywords AI"
ACCOUNT = "needs an account"
# backend: the file of port/deps/interop that pins it, and where in it the version stands
PINNED = {"Arize Phoenix": ("phoenix.txt", r"^arize-phoenix==(\S+)"),
          "OpenTelemetry Collector": ("collector/go.mod", r"collector/receiver/otlpreceiver v(\S+)"),
          "Jaeger": ("jaeger.txt", r"Jaeger (\S+)$")}


def versioned(backend):
    if backend not in PINNED:
        return backend
    name, pattern = PINNED[backend]
    return f"{backend} {re.search(pattern, (ROOT / 'port/deps/interop' / name).read_text(), re.M)[1]}"


def word(found):
    """Of a row: all its features agree, or one that was asked for does not hold, or not all were asked for."""
    return WORDS[found.pop()] if len(found) == 1 and found <= set(WORDS) else WORDS["no"] if "no" in found else ""


def lines(cells):
    backends = list(dict.fromkeys(backend for backend, _ in cells))
    yield "| feature | " + " | ".join(map(versioned, backends)) + f" | {HOSTED} |"
    yield "| --- |" + " --- |" * len(backends) + " --- |"
    for row in FEATURES:
        found = [word({cells.get((backend, feature)) for feature in row.split(", ")}) for backend in backends]
        yield f"| {row} | " + " | ".join(found) + f" | {ACCOUNT} |"


def write(cells, into_page):
    """To build/interop/table.md; into_page: to the page of the table too."""
    unknown = {feature for _, feature in cells} - {feature for row in FEATURES for feature in row.split(", ")}
    if unknown:
        raise ValueError(f"no row for {unknown}")
    text = "\n".join(lines(cells)) + "\n"
    (OUT / "table.md").write_text(text, encoding="utf-8")
    print(text, end="")
    if into_page and pages.put("interop", text):
        print(f"{pages.name('interop')} has a new table")
