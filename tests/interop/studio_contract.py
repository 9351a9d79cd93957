"""studio_contract.py: AgentScope Studio's routes, as the project's contract server answers them: what its pages would show.

Invariant: what is judged is the answer of a query route, never the request."""
import json
import subprocess
import urllib.request
from urllib.parse import quote

from phoenix import unequal
from studio import Studio
from tools import HOST, LIMIT_S, clean_environment

NAME = "AgentScope Studio 1.0.9 (its HTTP contract)"
TREE = [(None, "invoke_agent gardener"), (0, "format dashscope"), (0, "chat qwen-max"), (0, "execute_tool read_soil"),
        (0, "execute_tool open_valve"), (0, "format dashscope"), (0, "chat qwen-max")]
CALLED = {"id": "call_1", "name": "read_soil", "arguments": {"bed": 3}, "type": "tool_call"}


def query(studio, procedure, **given):
    url = studio.url(f"/trpc/{procedure}?input={quote(json.dumps(given))}")
    answer = json.load(urllib.request.urlopen(url, timeout=30))["result"]["data"]
    return answer.get("data", answer)


def trace_of(studio, name):
    """What getTrace answers for the conversation of that name, played now."""
    known = {one["traceId"] for one in query(studio, "getTraces")["list"]}
    subprocess.run([HOST / "tests" / "agentscope_oracle", name], stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=True,
                   env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=studio.url()))
    new = [one["traceId"] for one in query(studio, "getTraces")["list"] if one["traceId"] not in known]
    return [query(studio, "getTrace", traceId=trace_id) for trace_id in new]


def of_loop(tally, trace):
    spans = trace["spans"]
    ids = [span["spanId"] for span in spans]
    tree = [(ids.index(span["parentSpanId"]) if span["parentSpanId"] else None, span["name"]) for span in spans]
    if not tally.check("the trace page's tree", unequal("tree", tree, TREE), NAME, "tree"):
        return
    tally.check("names and kinds", unequal("operations", [span["operationName"] for span in spans],
                                           [name.split()[0] for _, name in TREE])
                + unequal("kinds", [span["kind"] for span in spans], [1, 1, 3, 1, 1, 1, 3]), NAME, "names")
    tally.mark(NAME, "kinds", True)
    attributes = [span["attributes"] for span in spans]
    said = attributes[2]["gen_ai"]["output"]["messages"][0]
    tally.check("messages are objects, not text", unequal("parts", said["parts"][0], CALLED)
                + unequal("the agent's input", attributes[0]["gen_ai"]["input"]["messages"][0]["role"], "user"), NAME, "messages")
    tool = attributes[3]["gen_ai"]["tool"]
    tally.check("tools", unequal("call", (tool["name"], tool["call"]["id"], tool["call"]["arguments"]),
                                 ("read_soil", "call_1", {"bed": 3})), NAME, "tools")
    tally.check("tokens", unequal("of the trace", trace["totalTokens"], 412 + 37 + 498 + 24), NAME, "tokens")


def run(tally):
    with Studio() as studio:
        of_loop(tally, trace_of(studio, "tool_loop")[0])
        failed = [trace for trace in trace_of(studio, "failing_tool") if trace["status"] == 2]
        events = [event["name"] for trace in failed for span in trace["spans"] for event in span["events"]]
        tally.check("errors", unequal("messages", [trace["spans"][0]["status"]["message"] for trace in failed],
                                      ["the valve of bed 3 did not move"]), NAME, "errors")
        tally.check("events", unequal("events", events, ["exception"]), NAME, "events")
        links = [link for trace in trace_of(studio, "everything") for span in trace["spans"] for link in span["links"]]
        tally.check("links", unequal("links", len(links), 1), NAME, "links")
        done = subprocess.run([HOST / "tests" / "agent_under_test", studio.url(), f"studio={studio.url('')}", "run=device-run",
                               "project=greenhouse", "spans=3", "timeout=5000"], stdin=subprocess.DEVNULL, timeout=LIMIT_S,
                              capture_output=True, text=True, env=clean_environment())
        listed = query(studio, "getProjects")["list"]
        tally.check("sessions: a run is registered, filled and done",
                    unequal("delivered", json.loads(done.stdout)["delivered"], 3)
                    + unequal("projects", [(one["project"], one["finished"], one["total"]) for one in listed],
                              [("greenhouse", 1, 1)])
                    + unequal("spans of the run", len(studio.store.run_spans("device-run")), 3), NAME, "sessions")
    with Studio(fail={"traces": [503, 503]}) as studio:
        done = subprocess.run([HOST / "tests" / "agent_under_test", studio.url(), "spans=3", "timeout=5000"], timeout=LIMIT_S,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env=clean_environment())
        tally.check("503 twice: then stored", unequal("delivered", json.loads(done.stdout)["delivered"], 3)
                    + unequal("stored", query(studio, "getTraceStatistic")["totalSpans"], 3), NAME, "retry")
    tally.not_offered(NAME, "partial success", "TLS 1.2", "TLS 1.3", "mutual TLS")
