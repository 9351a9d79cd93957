"""compare.py: finds the differences between two traces of one conversation, and the project's decision that explains each.

Invariant: a difference is explained only by a rule that says what both sides must contain. A difference without a rule is a
fault. Rules D1 to D15 are the decisions where AgentScope, the OpenAI Agents SDK and OpenTelemetry's conventions disagree. Names
that begin with S are attributes and forms that a section of the project's span specification adds."""
import json
import re
from collections import Counter
from dataclasses import dataclass, field

ABSENT = type("Absent", (), {"__repr__": lambda self: "absent"})()
JSON_KEYS = re.compile(r"gen_ai\.(input|output)\.messages|gen_ai\.system_instructions|gen_ai\.tool\.definitions|"
                       r"gen_ai\.tool\.call\.(arguments|result)|gen_ai\.retrieval\.documents|"
                       r"agentscope\.function\.(input|output)|uspan\.error\.data|uspan\.trace\.metadata\..*")
CLIENT = {"chat", "embeddings", "generate_content", "text_completion", "transcription", "speech_generation", "list_tools",
          "create_agent", "retrieval"}
# Texts of Python's own objects, and texts that differ from run to run.
REPR = re.compile(r"(Msg|ToolResponse|ChatResponse)\(.*\)", re.S)
VARIES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}(_[0-9a-f]{6})?")
RULES = []


@dataclass
class Difference:
    """theirs, ours: spans (dicts of spans.py). aspect: kind, name, status, attribute, event, schema, scope, span.
    path: of an attribute's value if it is JSON. around: the two objects or lists that contain the two values."""
    theirs: dict
    ours: dict
    aspect: str
    key: str
    was: object
    now: object
    path: str = ""
    around: tuple = field(default=(None, None), repr=False)

    @property
    def operation(self):
        return (self.ours or self.theirs)["attributes"].get("gen_ai.operation.name")

    def __str__(self):
        name = (self.theirs or self.ours)["name"]
        return f"{name}: {self.aspect} {self.key}{self.path}: {shown(self.was)} there, {shown(self.now)} here"


def shown(value):
    return repr(value) if len(repr(value)) <= 300 else repr(value)[:297] + "..."


def rule(number, words):
    def add(function):
        RULES.append((number, words, function))
        return function
    return add


def explain(difference):
    """The number of the decision that explains it, or None."""
    return next((number for number, _, function in RULES if function(difference)), None)


# ---- rules ---------------------------------------------------------------------------------------------------------------

@rule("D1", "calls of remote models are CLIENT spans")
def kind(d):
    return d.aspect == "kind" and (d.was, d.now) == ("INTERNAL", "CLIENT") and d.operation in CLIENT


@rule("D2", "success is status Ok")
def status(d):
    return d.aspect == "status" and (d.was, d.now) == ("UNSET", "OK")


@rule("D3", "an error has its type")
def error_type(d):
    typed = d.aspect == "attribute" and d.key == "error.type" or d.aspect == "event" and d.key == "exception.type"
    return typed and d.was is ABSENT and isinstance(d.now, str) and d.theirs["status"]["code"] == "ERROR"


@rule("D4", "finish reasons are a list, and the real ones")
def finish_reasons(d):
    if d.aspect != "attribute":
        return False
    if d.key == "gen_ai.response.finish_reasons":
        return d.was == '["stop"]' and isinstance(d.now, list) and d.now and all(isinstance(r, str) for r in d.now)
    parts = d.around[1].get("parts", []) if isinstance(d.around[1], dict) else []
    return (d.key == "gen_ai.output.messages" and d.path.endswith(".finish_reason") and d.was == "stop" and d.operation == "chat"
            and d.now == "tool_call" and any(part["type"] == "tool_call" for part in parts))


@rule("D5", "the conversation's id has no quotes of its own")
def conversation_id(d):
    return d.key == "gen_ai.conversation.id" and isinstance(d.now, str) and d.was == json.dumps(d.now)


@rule("D5", "a conversation without an id has none")
def no_conversation(d):
    return d.key == "gen_ai.conversation.id" and (d.was, d.now) == ("[no_session_id]", ABSENT)


@rule("D6", "functions and tools belong to the conversation too")
def conversation_of_functions(d):
    return (d.key == "gen_ai.conversation.id" and d.was is ABSENT and isinstance(d.now, str)
            and d.operation in ("invoke_generic_function", "execute_tool"))


@rule("D7", "a part's media type is its mime_type")
def mime_type(d):
    there, here = d.around
    if not (d.path.endswith((".media_type", ".mime_type")) and isinstance(there, dict) and isinstance(here, dict)):
        return False
    return "media_type" not in here and there.get("media_type", ABSENT) == here.get("mime_type")


@rule("D8", "a tool's response keeps its structure")
def response(d):
    if not (d.path.endswith(".response") and isinstance(d.was, str) and d.aspect == "attribute"):
        return False
    return loaded(d.was) == d.now or text_of(loaded(d.was)) == d.now


def text_of(blocks):
    """The content of AgentScope 2's text blocks, without their ids and times."""
    texts = [block.get("text", ABSENT) for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    return texts[0] if len(texts) == 1 and texts[0] is not ABSENT and len(blocks) == 1 else ABSENT


@rule("D9", "complex attributes are JSON text")
def json_text(d):
    return d.aspect == "attribute" and isinstance(d.was, (list, dict)) and not d.path and loaded(d.now) == d.was


@rule("D10", "usage stands on model calls only")
def usage(d):
    return (d.key.startswith("gen_ai.usage.") and d.now is ABSENT and not d.path
            and d.operation in ("invoke_agent", "invoke_workflow", "invoke_generic_function"))


@rule("D11", "embeddings name their provider")
def provider(d):
    return d.key == "gen_ai.provider.name" and d.was is ABSENT and isinstance(d.now, str) and d.operation == "embeddings"


@rule("D14", "exceptions are span events, without Python's stack")
def exception(d):
    if d.aspect == "event" and (d.was, d.now) == (None, "exception"):  # OpenTelemetry's helper sends a log event instead
        return d.theirs["status"]["code"] == "ERROR"
    return d.aspect == "event" and d.key in ("exception.stacktrace", "exception.escaped") and d.now is ABSENT


@rule("D15", "scopes name the schema")
def schema(d):
    there = ("", "https://opentelemetry.io/schemas/1.37.0")
    return d.aspect == "schema" and d.was in there and d.now == "https://opentelemetry.io/schemas/1.38.0"


@rule("S4", "a streamed call says so, and when its first piece came")
def streamed(d):
    form = {"gen_ai.request.stream": bool, "gen_ai.response.time_to_first_chunk": float}.get(d.key)
    return form is not None and d.was is ABSENT and isinstance(d.now, form) and d.operation in ("chat", "speech_generation")


@rule("S4", "a call of OpenAI's Responses names its provider")
def responses(d):
    return (d.key == "gen_ai.provider.name" and d.was is ABSENT and d.now == "openai"
            and d.theirs["attributes"].get("openai.api.type") == "responses")


@rule("S6", "a tool has a type")
def tool_type(d):
    return d.key == "gen_ai.tool.type" and d.was is ABSENT and d.now == "function" and d.operation == "execute_tool"


@rule("S6", "a tool says whose it is")
def agent_of_tool(d):
    return d.key == "gen_ai.agent.name" and d.was is ABSENT and isinstance(d.now, str) and d.operation == "execute_tool"


@rule("S6", "a tool's result is JSON, not Python's print of an object")
def tool_result(d):
    return (d.key in ("gen_ai.tool.call.result", "agentscope.function.output") and d.operation == "execute_tool"
            and isinstance(d.was, str) and REPR.fullmatch(d.was) is not None and d.now is not ABSENT)


@rule("S6", "a tool's result is what the tool said, not AgentScope 2's envelope of it")
def tool_envelope(d):
    return (d.key == "gen_ai.tool.call.result" and not d.path and isinstance(d.was, dict) and {"content", "state"} <= set(d.was)
            and isinstance(d.now, str) and text_of(d.was["content"]) == d.now)


@rule("S3", "Studio's run page reads function input and output alone: they repeat messages, arguments and results")
def for_studio(d):
    same_text = {"agentscope.function.input": ("gen_ai.input.messages", "gen_ai.tool.call.arguments"),
                 "agentscope.function.output": ("gen_ai.output.messages", "gen_ai.tool.call.result")}.get(d.key, ())
    return d.was is ABSENT and d.now is not ABSENT and d.now in [d.ours["attributes"].get(key) for key in same_text]


@rule("S5", "tokens of a cache have the conventions' keys beside AgentScope's")
def cache_tokens(d):
    key = {"gen_ai.usage.cache_read.input_tokens": "cache_input_tokens",
           "gen_ai.usage.cache_creation.input_tokens": "cache_creation_input_tokens"}.get(d.key)
    return key is not None and d.was is ABSENT and d.now == d.theirs["attributes"].get(f"agentscope.usage.{key}")


@rule("S6", "vectors are not sent")
def vectors(d):
    return d.key == "agentscope.function.output" and d.operation == "embeddings" and d.path == ".embeddings" and d.now is ABSENT


@rule("S2", "a function's input and output are JSON, not Python's print of an object")
def printed(d):
    return (d.key in ("agentscope.function.input", "agentscope.function.output") and isinstance(d.was, str)
            and REPR.fullmatch(d.was) is not None and isinstance(d.now, dict))


@rule("S8", "who has no name has no member for it")
def no_name(d):
    return (d.key in ("gen_ai.input.messages", "gen_ai.output.messages") and d.path.endswith(".name") and d.was is None
            and d.now is ABSENT)


@rule("S8", "a block that AgentScope does not know is kept as a part of its own type")
def unknown_block(d):
    return (d.key in ("gen_ai.input.messages", "gen_ai.output.messages") and d.was is ABSENT and isinstance(d.now, dict)
            and d.now.get("type") == "sensor_frame")


@rule("S11", "an answer that broke off says so and keeps what came")
def broken_off(d):
    broken = d.was is ABSENT and d.operation == "chat" and d.ours["status"]["code"] == "ERROR"
    if d.key == "gen_ai.response.finish_reasons":
        return broken and d.now == ["error"]
    return broken and d.key == "gen_ai.output.messages" and all(m["finish_reason"] == "error" for m in loaded(d.now))


@rule("S13", "the scope is the library's")
def scope(d):
    return d.aspect == "scope" and d.now == "uspan"


# ---- the walk ------------------------------------------------------------------------------------------------------------

def loaded(value):
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return ABSENT


def same(was, now):
    """Whether two values have one type and are equal. Texts that differ from run to run count as equal to others of their
    kind."""
    if isinstance(was, str) and isinstance(now, str) and VARIES.fullmatch(was) and VARIES.fullmatch(now):
        return True
    return type(was) is type(now) and was == now


def leaves(was, now, path="", around=(None, None)):
    """(path, was, now, around) of each difference between two JSON values."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in [*was, *(key for key in now if key not in was)]:
            yield from leaves(was.get(key, ABSENT), now.get(key, ABSENT), f"{path}.{key}", (was, now))
    elif isinstance(was, list) and isinstance(now, list):
        yield from list_leaves(was, now, path)
    elif not same(was, now):
        yield path, was, now, around


def list_leaves(was, now, path):
    """Compare lists in step. An object with a type that only one of the lists has is skipped."""
    i = j = 0
    while i < len(was) or j < len(now):
        left, right = (was[i] if i < len(was) else ABSENT), (now[j] if j < len(now) else ABSENT)
        typed = isinstance(left, dict) and isinstance(right, dict) and left.get("type") != right.get("type")
        if typed and len(now) > len(was):
            yield f"{path}[{j}]", ABSENT, right, (was, now)
            j += 1
            continue
        yield from leaves(left, right, f"{path}[{j}]", (was, now))
        i, j = i + 1, j + 1


def of_attributes(theirs, ours, aspect, was, now):
    for key in [*was, *(key for key in now if key not in was)]:
        left, right = was.get(key, ABSENT), now.get(key, ABSENT)
        pair = loaded(left), loaded(right)
        if JSON_KEYS.fullmatch(key) and ABSENT not in pair:
            for path, a, b, around in leaves(*pair):
                yield Difference(theirs, ours, aspect, key, a, b, path, around)
        elif not same(left, right):
            yield Difference(theirs, ours, aspect, key, left, right)


def of_spans(theirs, ours):
    for key in ("name", "kind"):
        if theirs[key] != ours[key]:
            yield Difference(theirs, ours, key, "", theirs[key], ours[key])
    for key in ("code", "message"):
        if theirs["status"][key] != ours["status"][key]:
            yield Difference(theirs, ours, "status", "", theirs["status"][key], ours["status"][key])
    if theirs["schema_url"] != ours["schema_url"]:
        yield Difference(theirs, ours, "schema", "", theirs["schema_url"], ours["schema_url"])
    if theirs["scope"]["name"] != ours["scope"]["name"]:
        yield Difference(theirs, ours, "scope", "", theirs["scope"]["name"], ours["scope"]["name"])
    yield from of_attributes(theirs, ours, "attribute", theirs["attributes"], ours["attributes"])
    for n in range(max(len(theirs["events"]), len(ours["events"]))):
        left, right = (span["events"][n] if n < len(span["events"]) else None for span in (theirs, ours))
        if left is None or right is None or left["name"] != right["name"]:
            yield Difference(theirs, ours, "event", str(n), left and left["name"], right and right["name"])
        else:
            yield from of_attributes(theirs, ours, "event", left["attributes"], right["attributes"])
    links = [[link["attributes"] for link in span.get("links", [])] for span in (theirs, ours)]
    if links[0] != links[1]:
        yield Difference(theirs, ours, "links", "", *links)
    for lost in (theirs["dropped"], ours["dropped"]):
        if lost:
            yield Difference(theirs, ours, "dropped", "", theirs["dropped"], ours["dropped"])


def below(spans, parent):
    return sorted((span for span in spans if span["parent_span_id"] == parent), key=lambda span: span["start_ns"])


def differences(theirs, ours, parents=("", "")):
    """Every difference between two lists of spans (dicts of spans.py), tree by tree, in order of start."""
    left, right = below(theirs, parents[0]), below(ours, parents[1])
    for n in range(max(len(left), len(right))):
        if n >= len(left) or n >= len(right):
            lone = (left + right)[n] if n < len(left) else right[n]
            yield Difference(left[n] if n < len(left) else None, right[n] if n < len(right) else None, "span", lone["name"],
                             lone["name"] if n < len(left) else ABSENT, lone["name"] if n < len(right) else ABSENT)
            continue
        yield from of_spans(left[n], right[n])
        yield from differences(theirs, ours, (left[n]["span_id"], right[n]["span_id"]))


def judge(theirs, ours):
    """(how often each decision was needed, the differences that no decision explains). A span without its parent is a fault of
    the side that sent it."""
    explained, faults = Counter(), []
    for side, spans in (("there", theirs), ("here", ours)):
        ids = {span["span_id"] for span in spans} | {""}
        faults += [f"{span['name']}: parent absent {side}" for span in spans if span["parent_span_id"] not in ids]
        if not spans:
            faults.append(f"no spans {side}")
    for difference in differences(theirs, ours):
        number = explain(difference)
        if number is None:
            faults.append(str(difference))
        else:
            explained[number] += 1
    return explained, faults
