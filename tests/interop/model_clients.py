"""model_clients.py: the vendors' own Python clients call a mock of their servers by other authors (LLMock). They call it
through a gateway that keeps every exchange. Below /again/<call>/ the gateway sends exactly the same bytes again.

Invariant: an answer below /again/ is sent only if the request equals the original one byte for byte.
The private environment's Python runs it. It prints a line of JSON for each call: its name, its path, the request's body, and
what the client reports. Then it prints "port N" and serves until its standard input ends."""
import http.client
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import openai
from llmock.scenarios import Fail, Reply, StreamFault, ToolCall
from llmock.testing import LLMockServer

SYSTEM, QUESTION, ANSWER = "You keep a greenhouse.", "Is bed 3 dry?", 'Bed 3 is dry: 12 %.\n"Open" the valve – now? 🌱'
CALL, ARGUMENTS, RESULT = "read_soil", {"bed": 3, "unit": "%"}, '{"moisture": 12}'
SCHEMA = {"type": "object", "properties": {"bed": {"type": "integer"}, "unit": {"type": "string"}}, "required": ["bed"]}
ABOUT = "Moisture of a bed"


class Gateway(BaseHTTPRequestHandler):
    """server.upstream: port of the mock. server.call: name of the present call. server.kept: exchanges by that name."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/again/"):
            name = self.path.split("/")[2]
            path, request, answer = self.server.kept[name]
            if (self.path, body) != (f"/again/{name}{path}", request):
                answer = (400, "text/plain", b"not that request", True)
        else:
            answer = self.forward(body)
            self.server.kept[self.server.call] = (self.path, body, answer)
        status, kind, content, whole = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) + (not whole)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def forward(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream)
        upstream.request("POST", self.path, body, {name: value for name, value in self.headers.items()
                                                   if name.lower() not in ("host", "connection", "accept-encoding")})
        answer = upstream.getresponse()
        content, whole = b"", True
        try:
            while piece := answer.read1():
                content += piece
        except http.client.HTTPException:
            whole = False
        upstream.close()
        return answer.status, answer.getheader("Content-Type", ""), content, whole

    def log_message(self, *_):
        pass


# ---- what a client reports of an answer: id, model, finish, text, calls, usage (input, output, cached, reasoning)

def told(answer, finish, text, calls, usage):
    return {"id": answer.id, "model": answer.model, "finish": [finish] if finish else [], "text": text,
            "calls": [{"id": id_, "name": name, "arguments": arguments} for id_, name, arguments in calls], "usage": usage}


def chat(client, stream, said, tools):
    kept = {"model": "gpt-4o", "messages": [{"role": "system", "content": SYSTEM}, *said], "temperature": 0.25, "max_tokens": 200}
    if tools:
        kept["tools"] = [{"type": "function", "function": {"name": CALL, "description": ABOUT, "parameters": SCHEMA}}]
    if stream:
        with client.chat.completions.stream(**kept, stream_options={"include_usage": True}) as events:
            answer = events.get_final_completion()
    else:
        answer = client.chat.completions.create(**kept)
    choice, usage = answer.choices[0], answer.usage
    cached, reasoning = (usage.prompt_tokens_details, usage.completion_tokens_details) if usage else (None, None)
    return told(answer, choice.finish_reason, choice.message.content,
                [(call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls or []],
                (usage.prompt_tokens if usage else 0, usage.completion_tokens if usage else 0,
                 cached.cached_tokens if cached else 0, reasoning.reasoning_tokens if reasoning else 0))


def messages(client, stream, said, tools):
    kept = {"model": "claude-sonnet-4-5", "system": SYSTEM, "messages": said, "max_tokens": 200,
            "extra_body": {"temperature": 0.25}}
    if tools:
        kept["tools"] = [{"name": CALL, "description": ABOUT, "input_schema": SCHEMA}]
    if stream:
        with client.messages.stream(**kept) as events:
            answer = events.get_final_message()
    else:
        answer = client.messages.create(**kept)
    usage, cached, made = answer.usage, answer.usage.cache_read_input_tokens or 0, answer.usage.cache_creation_input_tokens or 0
    return told(answer, answer.stop_reason, "".join(block.text for block in answer.content if block.type == "text"),
                [(block.id, block.name, block.input) for block in answer.content if block.type == "tool_use"],
                (usage.input_tokens + cached + made, usage.output_tokens, cached, 0))


def responses(client, stream, items, tools):
    kept = {"model": "gpt-4o", "instructions": SYSTEM, "input": items, "temperature": 0.25, "max_output_tokens": 200}
    if tools:
        kept["tools"] = [{"type": "function", "name": CALL, "description": ABOUT, "parameters": SCHEMA, "strict": False}]
    if stream:
        with client.responses.stream(**kept) as events:
            answer = events.get_final_response()
    else:
        answer = client.responses.create(**kept)
    usage = answer.usage
    cached, reasoning = usage.input_tokens_details, usage.output_tokens_details
    return told(answer, answer.status, answer.output_text,
                [(item.call_id, item.name, item.arguments) for item in answer.output if item.type == "function_call"],
                (usage.input_tokens, usage.output_tokens, cached.cached_tokens if cached else 0,
                 reasoning.reasoning_tokens if reasoning else 0))


def embeddings(client):
    answer = client.embeddings.create(model="text-embedding-3-small", input=QUESTION, dimensions=8, encoding_format="float")
    return {"model": answer.model, "dimensions": len(answer.data[0].embedding), "usage": (answer.usage.prompt_tokens, 0, 0, 0)}


def asked(_):
    return [{"role": "user", "content": QUESTION}]


def answered(api):
    """The messages, then the model's call of the tool, and its result."""
    text = json.dumps(ARGUMENTS)
    turns = {"chat": [{"role": "assistant", "content": None, "tool_calls": [
                          {"id": "call_1", "type": "function", "function": {"name": CALL, "arguments": text}}]},
                      {"role": "tool", "tool_call_id": "call_1", "content": RESULT}],
             "messages": [{"role": "assistant", "content": [
                              {"type": "tool_use", "id": "toolu_1", "name": CALL, "input": ARGUMENTS}]},
                          {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": RESULT}]}],
             "responses": [{"type": "function_call", "call_id": "call_1", "name": CALL, "arguments": text},
                           {"type": "function_call_output", "call_id": "call_1", "output": RESULT}]}
    return asked(api) + turns[api]


TOOL = Reply(tool_calls=(ToolCall(CALL, ARGUMENTS),))
# name: (behaviour of the mock, question, whether tools are offered)
CALLS = {"text": ((Reply(text=ANSWER),), asked, False), "tool": ((TOOL,), asked, True),
         "result": ((Reply(text=ANSWER),), answered, True),
         "limited": ((Fail(429, retry_after=1, message="slow down, gardener"),), asked, False),
         "refused": ((Fail(400, message="no such bed"),), asked, False), "down": ((Fail(500),), asked, False)}
BROKEN = {"cut": StreamFault("truncate", after_chunks=4), "reset": StreamFault("disconnect", after_chunks=4)}


def failure(error):
    body = error.body if isinstance(getattr(error, "body", None), dict) else {}
    return {"failed": True, "status": getattr(error, "status_code", 0), "message": body.get("error", body).get("message", "")}


def main():
    gateway = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    gateway.kept = {}
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{gateway.server_port}"
    with LLMockServer() as mock:
        gateway.upstream = mock.port
        oai = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        claude = anthropic.Anthropic(base_url=f"{url}/anthropic", api_key="none", max_retries=0)
        apis = {"chat": (chat, oai), "messages": (messages, claude), "responses": (responses, oai)}

        def call(name, behaviours, make):
            gateway.call = name
            for behaviour in behaviours:
                mock.state.scenarios.add(behaviour)
            try:
                reported = make()
            except (openai.OpenAIError, anthropic.AnthropicError, RuntimeError, OSError) as error:
                reported = failure(error)
            except Exception as error:  # of the HTTP library, if the client does not catch it
                reported = failure(error) | {"error": type(error).__name__}
            path, request, _ = gateway.kept[name]
            print(json.dumps({"call": name, "path": path, "request": request.decode(), "reported": reported}), flush=True)

        for api, (function, client) in apis.items():
            for way in ("plain", "stream"):
                for what, (behaviours, said, tools) in CALLS.items():
                    call(f"{api}-{way}-{what}", behaviours, lambda: function(client, way == "stream", said(api), tools))
            for what, fault in BROKEN.items():
                call(f"{api}-stream-{what}", (Reply(text=ANSWER), fault), lambda: function(client, True, asked(api), False))
        call("embeddings-plain-vector", (), lambda: embeddings(oai))
        print(f"port {gateway.server_port}", flush=True)
        sys.stdin.read()
    gateway.shutdown()


if __name__ == "__main__":
    main()
