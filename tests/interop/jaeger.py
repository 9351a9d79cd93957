"""jaeger.py: Jaeger, built from its Go module, stores the spans of uspan and finds them by service, operation and tag.

Invariant: all results come from Jaeger's query service, which its own pages use too. Its store is in its memory."""
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from urllib.parse import urlencode

import collector
import packed
import propagation
from tools import HOST, LIMIT_S, OUT, child, clean_environment, free_ports, unequal, until

AGENT, TWIN, BARE = HOST / "examples" / "agent", HOST / "tests" / "agentscope_oracle", HOST / "tests" / "agent_under_test"
FIRST, SECOND = "greenhouse-1", "greenhouse-2"
DAY = 86400
# Jaeger's Go module has no pages. JAEGER_UI_DIR names a built copy of them: the folder packages/jaeger-ui/build of jaeger-ui,
# at the version of the module.
UI = os.environ.get("JAEGER_UI_DIR")
TODAY = {"query.start_time_min": time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - DAY)),
         "query.start_time_max": time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + 2 * DAY)),
         "query.raw_traces": "true", "query.num_traces": 1000}


class Jaeger(collector.Collector):
    """Jaeger 2 is a collector with a store and a query service as extensions."""
    name, program, exporter = "Jaeger", OUT / "jaeger" / "jaeger", "jaeger_storage_exporter"
    extensions, forgets = ("jaeger_storage", "jaeger_query"), ("schema",)
    ended_by = (signal.SIGKILL,)  # it would wait ten seconds, and its store is in memory only

    def __init__(self, tls=None, port=None):
        self.pages, self.grpc = free_ports(2)
        super().__init__({}, tls, port)

    def storage(self):
        return {"exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
                "extensions": {"jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 1000}}}},
                               "jaeger_query": {"storage": {"traces": "memory"}, **({"ui": {"assets_path": UI}} if UI else {}),
                                                "http": {"endpoint": f"127.0.0.1:{self.pages}"},
                                                "grpc": {"endpoint": f"127.0.0.1:{self.grpc}"}}}}

    def ask(self, path, **given):
        url = f"http://127.0.0.1:{self.pages}{path}" + ("?" + urlencode(given) if given else "")
        try:
            return json.load(urllib.request.urlopen(url, timeout=30))
        except urllib.error.HTTPError as error:
            if error.code == 404:  # nothing found
                return {}
            raise

    def stored(self):
        """All stored spans in the form of OTLP: for each service, those recorded around today."""
        return [span for service in self.ask("/api/v3/services").get("services", [])
                for span in collector.of_json({"resourceSpans": [], **self.ask("/api/v3/traces", **{
                    "query.service_name": service, **TODAY}).get("result", {})})]

    def found(self, service, tags=None, **more):
        """The ids of the traces that its search page would list."""
        given = {"service": service, "limit": 100, **more} | ({"tags": json.dumps(tags)} if tags else {})
        return {trace["traceID"].zfill(32) for trace in self.ask("/api/traces", **given).get("data") or []}


def send(jaeger, service, program, *arguments):
    """The ids of the traces that it stored of that run."""
    known = {span["trace_id"] for span in jaeger.stored()}
    subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=LIMIT_S, check=True,
                   env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=jaeger.url(), OTEL_SERVICE_NAME=service))
    return until(lambda: {span["trace_id"] for span in jaeger.stored()} - known, limit_s=30) or set()


def search(tally):
    """The queries of its search form. FIRST has a conversation's trace and two traces of tools, SECOND the example agent's
    trace."""
    with Jaeger().started() as jaeger:
        loop, tools = send(jaeger, FIRST, TWIN, "tool_loop"), send(jaeger, FIRST, TWIN, "failing_tool")
        agent = send(jaeger, SECOND, AGENT)
        tally.check("search by service", unequal("services", sorted(jaeger.ask("/api/services")["data"]), [FIRST, SECOND])
                    + unequal("traces", [len(loop), len(tools), len(agent)], [1, 2, 1])
                    + unequal("of one", jaeger.found(FIRST), loop | tools) + unequal("of the other", jaeger.found(SECOND), agent)
                    + unequal("of none", jaeger.found("greenhouse-3"), set()))
        operations = jaeger.ask(f"/api/services/{SECOND}/operations")["data"]
        failed = jaeger.found(FIRST, operation="execute_tool stuck_valve")
        tally.check("search by operation", unequal("operations", sorted(operations), [
            "chat qwen-max", "execute_tool open_valve", "execute_tool read_soil", "format dashscope", "invoke_agent gardener"])
            + unequal("of the loop", jaeger.found(FIRST, operation="execute_tool open_valve"), loop)
            + unequal("of a tool", len(failed & tools), 1)
            + unequal("of none", jaeger.found(FIRST, operation="execute_tool shut_valve"), set()))
        by_tag = [({"gen_ai.tool.name": "stuck_valve"}, failed), ({"error.type": "RuntimeError"}, failed),
                  ({"gen_ai.tool.name": "no_such_tool"}, tools - failed),
                  ({"gen_ai.request.model": "qwen-max", "gen_ai.operation.name": "chat"}, loop),
                  ({"gen_ai.usage.input_tokens": "412"}, loop), ({"gen_ai.request.model": "qwen-min"}, set())]
        tally.check("search by tag", [fault for tags, wanted in by_tag
                                      for fault in unequal(f"by {tags}", jaeger.found(FIRST, tags), wanted)])


def late(tally):
    """Spans recorded before its start."""
    port = free_ports(1)[0]
    url = f"http://localhost:{port}/v1/traces"
    with child([BARE, url, "spans=3", "timeout=5000", "settle=300000"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
               text=True, env=clean_environment()) as device, Jaeger(port=port).started() as jaeger:
        accounts = json.loads(device.communicate(timeout=LIMIT_S)[0])
        tally.check("spans of before its start wait and are stored, once",
                    unequal("delivered", accounts["delivered"], 3) + unequal("stored", len(jaeger.spans(3)), 3)
                    + ([] if accounts["retries"] else ["it did not have to wait"]), Jaeger.name, "retry")


def run(tally):
    shutil.rmtree(collector.DATA, ignore_errors=True)
    collector.contents(tally, Jaeger)
    search(tally)
    collector.secure(tally, Jaeger)
    late(tally)
    with Jaeger().started() as jaeger:
        propagation.check(tally, Jaeger.name, jaeger.url(), jaeger.spans)
    with Jaeger().started() as jaeger:
        packed.check(tally, Jaeger.name, jaeger.port, jaeger.spans)
    tally.not_offered(Jaeger.name, "partial success")
