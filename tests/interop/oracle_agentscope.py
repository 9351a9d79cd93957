"""oracle_agentscope.py: AgentScope itself, with a model that answers from a script, traced by its own decorators.

Invariant: this program writes no span attribute. Everything that arrives is AgentScope 1.0.21's record of these calls."""
import sys

import agentscope
import oracle
from agentscope.agent import AgentBase, ReActAgent
from agentscope.embedding import EmbeddingModelBase, EmbeddingResponse
from agentscope.formatter import DashScopeChatFormatter, FormatterBase, OpenAIChatFormatter
from agentscope.message import Msg, TextBlock, ThinkingBlock, ToolUseBlock
from agentscope.model import ChatModelBase, ChatResponse
from agentscope.model._model_usage import ChatUsage
from agentscope.tool import Toolkit, ToolResponse
from agentscope.tracing import trace, trace_embedding, trace_format, trace_llm, trace_reply

USER = {"role": "user", "content": oracle.QUESTION}


def text(content):
    return TextBlock(type="text", text=content)


def call(call_id, name, **arguments):
    return ToolUseBlock(type="tool_use", id=call_id, name=name, input=arguments)


def response(number, blocks, used_in, used_out):
    return ChatResponse(id=f"resp-{number}", content=blocks, usage=ChatUsage(used_in, used_out, 0.1))


class DashScopeChatModel(ChatModelBase):
    """AgentScope derives the provider from its name. script: answers, lists of chunks, or exceptions."""

    def __init__(self, *script, stream=False):
        super().__init__("qwen-max", stream)
        self.script = list(script)

    @trace_llm
    async def __call__(self, messages, **kwargs):
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return self.chunks(answer) if isinstance(answer, list) else answer

    async def chunks(self, answer):
        for chunk in answer:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


class StrangeModel(DashScopeChatModel):
    """A model of an unknown provider."""


class TextEmbedding(EmbeddingModelBase):
    @trace_embedding
    async def __call__(self, texts, **kwargs):
        if not texts:
            raise ValueError("nothing to embed")
        return EmbeddingResponse(embeddings=[[0.5, 0.25] for _ in texts])


class StrangeFormatter(FormatterBase):
    @trace_format
    async def format(self, msgs, **kwargs):
        if not msgs:
            raise TypeError("no messages")
        return [USER]


class Echo(AgentBase):
    """Answers with the given text."""

    def __init__(self, name, answer):
        super().__init__()
        self.name, self.id, self.answer = name, "agent-2", answer

    @trace_reply
    async def reply(self, msg=None):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def observe(self, msg):
        pass


def gardener(model, toolkit=None):
    agent = ReActAgent("gardener", "You run a greenhouse.", model, DashScopeChatFormatter(), toolkit)
    agent.id = "agent-1"
    agent.set_console_output_enabled(False)
    return agent


async def read_soil(bed: int) -> ToolResponse:
    """Moisture of a bed.

    Args:
        bed (int): its number
    """
    return ToolResponse(content=[text(f"bed {bed}: 12 %")], id="tool-1")


async def open_valve(bed: int, seconds: int) -> ToolResponse:
    """Opens a valve."""
    yield ToolResponse(content=[text("opening")], stream=True, is_last=False, id="tool-2")
    yield ToolResponse(content=[text(f"bed {bed} got {seconds} s")], stream=True, id="tool-2")


async def stuck_valve(bed: int) -> ToolResponse:
    """Opens a valve that is stuck."""
    raise_for(bed)
    yield ToolResponse(content=[])


def raise_for(bed):
    raise RuntimeError(f"the valve of bed {bed} did not move")


def tools(*functions):
    kit = Toolkit()
    for function in functions:
        kit.register_tool_function(function)
    return kit


async def drain(chunks):
    async for _ in chunks:
        pass


async def failing(awaited):
    try:
        await awaited
    except Exception:
        return
    sys.exit("oracle: a conversation that was to fail did not")


async def plain_chat():
    await DashScopeChatModel(response(1, [text(oracle.ANSWER)], 19, 12))(
        [USER], temperature=0.2, top_p=0.9, top_k=40, max_tokens=256, presence_penalty=0.5, frequency_penalty=0.25,
        stop_sequences=["END", "STOP"], seed=7)
    await StrangeModel(response(2, [ThinkingBlock(type="thinking", thinking="12 < 20")], 3, 4))([USER], temperature=0.0)


async def streaming_chat():
    pieces = ["Bed 3", " is dry", " and the valve is stuck."]
    chunks = [response(3, [text("".join(pieces[:n + 1]))], 19, n + 1) for n in range(3)]
    await drain(await DashScopeChatModel(chunks, stream=True)([USER]))


async def tool_loop():
    wants = [call("call_1", "read_soil", bed=3), call("call_2", "open_valve", bed=3, seconds=60)]
    model = DashScopeChatModel(response(4, wants, 412, 37), response(5, [text(oracle.ANSWER)], 498, 24))
    await gardener(model, tools(read_soil, open_valve))(Msg("user", oracle.QUESTION, "user"))


async def failing_model():
    await failing(gardener(DashScopeChatModel(ConnectionError("no route to the model")))(Msg("user", oracle.QUESTION, "user")))
    half = response(6, [text("Bed 3")], 19, 1)
    stream = await DashScopeChatModel([half, TimeoutError("the model fell silent")], stream=True)([USER])
    await failing(drain(stream))


async def failing_tool():
    await failing(drain(await tools(stuck_valve).call_tool_function(call("call_1", "stuck_valve", bed=3))))
    await drain(await Toolkit().call_tool_function(call("call_2", "no_such_tool")))


async def formatter():
    msgs = [Msg("system", "You run a greenhouse.", "system"), Msg("user", oracle.QUESTION, "user")]
    await DashScopeChatFormatter().format(msgs)
    await OpenAIChatFormatter().format(msgs)
    await StrangeFormatter().format(msgs)
    await failing(StrangeFormatter().format([]))


async def embeddings():
    await TextEmbedding("text-embedding-v4", 2)(["dry", "wet"], dimensions=2)
    await failing(TextEmbedding("text-embedding-v4", 2)([]))


async def nested_agents():
    async def ask_botanist(question: str) -> ToolResponse:
        """Hands over to the botanist."""
        botanist = Echo("botanist", Msg("botanist", "It is a fern.", "assistant"))
        botanist.set_console_output_enabled(False)
        said = await botanist(Msg("gardener", question, "assistant"))
        return ToolResponse(content=[text(said.content)], id="tool-3")
    model = DashScopeChatModel(response(7, [call("call_1", "ask_botanist", question="What grows in bed 3?")], 30, 9),
                               response(8, [text("A fern.")], 44, 3))
    await gardener(model, tools(ask_botanist))(Msg("user", "What grows in bed 3?", "user"))


async def messages():
    inline = {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"}
    blocks = [
        text('A "quoted" word, a tab\tand über 温室 🌱'), ThinkingBlock(type="thinking", thinking="12 % < 20 %"),
        call("call_1", "read_soil", bed=3, deep={"list": [1, 2.5, None, True]}),
        {"type": "tool_result", "id": "call_1", "name": "read_soil", "output": "bed 3: 12 %"},
        {"type": "tool_result", "id": "call_2", "name": "look", "output": [text("green")]},
        {"type": "image", "source": inline}, {"type": "image", "source": {"type": "url", "url": "https://ex.test/a.png"}},
        {"type": "audio", "source": {"type": "base64", "media_type": "audio/mpeg", "data": "SUQz"}},
        {"type": "audio", "source": {"type": "url", "url": "https://ex.test/a.wav"}},
        {"type": "video", "source": {"type": "base64", "media_type": "video/mp4", "data": "AAAA"}},
        {"type": "video", "source": {"type": "url", "url": "https://ex.test/a.mp4"}},
        {"type": "sensor_frame", "bed": 3, "values": [1, 2]},
    ]
    await Echo("echo", Msg("echo", "Seen.", "assistant"))([Msg("cam", blocks, "user"), Msg("user", "And?", "user")])


async def functions():
    @trace()
    def water(bed, *, seconds=5):
        return bed * seconds

    @trace("greet")
    async def hello(name):
        return {"hello": name}

    @trace()
    def countdown(start):
        yield from range(start, -1, -1)

    @trace()
    async def pours():
        for litres in (0.5, 1.5):
            yield litres

    @trace()
    def jam():
        raise_for(4)

    @trace()
    def outer():
        return water(1)
    water(3, seconds=60)
    await hello("bed")
    list(countdown(3))
    await drain(pours())
    await failing(guarded(jam))
    outer()


async def guarded(function):
    return function()


def main():
    made = oracle.provider(sys.argv[1])
    agentscope.init(project="interop", run_id=oracle.RUN_ID, logging_level="CRITICAL")
    agentscope._config.trace_enabled = True  # what init(tracing_url=...) does beside adding a second exporter
    oracle.play({f.__name__: f for f in (plain_chat, streaming_chat, tool_loop, failing_model, failing_tool, formatter,
                                         embeddings, nested_agents, messages, functions)}, made)


if __name__ == "__main__":
    main()
