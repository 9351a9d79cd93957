"""table.py: backend by feature, as the run found it, for README.md.

Invariant: a cell says yes only where a test of this run asked and it held; an empty cell was not asked."""
import re

from tools import OUT, ROOT

FEATURES = ("tree", "names", "kinds", "messages", "tools", "tokens", "errors", "events", "links", "sessions",
            "partial success", "retry", "TLS 1.2, TLS 1.3, mutual TLS", "propagation")
WORDS = {"yes": "yes", "no": "**no**", "not offered": "not offered by it"}
# Asked by nobody: only what is sent to them is held, byte for byte, by test build.backends.
HOSTED = "Hosted: Alibaba CloudMonitor, Phoenix's cloud, Langfuse, Logfire, AgentOps, Braintrust, Scorecard, Keywords AI"
ACCOUNT = "needs an account"
BEGIN, END = "<!-- interop:begin -->\n", "<!-- interop:end -->"
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


def write(cells, into_readme):
    """To build/interop/table.md; into_readme: also between README.md's markers, where there are some."""
    unknown = {feature for _, feature in cells} - {feature for row in FEATURES for feature in row.split(", ")}
    if unknown:
        raise ValueError(f"no row for {unknown}")
    text = "\n".join(lines(cells)) + "\n"
    (OUT / "table.md").write_text(text, encoding="utf-8")
    print(text, end="")
    readme = ROOT / "README.md"
    old = readme.read_text(encoding="utf-8")
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if into_readme and begin and end and old != before + begin + text + end + after:
        readme.write_text(before + begin + text + end + after, encoding="utf-8")
        print("README.md has a new table")
