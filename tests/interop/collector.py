"""collector.py: the OpenTelemetry Collector, built from its Go modules, stores exactly the span data that uspan meant to send.

Invariant: the checks read the collector's own file, which its file exporter wrote. Its own receiver answers refusals, when its
pipeline refuses."""
import base64
import json
import shutil
import signal
import subprocess
from contextlib import contextmanager

import certs
import compare
import packed
import propagation
import spans as received
from conversations import played
from tools import HOST, LIMIT_S, OUT, child, clean_environment, free_ports, tail, unequal, until

NAME = "OpenTelemetry Collector"
AGENT, BARE = HOST / "examples" / "agent", HOST / "tests" / "agent_under_test"
DATA = OUT / "collector-data"
PLAIN = {"backpressure": {}}
# It accepts one request per interval, and gets two requests of one span each. If it states a time, uspan waits exactly that long:
# there is one retry, and none before. If it states none, there are many.
BUSY = {
    "429 with Retry-After": ({"every": "4s", "exhausted": True, "tells": True}, 1),
    "503 with Retry-After": ({"every": "4s", "tells": True}, 1),
    "503 without": ({"every": "2s"}, 1000),
}
# Less than any Go program uses, so the limiter refuses everything.
FULL = {"memory_limiter": {"check_interval": "100ms", "limit_mib": 2, "spike_limit_mib": 1}}


class Collector:
    """processors: the pipeline's, by name. tls: of the receiver. forgets: aspects (compare.py) that its store does not keep."""
    name, program, exporter, extensions, forgets = NAME, OUT / "collector" / "collector", "file", (), ()
    ended_by = signal.SIGTERM, signal.SIGKILL

    def __init__(self, processors=PLAIN, tls=None, port=None):
        self.port = port or free_ports(1)[0]
        self.secure = tls is not None
        self.file, self.log = DATA / f"{self.port}.json", DATA / f"{self.port}.log"
        http = {"endpoint": f"127.0.0.1:{self.port}"} | ({"tls": tls} if tls else {})
        self.config = {
            "receivers": {"otlp": {"protocols": {"http": http}}},
            "processors": processors, **self.storage(),
            "service": {"telemetry": {"metrics": {"level": "none"}, "logs": {"level": "info"}},
                        "extensions": self.extensions,
                        "pipelines": {"traces": {"receivers": ["otlp"], "processors": list(processors),
                                                 "exporters": [self.exporter]}}}}

    def storage(self):
        """The parts of the configuration that keep spans."""
        return {"exporters": {"file": {"path": str(self.file), "append": True}}}

    @contextmanager
    def started(self):
        DATA.mkdir(parents=True, exist_ok=True)
        settings = DATA / f"{self.port}.yaml"  # JSON is valid YAML
        settings.write_text(json.dumps(self.config))
        with child([self.program, f"--config=file:{settings}"], log=self.log, ended_by=self.ended_by,
                   env=clean_environment()) as process:
            if not until(lambda: b"Everything is ready" in self.log.read_bytes(), process):
                raise RuntimeError("\n".join([f"{self.name} did not start", *tail(self.log)]))
            yield self

    def url(self):
        return f"http{'s' if self.secure else ''}://localhost:{self.port}/v1/traces"

    def stored(self):
        """The spans in its file, as dicts of spans.py."""
        lines = self.file.read_text().split("\n")[:-1] if self.file.exists() else []
        return [span for line in lines if line for span in of_json(json.loads(line))]

    def spans(self, count):
        """The stored spans, once there are `count`, or after the time limit."""
        until(lambda: len(self.stored()) >= count, limit_s=30)
        return self.stored()

    def says(self, words):
        return until(lambda: words in self.log.read_text(), limit_s=30)


# ---- its JSON as dicts of spans.py ---------------------------------------------------------------------------------------

def value_of(value):
    kind, held = next(iter(value.items()))
    if kind == "intValue":
        return int(held)
    if kind == "doubleValue":
        return float(held)
    if kind == "arrayValue":
        return [value_of(item) for item in held.get("values", [])]
    if kind == "kvlistValue":
        return attributes_of(held.get("values", []))
    return {"bytes": base64.b64decode(held).hex()} if kind == "bytesValue" else held


def attributes_of(pairs):
    return {pair["key"]: value_of(pair["value"]) for pair in pairs}


def span_of(span, scope, schema):
    status = span.get("status", {})
    return {
        "trace_id": span["traceId"], "span_id": span["spanId"], "parent_span_id": span.get("parentSpanId", ""),
        "name": span["name"], "kind": received.KINDS[span["kind"]], "start_ns": int(span["startTimeUnixNano"]),
        "end_ns": int(span["endTimeUnixNano"]), "attributes": attributes_of(span.get("attributes", [])),
        "events": [{"name": event["name"], "time_ns": int(event["timeUnixNano"]),
                    "attributes": attributes_of(event.get("attributes", []))} for event in span.get("events", [])],
        "links": [{"trace_id": link["traceId"], "span_id": link["spanId"],
                   "attributes": attributes_of(link.get("attributes", []))} for link in span.get("links", [])],
        "status": {"code": received.STATUSES[status.get("code", 0)], "message": status.get("message", "")},
        "dropped": {key: span[key] for key in span if key.startswith("dropped")}, "schema_url": schema,
        "scope": {"name": scope.get("name", ""), "version": scope.get("version", "")}}


def of_json(request):
    return [span_of(span, scoped.get("scope", {}), scoped.get("schemaUrl", ""))
            for block in request["resourceSpans"] for scoped in block["scopeSpans"] for span in scoped["spans"]]


# ---- the checks ----------------------------------------------------------------------------------------------------------

def bare(collector, *arguments):
    """The accounts of the program under test. If an argument is given twice, the program uses the first one."""
    done = subprocess.run([BARE, collector.url(), *arguments, "timeout=5000", "settle=60000"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=LIMIT_S, env=clean_environment())
    return json.loads(done.stdout)


def kept(collector, name):
    """Differences between its stored spans of a conversation and those that the strict receiver had of the same."""
    wanted, faults = played(HOST / "tests" / "agentscope_oracle", name)
    known = {span["span_id"] for span in collector.stored()}
    done = subprocess.run([HOST / "tests" / "agentscope_oracle", name], stdin=subprocess.DEVNULL, timeout=LIMIT_S,
                          capture_output=True, text=True,
                          env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=collector.url()))
    stored = [span for span in collector.spans(len(known) + len(wanted)) if span["span_id"] not in known]
    faults += unequal("exit status", done.returncode, 0)
    return faults + unequal("spans", len(stored), len(wanted)) + [
        str(difference) for difference in compare.differences(wanted, stored) if difference.aspect not in collector.forgets]


def contents(tally, store=Collector):
    with store().started() as collector:
        for name, features in {"tool_loop": ("tree", "names", "kinds", "messages", "tools", "tokens", "sessions"),
                               "failing_tool": ("errors", "events"), "messages": ("messages",), "functions": (),
                               "everything": ("links", "events")}.items():
            faults = kept(collector, name)
            tally.check(f"stores {name} as it was sent", faults)
            for feature in features:
                tally.mark(store.name, feature, not faults)


def secure(tally, store=Collector):
    good, client, stranger = certs.get("good"), certs.get("client"), certs.get("client_other_ca")
    anchor = f"anchor={certs.get().ca_pem}"
    for version, words in ((12, "1.2"), (13, "1.3")):
        tls = {"cert_file": str(good.pem), "key_file": str(good.key), "min_version": words, "max_version": words}
        with store(tls=tls).started() as collector:
            accounts = bare(collector, anchor, f"tls={version}", "spans=5")
            tally.check(f"TLS {words}", unequal("delivered", accounts["delivered"], 5)
                        + unequal("stored", len(collector.spans(5)), 5), store.name, f"TLS {words}")
        with store(tls=tls | {"client_ca_file": str(good.ca_pem)}).started() as collector:
            accounts = bare(collector, anchor, f"tls={version}", f"cert={client.pem}", f"key={client.key}", "spans=5")
            tally.check(f"TLS {words} with a certificate of the device", unequal("delivered", accounts["delivered"], 5)
                        + unequal("stored", len(collector.spans(5)), 5), store.name, "mutual TLS")
            for what, held in (("without one", ()), ("with a stranger's", (f"cert={stranger.pem}", f"key={stranger.key}"))):
                refused = bare(collector, anchor, f"tls={version}", "settle=500", "deadline=500", *held)
                tally.check(f"TLS {words} {what}: refused, and the span is counted", unequal(
                    "accounts", (refused["delivered"], refused["balanced"], sum(refused["dropped"].values())), (0, 1, 1)),
                    store.name, "mutual TLS")
    other = certs.get("other_ca")
    with store(tls={"cert_file": str(other.pem), "key_file": str(other.key)}).started() as collector:
        refused = bare(collector, anchor, "settle=500", "deadline=500")
        tally.check("an authority that is not trusted: nothing is sent", unequal("delivered", refused["delivered"], 0)
                    + unequal("stored", collector.stored(), []), store.name, "TLS 1.3")


class Relay(Collector):
    """A collector on a device's side. It has room for one request, and sends on to another collector."""
    exporter = "otlp_http"

    def __init__(self, upstream):
        self.upstream = upstream
        super().__init__()

    def storage(self):
        return {"exporters": {"otlp_http": {
            "traces_endpoint": self.upstream.url(), "compression": "none",
            "sending_queue": {"queue_size": 1, "num_consumers": 1},
            "retry_on_failure": {"initial_interval": "50ms", "max_interval": "100ms", "max_elapsed_time": "0s"}}}}


def full_queue(tally):
    """A relay whose upstream cannot be reached fills up and answers 503. When the upstream is back, it sends everything on."""
    upstream = Collector()
    with Relay(upstream).started() as relay, child(
            [BARE, relay.url(), "rounds=5", "spans=4", "timeout=5000", "settle=300000"], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL, env=clean_environment()) as device:
        filled = relay.says("sending queue is full")
        with upstream.started():
            accounts = json.loads(device.communicate(timeout=LIMIT_S)[0])
            stored = upstream.spans(20)
    tally.check("its sending queue is full: 503, then stored once",
                ([] if filled else ["it was never full"]) + unequal("delivered", accounts["delivered"], 20)
                + ([] if accounts["retries"] else ["no retry"])
                + unequal("stored", (len(stored), len({span["span_id"] for span in stored})), (20, 20)), NAME, "retry")


def busy(tally):
    for words, (processor, retries) in BUSY.items():
        with Collector({"backpressure": processor}).started() as collector:
            accounts = bare(collector, "rounds=2", "spans=1")
            stored = collector.spans(2)
            tally.check(f"{words}: then stored once", unequal("delivered", accounts["delivered"], 2)
                        + ([] if 1 <= accounts["retries"] <= retries else [f"retries: {accounts['retries']}"])
                        + unequal("stored", (len(stored), len({span["span_id"] for span in stored})), (2, 2)), NAME, "retry")
    with Collector(FULL).started() as collector:
        limiting = collector.says("Refusing data")  # its first check of its memory
        refused = bare(collector, "settle=700", "deadline=300")
        tally.check("its memory limiter: 503, the span is kept until the deadline, then counted",
                    ([] if limiting else ["it does not limit"]) + unequal("last status", refused["last_status"], 503)
                    + unequal("dropped", refused["dropped"], {"deadline": 1}), NAME, "retry")


def run(tally):
    shutil.rmtree(DATA, ignore_errors=True)
    contents(tally)
    secure(tally)
    busy(tally)
    full_queue(tally)
    with Collector().started() as collector:
        propagation.check(tally, NAME, collector.url(), collector.spans)
    with Collector().started() as collector:
        packed.check(tally, NAME, collector.port, collector.spans)
    tally.not_offered(NAME, "partial success")
