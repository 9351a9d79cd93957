"""case_clients.py: the vendors' own Python clients read the answers of tests/wire/cases from a server on loopback, which sends
exactly their bytes.

Invariant: what is reported of an answer comes from the client's objects only, never from the bytes.
The private environment's Python runs it. Standard input: a line of JSON for each case: name, dialect, whether it is streamed,
the request and, in base64, the answer. Standard output: a line for each: {"text", "calls", "finish", "usage"}, or
{"failed"}."""
import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import openai
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from google import genai
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent


class Server(BaseHTTPRequestHandler):
    """server.answer: the response to every request."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        streamed, answer = self.server.answer
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = True

    def log_message(self, *_):
        pass


def told(text, calls, finish, usage):
    return {"text": text or "", "calls": calls, "finish": finish, "usage": usage}


def chat(client, streamed, request):
    if streamed:
        state = ChatCompletionStreamState()
        for chunk in client.post("/chat/completions", body=request, cast_to=ChatCompletion, stream=True,
                                 stream_cls=openai.Stream[ChatCompletionChunk]):
            state.handle_chunk(chunk)
        answer = state.current_completion_snapshot
    else:
        answer = client.post("/chat/completions", body=request, cast_to=ChatCompletion)
    message, usage = answer.choices[0].message, answer.usage
    calls = [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or []]
    return told(message.content, calls, answer.choices[0].finish_reason,
                usage and [usage.prompt_tokens, usage.completion_tokens])


def responses(client, streamed, request):
    if streamed:
        answer = None
        for event in client.post("/responses", body=request, cast_to=Response, stream=True,
                                 stream_cls=openai.Stream[ResponseStreamEvent]):
            answer = event.response if event.type in ("response.completed", "response.incomplete", "response.failed") else answer
        if not answer or not answer.output:
            raise ValueError("the last event has no output")
    else:
        answer = client.post("/responses", body=request, cast_to=Response)
    usage = answer.usage
    calls = [(item.call_id, item.name, item.arguments) for item in answer.output if item.type == "function_call"]
    return told(answer.output_text, calls, answer.status, usage and [usage.input_tokens, usage.output_tokens])


def messages(client, streamed, request):
    if streamed:
        answer, pieces = None, {}
        for event in client.post("/v1/messages", body=request, cast_to=Message, stream=True,
                                 stream_cls=anthropic.Stream[RawMessageStreamEvent]):
            answer = accumulate_event(event=event, current_snapshot=answer)
            if event.type == "content_block_delta" and event.delta.type == "input_json_delta":
                pieces[event.index] = pieces.get(event.index, "") + event.delta.partial_json
    else:
        answer = client.post("/v1/messages", body=request, cast_to=Message)
    usage = answer.usage
    calls = [(block.id, block.name, block.input) for block in answer.content if block.type in ("tool_use", "server_tool_use")]
    return told("".join(block.text for block in answer.content if block.type == "text"), calls, answer.stop_reason,
                [usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0),
                 usage.output_tokens])


def gemini(client, streamed, request):
    ask = client.models.generate_content_stream if streamed else client.models.generate_content
    answers = ask(model="m", contents="Q")
    answers = list(answers) if streamed else [answers]
    text, calls, finish, usage = "", [], None, None
    for answer in answers:
        usage = answer.usage_metadata or usage
        for candidate in (answer.candidates or [])[:1]:
            finish = candidate.finish_reason.value if candidate.finish_reason else finish
            for part in candidate.content.parts or [] if candidate.content else []:
                text += part.text if part.text and not part.thought else ""
                calls += [(part.function_call.id, part.function_call.name, part.function_call.args)] * bool(part.function_call)
    return told(text, calls, finish, usage and [(usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0),
                                               (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)])


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    oai = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    readers = {"chat": (chat, oai), "responses": (responses, oai),
               "messages": (messages, anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)),
               "gemini": (gemini, genai.Client(api_key="none", http_options={"base_url": url}))}
    for line in sys.stdin:
        case = json.loads(line)
        read, client = readers[case["dialect"]]
        server.answer = (case["streamed"], base64.b64decode(case["answer"]))
        try:
            reported = read(client, case["streamed"], case["request"])
        except Exception as error:  # any exception of a client that reads another vendor's answer
            reported = {"failed": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps(reported), flush=True)
    server.shutdown()


if __name__ == "__main__":
    main()
