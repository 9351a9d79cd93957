"""studio_contract.py: AgentScope Studio's query routes, which give the data of its pages. If STUDIO_DIR names a built copy (its
folder with package.json, after npm install and npm run build), it is used. Otherwise the project's contract server is used.

Invariant: the checks read the response of a query route, never the request."""
import json
import os
import re
import shutil
import socket
import subprocess
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import propagation
import studio_pages
from studio import Studio
from tools import HOST, LIMIT_S, OUT, child, clean_environment, tail, unequal, until

CONTRACT = "AgentScope Studio 1.0.9 (its HTTP contract)"
ENTRY = "dist/server/src/index.js"
PAGE = {"page": 1, "pageSize": 100}
TREE = [(None, "invoke_agent gardener"), (0, "format dashscope"), (0, "chat qwen-max"), (0, "execute_tool read_soil"),
        (0, "execute_tool open_valve"), (0, "format dashscope"), (0, "chat qwen-max")]
CALLED = {"id": "call_1", "name": "read_soil", "arguments": {"bed": 3}, "type": "tool_call"}


class Built:
    def __init__(self, port):
        self.port = port

    def url(self, path="/v1/traces"):
        return f"http://localhost:{self.port}{path}"


def first_free():
    """The port that Studio will choose: the first free one from 3000 on."""
    for port in range(3000, 5001):
        try:
            with socket.create_server(("", port)):
                return port
        except OSError:
            continue
    raise RuntimeError("no free port for the Studio")


@contextmanager
def started(folder):
    """(name, studio): the built copy in that folder. It has a home of its own, and so a new database."""
    if not (Path(folder) / ENTRY).exists():
        raise RuntimeError(f"STUDIO_DIR: no {ENTRY} in {folder}; cure: npm install && npm run build there")
    home, log = OUT / "studio-data", OUT / "studio.log"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with child(["node", Path(folder).resolve() / ENTRY], log=log, cwd=folder, env=clean_environment(
            HOME=str(home), PORT=str(first_free()), NODE_ENV="production")) as process:
        port = until(lambda: re.search(r"Studio UI: +http://localhost:(\d+)", log.read_text(errors="replace")), process)
        if not port:
            raise RuntimeError("\n".join(["the Studio did not start", *tail(log)]))
        studio = Built(int(port[1]))
        yield f"AgentScope Studio {query(studio, 'getCurrentVersion')['version']}", studio


@contextmanager
def chosen():
    if os.environ.get("STUDIO_DIR"):
        with started(os.environ["STUDIO_DIR"]) as found:
            yield found
    else:
        with Studio() as studio:
            yield CONTRACT, studio


def query(studio, procedure, **given):
    url = studio.url(f"/trpc/{procedure}?input={quote(json.dumps(given))}")
    answer = json.load(urllib.request.urlopen(url, timeout=30))["result"]["data"]
    return answer.get("data", answer)


def spans_of(studio):
    return [span for one in query(studio, "getTraces", pagination=PAGE)["list"]
            for span in query(studio, "getTrace", traceId=one["traceId"])["spans"]]


def trace_of(studio, name):
    """The response of getTrace for the conversation of that name, which is played now."""
    known = {one["traceId"] for one in query(studio, "getTraces", pagination=PAGE)["list"]}
    subprocess.run([HOST / "tests" / "agentscope_oracle", name], stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=True,
                   env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=studio.url()))
    new = [one["traceId"] for one in query(studio, "getTraces", pagination=PAGE)["list"] if one["traceId"] not in known]
    return [query(studio, "getTrace", traceId=trace_id) for trace_id in new]


def of_loop(tally, name, trace):
    spans = trace["spans"]
    ids = [span["spanId"] for span in spans]
    tree = [(ids.index(span["parentSpanId"]) if span["parentSpanId"] else None, span["name"]) for span in spans]
    if not tally.check("the trace page's tree", unequal("tree", tree, TREE), name, "tree"):
        return
    tally.check("names and kinds", unequal(
        "operations", [span["attributes"]["gen_ai"]["operation"]["name"] for span in spans],
        [name.split()[0] for _, name in TREE])
                + unequal("kinds", [span["kind"] for span in spans], [1, 1, 3, 1, 1, 1, 3]), name, "names")
    tally.mark(name, "kinds", True)
    attributes = [span["attributes"] for span in spans]
    said = attributes[2]["gen_ai"]["output"]["messages"][0]
    tally.check("messages are objects, not text", unequal("parts", said["parts"][0], CALLED)
                + unequal("the agent's input", attributes[0]["gen_ai"]["input"]["messages"][0]["role"], "user"), name, "messages")
    tool = attributes[3]["gen_ai"]["tool"]
    tally.check("tools", unequal("call", (tool["name"], tool["call"]["id"], tool["call"]["arguments"]),
                                 ("read_soil", "call_1", {"bed": 3})), name, "tools")
    tally.check("tokens", unequal("of the trace", trace["totalTokens"], 412 + 37 + 498 + 24), name, "tokens")


def of_run(studio):
    """A registered run: its project, and the spans that carry its id."""
    done = subprocess.run([HOST / "tests" / "agent_under_test", studio.url(), f"studio={studio.url('')}", "run=device-run",
                           "project=greenhouse", "spans=3", "timeout=5000"], stdin=subprocess.DEVNULL, timeout=LIMIT_S,
                          capture_output=True, text=True, env=clean_environment())
    listed = query(studio, "getProjects", pagination=PAGE)["list"]
    ids = [span["attributes"].get("gen_ai", {}).get("conversation", {}).get("id") for span in spans_of(studio)]
    yield from unequal("delivered", json.loads(done.stdout)["delivered"], 3)
    yield from unequal("projects", [(one["project"], one["finished"], one["total"]) for one in listed], [("greenhouse", 1, 1)])
    yield from unequal("spans of the run", ids.count("device-run"), 3)


def as_received(studio, _):
    """Its spans as dicts of spans.py, with the fields that a tree needs."""
    return [{"trace_id": span["traceId"], "span_id": span["spanId"], "parent_span_id": span["parentSpanId"] or "",
             "name": span["name"]} for span in spans_of(studio)]


def run(tally):
    with chosen() as (name, studio):
        of_loop(tally, name, trace_of(studio, "tool_loop")[0])
        failed = [trace for trace in trace_of(studio, "failing_tool") if trace["status"] == 2]
        events = [event["name"] for trace in failed for span in trace["spans"] for event in span["events"]]
        tally.check("errors", unequal("messages", [trace["spans"][0]["status"]["message"] for trace in failed],
                                      ["the valve of bed 3 did not move"]), name, "errors")
        tally.check("events", unequal("events", events, ["exception"]), name, "events")
        links = [link for trace in trace_of(studio, "everything") for span in trace["spans"] for link in span["links"]]
        tally.check("links", unequal("links", len(links), 1), name, "links")
        tally.check("sessions: a run is registered, filled and done", of_run(studio), name, "sessions")
        propagation.check(tally, name, studio.url(), lambda count: as_received(studio, count))
        if isinstance(studio, Built):
            studio_pages.run(tally, studio, spans_of)
    with Studio(fail={"traces": [503, 503]}) as studio:  # the built one has no such option
        done = subprocess.run([HOST / "tests" / "agent_under_test", studio.url(), "spans=3", "timeout=5000"], timeout=LIMIT_S,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env=clean_environment())
        tally.check("503 twice: then stored", unequal("delivered", json.loads(done.stdout)["delivered"], 3)
                    + unequal("stored", query(studio, "getTraceStatistic")["totalSpans"], 3),
                    *((name, "retry") if name == CONTRACT else ()))
    tally.not_offered(name, "partial success", "TLS 1.2", "TLS 1.3", "mutual TLS")
