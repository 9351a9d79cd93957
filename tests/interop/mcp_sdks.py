"""mcp_sdks.py: tests MCP with the official SDKs and mcp-go. The Python SDK, traced by the OpenTelemetry SDK, calls the tools of
the example device, on the host and as firmware in QEMU. It also serves tools to the example agent, and so does mcp-go. The
TypeScript SDK calls the device with a context in _meta.

Invariant: both sides send to the store separately. The checks read the tree that the store has. The picture for README.md is
of Jaeger's own page, if JAEGER_UI_DIR names its pages (jaeger.py)."""
import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import collector
import mcp_board
from browser import browser
from jaeger import TODAY, UI, Jaeger
from receiver import Receiver
from tools import HOST, LIMIT_S, OUT, ROOT, clean_environment, tail, unequal

HERE = Path(__file__).resolve().parent
PYTHON = OUT / "oracles2" / "bin" / "python"  # AgentScope 2 depends on the SDK
MCP_GO = OUT / "mcp_go" / "mcp_go"
TYPESCRIPT = ROOT / "port/deps/interop/mcp_typescript"
DEVICE, AGENT = HOST / "examples" / "mcp_device", HOST / "examples" / "mcp_client"
KEPT, KEPT_BYTES_MAX = HERE / "mcp.png", 200_000
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def play(*command, **env):
    """(its lines, the received spans, faults) of a program. The receiver's URL replaces URL in its arguments and variables."""
    with Receiver() as receiver:
        url = receiver.url()
        done = subprocess.run([str(word).replace("URL", url) for word in command], stdin=subprocess.DEVNULL, timeout=LIMIT_S,
                              capture_output=True, text=True, env=clean_environment(
                                  **{key: value.replace("URL", url) for key, value in env.items()}))
    return done.stdout.splitlines(), receiver.spans, receiver.refused + unequal("exit status", done.returncode, 0) + [
        line for line in done.stderr.splitlines()[-5:] if done.returncode]


def branch(spans, name):
    """(name, kind, status) of the first span of that name, then of its parent and all further ancestors."""
    by_id, found = {span.span_id: span for span in spans}, []
    at = next((span for span in spans if span.name == name), None)
    while at is not None:
        found.append((at.name, at.proto.kind, at.status))
        at = by_id.get(at.parent_id)
    return found


def python_calls_the_device(tally):
    lines, spans, faults = play(PYTHON, "-B", HERE / "mcp_peer.py", "client", "URL", DEVICE)
    tally.check("the Python SDK lists and calls the device's tools", faults + unequal("words", lines, [
        "['open_valve', 'read_soil']", "read_soil 15 % False", "open_valve open False", "open_valve stuck True",
        "fly Unknown tool"]))
    tally.check("from the agent through tools/call to the valve, one trace", unequal("branch", branch(spans, "move valve"), [
        ("move valve", 1, "OK"), ("tools/call open_valve", 2, "OK"), ("MCP send tools/call open_valve", 3, "UNSET"),
        ("invoke_agent gardener", 1, "UNSET")]) + unequal("traces", len({span.trace_id for span in spans}), 2))
    served = {(span.name, span.attributes["jsonrpc.request.id"]): span for span in spans if span.proto.kind == 2
              and "jsonrpc.request.id" in span.attributes}
    stuck, unknown = served["tools/call open_valve", "5"], served["tools/call fly", "6"]
    tally.check("a tool that fails is an error, a tool that is not there none", unequal(
        "of the first", (stuck.status, stuck.attributes["error.type"]), ("ERROR", "tool_error")) + unequal(
        "of the other", (unknown.status, unknown.attributes["rpc.response.status_code"]), ("UNSET", "-32602")))
    keys = ("mcp.method.name", "gen_ai.operation.name", "gen_ai.tool.name", "jsonrpc.request.id", "mcp.protocol.version")
    mine = served["tools/call read_soil", "3"].attributes
    _, others, faults = play(AGENT, PYTHON, "-B", HERE / "mcp_peer.py", "server", "URL",
                             OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="URL")
    theirs = next((span.attributes for span in others if span.name == "tools/call read_soil"), {})
    tally.check("both servers' spans have the same name and keys", faults + unequal(
        "keys", [key for key in keys if key not in mine], [key for key in keys if key not in theirs]))
    tally.check("from the device's agent through its tool to the Python server's span, one trace", unequal(
        "branch", branch(others, "move valve"), [
            ("move valve", 1, "UNSET"), ("tools/call open_valve", 2, "UNSET"), ("execute_tool open_valve", 1, "OK"),
            ("invoke_agent gardener", 1, "OK")]) + unequal("traces", len({span.trace_id for span in others}), 1))


def typescript_calls_the_device(tally):
    if shutil.which("npm") is None:
        print("  left out: the TypeScript SDK needs npm")
        return
    folder, log = OUT / "mcp_typescript", OUT / "mcp_typescript.log"
    shutil.copytree(TYPESCRIPT, folder, dirs_exist_ok=True)
    if not (folder / "node_modules").is_dir():
        with open(log, "wb") as words:
            if subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=folder, stdout=words,
                              stderr=subprocess.STDOUT, env=dict(os.environ)).returncode:
                tally.check("the TypeScript SDK can be installed", tail(log))
                return
    lines, spans, faults = play("node", folder / "client.mjs", f"00-{TRACE}-{CALLER}-01", "URL", DEVICE)
    tally.check("the TypeScript SDK lists and calls the device's tools", faults + unequal("words", lines, [
        "open_valve read_soil", "read_soil 15 % false", "open_valve stuck true"]))
    calls = [span for span in spans if span.name.startswith("tools/call")]
    tally.check("its _meta is the parent of both calls", unequal(
        "parents", [(span.trace_id, span.parent_id) for span in calls], [(TRACE, CALLER)] * 2))


def in_jaeger(store, device):
    """{service: its spans} of the trace in which a valve moves. device: the service that has the valve."""
    found = {service: collector.of_json({"resourceSpans": [], **store.ask("/api/v3/traces", **{
        "query.service_name": service, **TODAY}).get("result", {})}) for service in ("cloud-agent", device)}
    trace = next((span["trace_id"] for span in found[device] if span["name"] == "move valve"), None)
    by_id = {span["span_id"]: span for spans in found.values() for span in spans if span["trace_id"] == trace}
    is_agent = {"invoke_agent gardener", "initialize"}  # each service's query gives complete traces, so names decide
    return {side: [span for span in by_id.values() if (span["name"] in is_agent and span["kind"] != "SERVER"
                                                       or span["name"].startswith("MCP send")) == (side == "cloud-agent")]
            for side in found}


def page_of(store, spans):
    """The faults of Jaeger's page of that trace. Its picture is in build/interop/."""
    with browser(OUT / "chromium_mcp") as page:
        page.call("Emulation.setDeviceMetricsOverride", width=1280, height=712, deviceScaleFactor=1, mobile=False)
        names = {span["name"] for span in spans}
        text = page.open(f"http://127.0.0.1:{store.pages}/trace/{spans[0]['trace_id']}", names)
        picture = page.picture()
    (OUT / "mcp.png").write_bytes(picture)
    if "--golden" in sys.argv:
        KEPT.write_bytes(picture)
    return ([] if 10_000 < len(picture) <= KEPT_BYTES_MAX else [f"{len(picture)} bytes"]) + [
        f"the page lacks {name}" for name in sorted(names) if name not in text]


def one_trace(tally, what, service, device):
    """Jaeger has one trace of both sides. device(URL): a context manager that gives the command of the device."""
    with Jaeger().started() as store, device(store.url()) as command:
        done = subprocess.run([PYTHON, "-B", HERE / "mcp_peer.py", "client", store.url(), *command], stdin=subprocess.DEVNULL,
                              timeout=LIMIT_S, capture_output=True, text=True, env=clean_environment())
        store.spans(16)
        sides = in_jaeger(store, service)
        by_id = {span["span_id"]: span for spans in sides.values() for span in spans}
        at, found = next((span for span in sides[service] if span["name"] == "move valve"), None), []
        while at is not None:
            found.append((at["name"], at["kind"]))
            at = by_id.get(at["parent_span_id"])
        held = tally.check(f"Jaeger has one trace, from the agent to {what}", unequal("exit status", done.returncode, 0)
                           + unequal("branch", found, [
                               ("move valve", "INTERNAL"), ("tools/call open_valve", "SERVER"),
                               ("MCP send tools/call open_valve", "CLIENT"), ("invoke_agent gardener", "INTERNAL")]))
        if held and UI:
            tally.check(f"Jaeger's page shows it, from the agent to {what}", page_of(store, list(by_id.values())))


def jaeger_has_one_trace(tally):
    if not UI:
        print("  left out: JAEGER_UI_DIR does not name Jaeger's pages, so there is no picture")
    one_trace(tally, "the valve", "greenhouse", lambda _: contextlib.nullcontext([DEVICE]))
    one_trace(tally, "the valve of firmware in QEMU", mcp_board.SERVICE, mcp_board.command)  # the last picture is kept


def the_agent_calls_mcp_go(tally):
    _, spans, faults = play(AGENT, MCP_GO, "URL", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="URL")
    tally.check("from the device's agent through its tool to mcp-go's spans, one trace", faults + unequal(
        "branch", branch(spans, "move valve"), [
            ("move valve", 1, "UNSET"), ("tool.open_valve", 1, "UNSET"), ("mcp.tools/call", 2, "UNSET"),
            ("execute_tool open_valve", 1, "OK"), ("invoke_agent gardener", 1, "OK")])
        + unequal("traces", len({span.trace_id for span in spans}), 1))


def run(tally):
    python_calls_the_device(tally)
    the_agent_calls_mcp_go(tally)
    jaeger_has_one_trace(tally)
    typescript_calls_the_device(tally)
