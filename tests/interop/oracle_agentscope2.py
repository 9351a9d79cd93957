"""oracle_agentscope2.py: AgentScope 2 itself, with a model that answers from a script, traced by its own middleware.

Invariant: this program writes no span attribute. Everything that arrives is AgentScope 2.0.11's record of these calls. Its ids
and times are made constant, so that the same conversation gives the same text."""
import sys

import oracle
from agentscope._utils import _common
from agentscope.agent import Agent
from agentscope.credential import DashScopeCredential
from agentscope.formatter import DashScopeChatFormatter
from agentscope.message import Base64Source, DataBlock, Msg, TextBlock, ThinkingBlock, ToolCallBlock, URLSource, UserMsg
from agentscope.middleware import TracingMiddleware
from agentscope.model import ChatModelBase, ChatResponse, ChatUsage
from agentscope.state import AgentState
from agentscope.tool import FunctionTool, Toolkit

_common.set_id_factory(lambda: "id")
_common.set_timestamp_factory(lambda: "2026-01-01T00:00:00.000000")


def response(number, blocks, used_in, used_out, last=True, **cache):
    usage = ChatUsage(input_tokens=used_in, output_tokens=used_out, time=0.1, **cache)
    return ChatResponse(content=blocks, is_last=last, id=f"resp-{number}", usage=usage)


class DashScopeChatModel(ChatModelBase):
    """AgentScope derives the provider from its name. script: answers, lists of chunks, or exceptions."""

    def __init__(self, *script, stream=False, **parameters):
        super().__init__(DashScopeCredential(api_key="none"), "qwen-max", None, stream=stream, max_retries=0)
        self.script, self.generate_kwargs, self.formatter = list(script), parameters, DashScopeChatFormatter()

    async def _call_api(self, model_name, messages, tools=None, tool_choice=None, **kwargs):
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


def read_soil(bed: int) -> str:
    """Moisture of a bed.

    Args:
        bed (int): its number
    """
    return f"bed {bed}: 12 %"


def stuck_valve(bed: int) -> str:
    """Opens a valve that is stuck."""
    raise RuntimeError(f"the valve of bed {bed} did not move")


def gardener(model, *functions, name="gardener", session="run-oracle", **options):
    tools = [FunctionTool(function, is_read_only=True, **options) for function in functions]
    return Agent(name, "You run a greenhouse.", model, Toolkit(tools=tools), middlewares=[TracingMiddleware()],
                 state=AgentState(session_id=session))


def question(text=oracle.QUESTION):
    return UserMsg("user", text)


async def failing(awaited):
    try:
        await awaited
    except Exception:
        return
    sys.exit("oracle: a conversation that was to fail did not")


async def plain_chat():
    first = response(1, [TextBlock(text=oracle.ANSWER)], 19, 12, cache_input_tokens=8, cache_creation_input_tokens=3)
    model = DashScopeChatModel(first, temperature=0.2, top_p=0.9, top_k=40, max_tokens=256, presence_penalty=0.5,
                               frequency_penalty=0.25, stop_sequences=["END", "STOP"], seed=7)
    await gardener(model).reply(question())
    strange = StrangeModel(response(2, [ThinkingBlock(thinking="12 < 20"), TextBlock(text="Yes.")], 3, 4), temperature=0.5)
    await gardener(strange).reply(question())


async def streaming_chat():
    chunks = [response(3, [TextBlock(text=piece)], 19, n + 1, last=False)
              for n, piece in enumerate(("Bed 3", " is dry", " and the valve is stuck."))]
    await gardener(DashScopeChatModel(chunks, stream=True)).reply(question())


async def tool_loop():
    model = DashScopeChatModel(response(4, [ToolCallBlock(id="call_1", name="read_soil", input='{"bed": 3}')], 412, 37),
                               response(5, [TextBlock(text=oracle.ANSWER)], 498, 24))
    await gardener(model, read_soil).reply(question())


async def failing_model():
    await failing(gardener(DashScopeChatModel(ConnectionError("no route to the model"))).reply(question()))


async def failing_tool():
    model = DashScopeChatModel(response(6, [ToolCallBlock(id="call_1", name="stuck_valve", input='{"bed": 3}')], 30, 9),
                               response(7, [TextBlock(text="It is stuck.")], 44, 3))
    await gardener(model, stuck_valve).reply(question())


async def waits_for_a_person():
    def open_valve(bed: int) -> str:
        """Opens a valve."""
        return "open"
    model = DashScopeChatModel(response(8, [ToolCallBlock(id="call_1", name="open_valve", input='{"bed": 3}')], 30, 9))
    agent = Agent("gardener", "You run a greenhouse.", model, Toolkit(tools=[FunctionTool(open_valve)]),
                  middlewares=[TracingMiddleware()], state=AgentState(session_id="run-oracle"))
    await agent.reply(question())


async def messages():
    blocks = [TextBlock(text='A "quoted" word, a tab\tand über 温室 🌱'),
              DataBlock(source=Base64Source(data="iVBORw0K", media_type="image/png")),
              DataBlock(source=URLSource(url="https://ex.test/a.png", media_type="image/png"))]
    model = DashScopeChatModel(response(9, [TextBlock(text="Seen.")], 7, 2))
    said = Msg(name="cam", content=blocks, role="user")
    await gardener(model, session="").reply([said, question("And?")])


def main():
    made = oracle.provider(sys.argv[1])
    oracle.play({f.__name__: f for f in (plain_chat, streaming_chat, tool_loop, failing_model, failing_tool, waits_for_a_person,
                                         messages)}, made)


if __name__ == "__main__":
    main()
