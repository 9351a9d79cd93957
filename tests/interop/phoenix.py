"""phoenix.py: Arize Phoenix stores uspan's spans and shows each as its kind. The checks use its REST and GraphQL APIs and its
page.

Invariant: each run has a new database, each start new ports. Every result about a feature comes from Phoenix's store."""
import json
import shutil
import ssl
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import certs
import firmware
import packed
import propagation
import qemu
from browser import browser
from tools import HOST, LIMIT_S, OUT, ROOT, child, clean_environment, free_ports, tail, unequal, until

NAME = "Arize Phoenix"
AGENT, TWIN, BARE = HOST / "examples" / "agent", HOST / "tests" / "agentscope_oracle", HOST / "tests" / "agent_under_test"
START_S = 300  # its first start creates its database
CALLS = [("call_1", "read_soil", {"bed": 3}), ("call_2", "open_valve", {"bed": 3, "seconds": 60})]
QUESTION = "Is bed 3 dry? Water it if it is."
ANSWER = "Bed 3 is dry (12 %), but its valve is stuck. Please have a look at it."
TREE = ["invoke_agent gardener", "  format dashscope", "  chat qwen-max", "  execute_tool read_soil",
        "  execute_tool open_valve", "  chat qwen-max"]
DATA = OUT / "phoenix-data"
BOARD = "mps2_an385"
KEPT = ROOT / "tests" / "interop" / "phoenix.png"  # README.md shows it
KEPT_BYTES_MAX = 200_000
KINDS = ["AGENT", "UNKNOWN", "LLM", "TOOL", "TOOL", "LLM"]  # a formatter has no kind in Phoenix


class Phoenix:
    """secure: by its own TLS options. mutual: devices must have certificates too."""

    def __init__(self, secure=False, mutual=False):
        self.port, self.grpc_port = free_ports(2)
        self.secure, self.mutual, self.context = secure or mutual, mutual, None
        self.log = OUT / f"phoenix{'-tls' * self.secure}{'-mutual' * mutual}.log"
        self.process = None

    @contextmanager
    def started(self):
        DATA.mkdir(parents=True, exist_ok=True)
        environment = clean_environment(
            HOME=str(DATA), PHOENIX_WORKING_DIR=str(DATA), PHOENIX_HOST="127.0.0.1", PHOENIX_PORT=str(self.port),
            PHOENIX_GRPC_PORT=str(self.grpc_port), PHOENIX_TELEMETRY_ENABLED="false",
            PHOENIX_ALLOW_EXTERNAL_RESOURCES="false")
        if self.secure:
            good, device = certs.get("good"), certs.get("client")
            environment |= {"PHOENIX_TLS_ENABLED_FOR_HTTP": "true", "PHOENIX_TLS_CERT_FILE": str(good.pem),
                            "PHOENIX_TLS_KEY_FILE": str(good.key)}
            if self.mutual:
                environment |= {"PHOENIX_TLS_VERIFY_CLIENT": "true", "PHOENIX_TLS_CA_FILE": str(good.ca_pem)}
            self.context = ssl.create_default_context(cafile=good.ca_pem)
            self.context.load_cert_chain(device.pem, device.key)
        with child([OUT / "phoenix" / "bin" / "phoenix", "serve"], log=self.log, env=environment) as self.process:
            yield self

    def ask(self, what, timeout_s=30):
        return urllib.request.urlopen(what, timeout=timeout_s, context=self.context)

    def ready(self):
        def answers():
            try:
                return self.ask(self.url("/healthz"), 5).status == 200
            except OSError:
                return False
        return until(answers, self.process, START_S)

    def url(self, path="/v1/traces"):
        return f"http{'s' * self.secure}://127.0.0.1:{self.port}{path}"

    def spans(self, project, count):
        """That project's spans in order of start, once there are `count` of them. Phoenix stores them asynchronously."""
        def stored():
            try:
                answer = self.ask(self.url(f"/v1/projects/{project}/spans?limit=100"))
            except OSError:
                return None
            found = json.load(answer)["data"]
            return found if len(found) >= count else None
        found = until(stored, self.process, 60) or []
        return sorted(found, key=lambda span: span["start_time"])

    def query(self, text):
        body = json.dumps({"query": text}).encode()
        request = urllib.request.Request(self.url("/graphql"), body, {"Content-Type": "application/json"})
        answer = json.load(self.ask(request))
        if answer.get("errors"):
            raise RuntimeError(f"Phoenix: {answer['errors']}")
        return answer["data"]

    def project(self, name, fields):
        edges = self.query("{ projects { edges { node { name " + fields + " } } } }")["projects"]["edges"]
        return next(edge["node"] for edge in edges if edge["node"]["name"] == name)


def send(program, phoenix, *arguments, project):
    done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S,
                          env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=phoenix.url(),
                                                OTEL_EXPORTER_OTLP_HEADERS=f"x-project-name={project}"))
    return [f"{program.name}: exit status {done.returncode}: {done.stderr.strip()}"] if done.returncode else []


def outline(spans, parent=None, depth=0):
    lines = []
    for span in spans:
        if span["parent_id"] == parent:
            lines += ["  " * depth + span["name"], *outline(spans, span["context"]["span_id"], depth + 1)]
    return lines


def messages(attributes, side):
    """[(role, content, tool calls)] of the flat attributes that Phoenix derives."""
    found, n = [], 0
    while f"llm.{side}_messages.{n}.message.role" in attributes:
        head, calls, k = f"llm.{side}_messages.{n}.message.", [], 0
        while f"{head}tool_calls.{k}.tool_call.function.name" in attributes:
            call = f"{head}tool_calls.{k}.tool_call."
            calls.append((attributes[f"{call}id"], attributes[f"{call}function.name"],
                          json.loads(attributes[f"{call}function.arguments"])))
            k += 1
        found.append((attributes[f"{head}role"], attributes.get(f"{head}content"), calls))
        n += 1
    return found


def of_messages(spans):
    agent, first, second = spans[0]["attributes"], spans[2]["attributes"], spans[5]["attributes"]
    asked = [("user", QUESTION, [])]
    yield from unequal("the agent's input", messages(agent, "input"), asked)
    yield from unequal("the agent's output", messages(agent, "output"), [("assistant", ANSWER, [])])
    yield from unequal("the first call's input", messages(first, "input"), asked)
    yield from unequal("the first call's output", messages(first, "output"), [("assistant", None, CALLS)])
    yield from unequal("the second call's input", messages(second, "input"), asked + [
        ("assistant", None, CALLS), ("tool", '{"moisture": 12}', []), ("tool", '{"error": "valve_stuck"}', [])])
    yield from unequal("model", first.get("llm.model_name"), "qwen-max")
    yield from unequal("parameters", json.loads(first.get("llm.invocation_parameters", "{}")),
                       {"temperature": 0.2, "max_tokens": 256})
    yield from unequal("finish reason", second.get("llm.finish_reason"), "stop")


def of_tools(spans):
    soil, valve = spans[3]["attributes"], spans[4]["attributes"]
    for call, tool in zip(CALLS, (soil, valve)):
        got = (tool.get("tool.id"), tool.get("tool.name"),
               {key[len("tool.parameters."):]: value for key, value in tool.items() if key.startswith("tool.parameters.")})
        yield from unequal("tool", got, call)
    yield from unequal("result", json.loads(soil.get("output.value", "null")), {"moisture": 12})
    yield from unequal("result of the tool that failed", valve.get("output.value"), None)


def of_errors(spans):
    valve = spans[4]
    yield from unequal("statuses", [span["status_code"] for span in spans], ["OK"] * 4 + ["ERROR", "OK"])
    yield from unequal("message", valve["status_message"], "the valve of bed 3 did not move")


def of_events(spans):
    found = [(event["name"], event["attributes"]) for span in spans for event in span["events"]]
    yield from unequal("events", found, [("exception", {"exception.type": "valve_stuck",
                                                        "exception.message": "the valve of bed 3 did not move"})])


def of_tokens(phoenix, spans):
    counted = [[span["attributes"].get(f"llm.token_count.{side}") for side in ("prompt", "completion", "total")]
               for span in spans if span["span_kind"] == "LLM"]
    yield from unequal("of the calls", counted, [[412, 37, 449], [498, 24, 522]])
    sums = phoenix.project("demo", "tokenCountPrompt tokenCountCompletion tokenCountTotal traceCount")
    del sums["name"]
    yield from unequal("of the project", {key: int(value) for key, value in sums.items()},
                       {"tokenCountPrompt": 910, "tokenCountCompletion": 61, "tokenCountTotal": 971, "traceCount": 1})


def of_sessions(phoenix):
    """Two turns of one conversation are one session."""
    faults = [fault for _ in range(2) for fault in send(TWIN, phoenix, "tool_loop", project="sessions")]
    if len(phoenix.spans("sessions", 14)) < 14:
        return faults + ["not all 14 spans were stored"]
    node = phoenix.project("sessions", "sessionCount sessions(first: 9) { edges { node { sessionId numTraces "
                           "firstInput { value } lastOutput { value } } } }")
    found = [edge["node"] for edge in node["sessions"]["edges"]]
    return faults + unequal("sessions", [(one["sessionId"], one["numTraces"]) for one in found], [("run-oracle", 2)])


def of_page(phoenix, spans):
    """What its page shows of the trace if the second call is selected. The picture is kept if requested."""
    project = phoenix.project("board", "id")["id"]
    url = phoenix.url(f"/projects/{project}/traces/{spans[0]['context']['trace_id']}?selectedSpanNodeId={spans[5]['id']}")
    wanted = [*(name.strip() for name in TREE), QUESTION, "read_soil", '"valve_stuck"', ANSWER, "temperature: 0.2", "522"]
    with browser(OUT / "browser") as page:
        text = page.open(url, wanted)
        picture = page.picture()
    (OUT / "phoenix.png").write_bytes(picture)
    if "--golden" in sys.argv:
        KEPT.write_bytes(picture)
    return [f"the page lacks {word!r}" for word in wanted if word not in text] + (
        [] if 20_000 < len(picture) <= KEPT_BYTES_MAX else [f"a picture of {len(picture)} bytes"])


def of_default(phoenix, count):
    """The spans of the default project, as dicts of spans.py, with the fields that Phoenix keeps."""
    return [{"name": span["name"], "parent_span_id": span["parent_id"] or "", **span["context"]}
            for span in phoenix.spans("default", count)]


def of_board(tally):
    """Firmware in QEMU. It trusts the authority of Phoenix's certificate and reads the time from its responses."""
    board, phoenix = firmware.build(BOARD, "-DUSPAN_RESOURCE=openinference.project.name=board"), Phoenix(secure=True)
    with phoenix.started():
        if not tally.check("starts with TLS", [] if phoenix.ready() else tail(phoenix.log)):
            return
        done = qemu.run(board, {"endpoint": phoenix.url().replace("127.0.0.1", qemu.LOOPBACK)}, deadline_s=LIMIT_S)
        spans = phoenix.spans("board", len(TREE))
        faults = [f"exit status {done.status}: {done.text}"] if done.status != 0 else unequal("tree", outline(spans), TREE)
        if tally.check(f"the trace of {BOARD}'s firmware, over TLS", faults, NAME, "tree"):
            tally.check("messages, tools and errors of it", [*of_messages(spans), *of_tools(spans), *of_errors(spans)], NAME,
                        "messages")
            tally.check("its page shows that trace", of_page(phoenix, spans), NAME, "tree")


def over_tls(tally):
    phoenix, device, stranger = Phoenix(mutual=True), certs.get("client"), certs.get("client_other_ca")
    anchor, own = f"anchor={device.ca_pem}", (f"cert={device.pem}", f"key={device.key}")

    def bare(project, *arguments):
        done = subprocess.run([BARE, phoenix.url(), *arguments, "timeout=5000", f"headers=x-project-name={project}"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, env=clean_environment())
        return json.loads(done.stdout)

    with phoenix.started():
        if not tally.check("starts with TLS on both sides", [] if phoenix.ready() else tail(phoenix.log)):
            return
        for words in ("1.2", "1.3"):
            project = f"tls-{words}"
            accounts = bare(project, anchor, *own, f"tls={words.replace('.', '')}", "spans=5")
            tally.check(f"TLS {words}, both sides verified", unequal("delivered", accounts["delivered"], 5)
                        + unequal("stored", len(phoenix.spans(project, 5)), 5), NAME, f"TLS {words}")
        for what, held in (("no certificate", (anchor,)),
                           ("a stranger's", (anchor, f"cert={stranger.pem}", f"key={stranger.key}")),
                           ("another authority trusted", (f"anchor={certs.directory() / 'other.pem'}", *own))):
            refused = bare("refused", *held, "settle=500", "deadline=500")
            tally.check(f"{what}: nothing is sent, and the span is counted", unequal(
                "accounts", (refused["delivered"], refused["balanced"], sum(refused["dropped"].values())), (0, 1, 1)),
                NAME, "mutual TLS")


def run(tally):
    shutil.rmtree(DATA, ignore_errors=True)
    phoenix = Phoenix()
    early = [BARE, phoenix.url(), "spans=3", "timeout=5000", f"settle={START_S * 1000}", "headers=x-project-name=early"]
    with child(early, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as device, phoenix.started():
        if not tally.check("starts", [] if phoenix.ready() else tail(phoenix.log)):
            return
        faults = send(AGENT, phoenix, project="demo")
        spans = phoenix.spans("demo", len(TREE))
        if not tally.check("the demo agent's trace is stored", faults + unequal("tree", outline(spans), TREE), NAME, "tree"):
            return
        tally.check("names", unequal("names", [span["name"] for span in spans], [name.strip() for name in TREE]), NAME, "names")
        tally.check("kinds", unequal("kinds", [span["span_kind"] for span in spans], KINDS), NAME, "kinds")
        tally.check("messages", of_messages(spans), NAME, "messages")
        tally.check("tools", of_tools(spans), NAME, "tools")
        tally.check("tokens", of_tokens(phoenix, spans), NAME, "tokens")
        tally.check("errors", of_errors(spans), NAME, "errors")
        tally.check("events", of_events(spans), NAME, "events")
        tally.check("sessions", of_sessions(phoenix), NAME, "sessions")
        propagation.check(tally, NAME, phoenix.url(), lambda count: of_default(phoenix, count))
        accounts = json.loads(device.communicate(timeout=LIMIT_S)[0])
        waited = unequal("delivered", accounts["delivered"], 3) + unequal("stored", len(phoenix.spans("early", 3)), 3)
        waited += [] if accounts["retries"] else ["it did not have to wait"]
        tally.check("spans of before its start wait and are stored, once", waited, NAME, "retry")
        packed.check(tally, NAME, phoenix.port, lambda count: phoenix.spans(packed.PROJECT, count))
    of_board(tally)
    over_tls(tally)
    tally.not_offered(NAME, "links", "partial success")
