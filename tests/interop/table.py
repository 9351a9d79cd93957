"""table.py: writes the table of backends and features for tests/interop/README.md, from the results of the run.

Invariant: a cell is yes only if a test of this run checked the feature and passed. An empty cell was not checked."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "build"))
import pages  # noqa: E402
from tools import OUT, ROOT  # noqa: E402

FEATURES = ("tree", "names", "kinds", "messages", "tools", "tokens", "errors", "events", "links", "sessions",
            "partial success", "retry", "TLS 1.2, TLS 1.3, mutual TLS", "propagation")
WORDS = {"yes": "yes", "no": "**no**", "not offered": "not offered by it"}
# Not tested here. Only the bytes sent to them are checked, by test build.backends.
HOSTED = "Hosted: Alibaba CloudMonitor, Phoenix's cloud, Langfuse, Logfire, AgentOps, Braintrust, Scorecard, Keywords AI"
ACCOUNT = "needs an account"
# backend: the file of port/deps/interop that pins it, and the pattern of its version there
PINNED = {"Arize Phoenix": ("phoenix.txt", r"^arize-phoenix==(\S+)"),
          "OpenTelemetry Collector": ("collector/go.mod", r"collector/receiver/otlpreceiver v(\S+)"),
          "Jaeger": ("jaeger.txt", r"Jaeger (\S+)$")}


def versioned(backend):
    if backend not in PINNED:
        return backend
    name, pattern = PINNED[backend]
    return f"{backend} {re.search(pattern, (ROOT / 'port/deps/interop' / name).read_text(), re.M)[1]}"


def word(found):
    """The word of a row: yes if all its features hold, no if a checked one does not hold, empty if not all were checked."""
    return WORDS[found.pop()] if len(found) == 1 and found <= set(WORDS) else WORDS["no"] if "no" in found else ""


def lines(cells):
    backends = list(dict.fromkeys(backend for backend, _ in cells))
    yield "| feature | " + " | ".join(map(versioned, backends)) + f" | {HOSTED} |"
    yield "| --- |" + " --- |" * len(backends) + " --- |"
    for row in FEATURES:
        found = [word({cells.get((backend, feature)) for feature in row.split(", ")}) for backend in backends]
        yield f"| {row} | " + " | ".join(found) + f" | {ACCOUNT} |"


def write(cells, into_page):
    """Write the table to build/interop/table.md. into_page: also to its page."""
    unknown = {feature for _, feature in cells} - {feature for row in FEATURES for feature in row.split(", ")}
    if unknown:
        raise ValueError(f"no row for {unknown}")
    text = "\n".join(lines(cells)) + "\n"
    (OUT / "table.md").write_text(text, encoding="utf-8")
    print(text, end="")
    if into_page and pages.put("interop", text):
        print(f"{pages.name('interop')} has a new table")
