"""matrix.py: the agent's trace, plain and streamed, from the host and from firmware in QEMU, over plain HTTP and each kind of
TLS, to servers of four TLS libraries.

Invariant: every cell is one run. The program reports that all was delivered. The strict receiver has every span complete and
once. The server's own library reports the TLS version and whether the client sent a certificate.
OpenSSL and GnuTLS serve the receiver itself. Go's net/http with crypto/tls, and rustls, run in front of one of plain HTTP."""
import contextlib
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import tools
from tools import HOST, LIMIT_S, OUT, ROOT, child, until

sys.path.insert(0, str(ROOT / "tests" / "support"))
import certs
import demo
import firmware
import qemu
from gnutls import GnuTlsContext
from receiver import Receiver
from streams import server_context

AGENT = "../tests/interop/matrix_agent.c"
HTTP, TLS_1_2, TLS_1_3, MUTUAL = "HTTP", "TLS 1.2", "TLS 1.3", "mutual TLS 1.3"
ENDS = {"OpenSSL": (HTTP, TLS_1_2, TLS_1_3, MUTUAL), "GnuTLS": (TLS_1_2, TLS_1_3, MUTUAL),  # neither is involved in plain HTTP
        "Go": (HTTP, TLS_1_2, TLS_1_3, MUTUAL), "rustls": (TLS_1_2, TLS_1_3, MUTUAL)}
# Sources of traces: (name, board or None for the host, which traces, what it does not support). lm3s6965evb's budget of 112 KB
# of flash has room for TLS 1.2 without a client certificate. It has none for the reader of streams.
TRACES = ("plain", "streamed")
DEVICES = (("host", None, TRACES, ()), ("mps2_an385", "mps2_an385", TRACES, ()),
           ("lm3s6965evb", "lm3s6965evb", ("plain",), (TLS_1_3, MUTUAL)))
ANSWER = "Bed 3 is dry (12 %), but its valve is \u5361\u4f4f."


# ---- servers -------------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def direct(context):
    """A receiver with this TLS. Yields it, its port, and a function that returns (versions, clients) of its connections."""
    with Receiver(context) as receiver:
        yield receiver, receiver.port, lambda: ({c.tls_version or "HTTP" for c in receiver.connections},
                                                {bool(c.client_subject) for c in receiver.connections})


@contextlib.contextmanager
def before(program, version, client):
    """Like served(), but a program terminates TLS in front of a receiver of plain HTTP."""
    cert = certs.get()
    with Receiver() as receiver:
        log = OUT / "matrix" / f"{receiver.port}.log"
        words = [program, receiver.port, cert.pem, cert.key, cert.ca_pem, version, client]
        with child(words, log=log) as process:
            if not until(lambda: re.search(r"^listening \d+$", log.read_text(), re.M), process):
                raise RuntimeError(log.read_text())
            port = int(re.search(r"^listening (\d+)$", log.read_text(), re.M)[1])

            def told():
                lines = re.findall(r"^(?:TLSv1_|TLS 1\.)?(\S+) client (\w+)$", log.read_text(), re.M)
                return ({f"TLSv1.{minor}" if minor in "23" else minor for minor, _ in lines},
                        {who == "certified" for _, who in lines})
            yield receiver, port, told


def terminator(library):
    return OUT / f"terminator_{library.lower()}" / "terminator"


def server(library, link):
    """One of ENDS."""
    version = {TLS_1_2: "1.2", HTTP: "none"}.get(link, "1.3")
    client = "required" if link == MUTUAL else "none"
    if library == "OpenSSL":
        return direct(None if link == HTTP else server_context(minimum=version, maximum=version, client=client))
    if library == "GnuTLS":
        return direct(GnuTlsContext(priority=f"NORMAL:-VERS-ALL:+VERS-TLS{version}", client=client))
    return before(terminator(library), version, client)


# ---- devices -------------------------------------------------------------------------------------------------------------

def build(board, trace):
    """A board's firmware, with a certificate of its own if it can use one."""
    cert = certs.get("client")
    settings = [] if board == "lm3s6965evb" else [f"-DBOARD_CERT_FILE={cert.der}", f"-DBOARD_KEY_FILE={cert.key_der}"]
    return firmware.build(board, *settings, *([f"-DBOARD_AGENT={AGENT}"] if trace == "streamed" else []))


def run_host(trace, url):
    program = HOST / ("tests/matrix_agent" if trace == "streamed" else "examples/agent")
    cert = certs.get("client")
    environment = tools.clean_environment(
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=url, OTEL_EXPORTER_OTLP_CERTIFICATE=str(cert.ca_pem), OTEL_SERVICE_NAME="matrix",
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=str(cert.pem), OTEL_EXPORTER_OTLP_CLIENT_KEY=str(cert.key))
    done = subprocess.run([program], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=LIMIT_S)
    return [] if done.returncode == 0 else [f"exit status {done.returncode}", *done.stdout.splitlines()[-6:]]


def run_board(built, url):
    done = qemu.run(built, {"endpoint": url})
    return [] if done.status == 0 else [f"exit status {done.status}", *done.text.splitlines()[-30:]]


def streamed_faults(spans, twice):
    """Differences from the trace of matrix_agent.c, as texts."""
    faults = [f"span {key} arrived twice" for key in twice]
    counts = Counter(map(demo.operation, spans))
    if counts != {"invoke_agent": 1, "chat": 2, "execute_tool": 1}:
        return [*faults, f"spans: {dict(counts)}"]
    root = next(span for span in spans if demo.operation(span) == "invoke_agent")
    for span in spans:
        if span is not root and (span.parent_id, span.trace_id) != (root.span_id, root.trace_id):
            faults.append(f"{span.name} hangs elsewhere")
        if span.dropped or span.attributes.get("uspan.wire.unread"):
            faults.append(f"{span.name} lost {span.dropped}, unread {span.attributes.get('uspan.wire.unread')}")
    outputs = "".join(span.attributes.get("gen_ai.output.messages", "") for span in spans if demo.operation(span) == "chat")
    for text in (ANSWER, '"read_soil"', '{"bed":3}'):
        if text not in outputs.replace('\\"', '"'):
            faults.append(f"{text!r} is not in the outputs {outputs!r}")
    tokens = sorted(span.attributes.get("gen_ai.usage.output_tokens", 0) for span in spans)
    return faults if tokens == [0, 0, 24, 37] else [*faults, f"tokens {tokens}"]


# ---- cells ---------------------------------------------------------------------------------------------------------------

def cell(device, built, trace, library, link):
    """The faults of one cell, as texts."""
    judge = streamed_faults if trace == "streamed" else demo.faults
    with server(library, link) as (receiver, port, told):
        url = f"http{'' if link == HTTP else 's'}://{qemu.LOOPBACK if built else 'localhost'}:{port}/v1/traces"
        faults = run_board(built, url) if built else run_host(trace, url)
        faults += judge(list(receiver.spans), receiver.duplicates())
        faults += [text for text in receiver.refused if text != demo.QUESTION_FOR_DATE]
        wanted = {"HTTP" if link == HTTP else f"TLSv{'1.2' if link == TLS_1_2 else '1.3'}"}, {link == MUTUAL}
        if told() != wanted:
            faults.append(f"{library} saw {told()}, not {wanted}")
    return faults


def run(tally):
    (OUT / "matrix").mkdir(parents=True, exist_ok=True)
    missing = [library for library in ("Go", "rustls") if not terminator(library).exists()]
    for library in missing:
        print(f"  left out {library}: it was not built, see port/deps/interop.sh")
    builds = {(board, trace): board and build(board, trace) for _, board, traces, _ in DEVICES for trace in traces}
    jobs = [(name, builds[board, trace], trace, library, link) for name, board, traces, cannot in DEVICES for trace in traces
            for library, links in ENDS.items() for link in links if link not in cannot and library not in missing]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda job: cell(*job), jobs))
    for (name, _, trace, library, link), faults in zip(jobs, found):
        tally.check(f"{name}, {trace} trace, {link}, {library}", faults)
