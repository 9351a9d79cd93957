"""studio_pages.py: what a person sees in the built AgentScope Studio of the edge agent's turn: input and output of each span on
two pages, and the conversation. Pictures of run page, span dialog and trace page are in build/interop/.

Invariant: the fields that are counted are those that the pages' own code reads in Studio's store. A page without the texts that
a person expects is a fault."""
import json
import shutil
import sqlite3
import subprocess

from browser import browser
from llm import TEXT, Llm
from tools import LIMIT_S, OUT, ROOT, clean_environment, tail, unequal

# A separate build with the options of examples/backends/studio.h, and those that its page gives for a model that answers at
# once.
FOLDER = OUT / "studio"
OPTIONS = "-DUSPAN_STUDIO=1 -DUSPAN_PROFILE_AGENTSCOPE=1 -DUSPAN_STUDIO_MESSAGE_BYTES=4096"
SPANS = 9  # the agent's, four calls of the model, four of tools
# What each page shows as input and output. The first that exists is used: TraceDetailPage's extractInput(), and the run page's
# panel.
PAGES = {"trace page": (("gen_ai.{}.messages", "agentscope.function.{}", "{}"), ("input", "output")),
         "run page": (("agentscope.function.{}",), ("input", "output"))}


def built(tally):
    log = OUT / "studio_build.log"
    with open(log, "wb") as words:
        for command in (["cmake", "-S", ROOT, "-B", FOLDER, "-DCMAKE_BUILD_TYPE=Debug", "-DUSPAN_TESTS_PYTHON=OFF",
                         f"-DCMAKE_C_FLAGS={OPTIONS}"], ["cmake", "--build", FOLDER, "-j2", "--target", "example_edge_agent"]):
            if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT).returncode:
                return tally.check("the edge agent with USPAN_STUDIO can be built", tail(log))
    return True


def nested(attributes, key):
    for part in key.split("."):
        attributes = attributes.get(part) if isinstance(attributes, dict) else None
    return attributes


def shown(span, page):
    """Whether that page shows something under both headings."""
    keys, sides = PAGES[page]
    return all(any(nested(span["attributes"], key.format(side)) not in (None, "", 0) for key in keys) for side in sides)


def messages_of(studio_home):
    """[(role, kind of its first block)] of the pushed messages, as the run page reads them."""
    path = next(studio_home.rglob("database.sqlite"))
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute("select msg from message_table order by rowid").fetchall()
    return [(message["role"], message["content"][0]["type"]) for message in (json.loads(row[0]) for row in rows)]


def pictures(studio, run, trace_name):
    """The faults. The pictures are in build/interop/."""
    faults = []
    with browser(OUT / "chromium_studio") as page:
        for name, path, words in (
                ("studio_run", f"/projects/greenhouse/runs/{run}", ("Bed 3 was dry", "Using tool read_soil")),
                ("studio_trace", "/tracing", (trace_name, "1,166")),
                ("studio_span", None, ("Node Details", "Is bed 3 dry?", "I watered it"))):
            if path:
                text = page.open(f"http://127.0.0.1:{studio.port}{path}", words)
            else:  # the dialog of the trace that the previous page lists
                page.value(f"[...document.querySelectorAll('td')].find(n => n.innerText.trim() === {trace_name!r}).click()")
                text = page.shown(words)
            faults += [f"{name}: the page lacks {word!r}" for word in words if word not in text]
            (OUT / f"{name}.png").write_bytes(page.picture())
    return faults


def run(tally, studio, spans_of):
    """spans_of: all spans that the Studio stored."""
    if not built(tally):
        return
    known = {span["spanId"] for span in spans_of(studio)}
    with Llm() as model:
        done = subprocess.run([FOLDER / "examples" / "edge_agent"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=LIMIT_S, env=clean_environment(LLM_URL=model.url(), LLM_MODEL="qwen-max",
                                                                     USPAN_STUDIO_URL=studio.url(""),
                                                                     OTEL_SERVICE_NAME="greenhouse"))
    spans = [span for span in spans_of(studio) if span["spanId"] not in known]
    tally.check("the edge agent's turn is stored whole", unequal("exit status", done.returncode, 0)
                + unequal("spans", len(spans), SPANS) + ([] if TEXT in done.stdout else ["no answer"])
                + [line for line in done.stderr.splitlines() if "warn" in line])
    counts = {page: sum(shown(span, page) for span in spans) for page in PAGES}
    both = [span for span in spans if all(shown(span, page) for page in PAGES)]
    tally.check(f"{len(both)} of {SPANS} spans whose input and output both pages show",
                [f"{name}: {count} of {SPANS}" for name, count in counts.items() if count != SPANS]
                + [f"not {span['name']}" for span in spans if span not in both])
    tally.check("what was said, called and answered is in the conversation, in order", unequal(
        "messages", messages_of(OUT / "studio-data"), [("user", "text")]
        + 4 * [("assistant", "tool_use"), ("system", "tool_result")] + [("assistant", "text")]))
    if shutil.which("chromium"):
        run_id = nested(spans[0]["attributes"], "gen_ai.conversation.id")
        tally.check("pictures of run page, span dialog and trace page", pictures(studio, run_id, spans[0]["name"]))
