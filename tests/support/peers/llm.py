#!/usr/bin/python3
"""llm.py: a model's server that speaks OpenAI's chat completions, streamed or whole, by a script: a greenhouse's turn of four
calls. faults: the faults of the next calls, names of FAULTS, before the script continues. None: no fault.

Invariant: an answer depends on the conversation only, so a call that is repeated gets the same answer."""
import argparse
import json
import sys

from command import attend_commands
from server import Server, answer_bytes
from streams import Broken, server_context

FAULTS = ("429", "500", "broken", "bad_json", "silent", "drip")
DRIP_S = 0.05
PIECE = 100  # bytes of an answer that is not streamed
TEXT = "Bed 3 was dry (12 %). I watered it for ten seconds."
# (text, [(tool, arguments)], prompt tokens, completion tokens) of each call.
SCRIPT = [("", [("read_soil", {"bed": 3})], 212, 18),
          ("", [("set_valve", {"bed": 3, "seconds": 10}), ("read_clock", {})], 240, 31),
          ("", [("read_soil", {"bed": 3})], 301, 18),
          (TEXT, [], 330, 16)]


def deltas(step):
    """The deltas of one answer: names first, then arguments and text in pieces."""
    text, calls, _, _ = SCRIPT[step]
    yield {"role": "assistant", "content": "" if text else None}
    for index, (name, arguments) in enumerate(calls):
        yield {"tool_calls": [{"index": index, "id": f"call_{step}_{index}", "type": "function",
                               "function": {"name": name, "arguments": ""}}]}
        words = json.dumps(arguments)
        for at in range(0, len(words), 7):
            yield {"tool_calls": [{"index": index, "function": {"arguments": words[at:at + 7]}}]}
    for at in range(0, len(text), 9):
        yield {"content": text[at:at + 9]}


def events(step, model):
    """The documents of a streamed answer. The last one has the usage."""
    base = {"id": f"chatcmpl-{step}", "object": "chat.completion.chunk", "created": 1764290332, "model": f"{model}-2025"}
    for delta in deltas(step):
        yield {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}], "usage": None}
    reason = "tool_calls" if SCRIPT[step][1] else "stop"
    yield {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": None}
    prompt, completion = SCRIPT[step][2:]
    yield {**base, "choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion,
                                            "total_tokens": prompt + completion,
                                            "prompt_tokens_details": {"cached_tokens": 128 if step else 0}}}


def whole(step, model):
    """The document of an answer that is not streamed."""
    text, calls, prompt, completion = SCRIPT[step]
    message = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = [{"id": f"call_{step}_{index}", "type": "function",
                                  "function": {"name": name, "arguments": json.dumps(arguments)}}
                                 for index, (name, arguments) in enumerate(calls)]
    return {"id": f"chatcmpl-{step}", "object": "chat.completion", "created": 1764290332, "model": f"{model}-2025",
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}}


def refusal(status, message, kind):
    body = json.dumps({"error": {"message": message, "type": kind, "param": None, "code": None}}).encode()
    return answer_bytes(status, body, "application/json")


class Llm(Server):
    """.requests: the bodies of all calls, parsed. .headers: their headers. .shaken: (TLS version, server name) of each
    handshake."""

    def __init__(self, tls=None, port=0, faults=(), key=None):
        super().__init__(tls, port)
        self.faults, self.key = list(faults), key
        self.requests, self.headers, self.shaken = [], [], []

    def url(self, path="/v1/chat/completions", host="localhost"):
        return super().url(path, host)

    def summary(self):
        with self.lock:
            return {"requests": len(self.requests), "errors": [c.error for c in self.connections if c.error]}

    def talk(self, connection):
        request = connection.read_request()
        if request is None:
            return "close"
        with self.lock:
            fault = self.faults.pop(0) if self.faults else None
            self.headers.append(request.headers)
            self.shaken.append((connection.tls_version, connection.server_name))
        if request.path != "/v1/chat/completions":
            connection.app.send(refusal(404, f"no {request.path} here", "invalid_request_error"))
            return "drain"
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            connection.app.send(refusal(401, "Incorrect API key provided", "invalid_request_error"))
            return "drain"
        body = json.loads(request.body)
        with self.lock:
            self.requests.append(body)
        return self.reply(connection, body, fault)

    def reply(self, connection, body, fault):
        if fault in ("429", "500"):
            kind, words = {"429": ("rate_limit_exceeded", "Rate limit reached"),
                           "500": ("server_error", "The server had an error")}[fault]
            connection.app.send(refusal(int(fault), words, kind))
            return "drain"
        if fault == "silent":  # until the client ends the connection
            connection.more()
            return "close"
        step = sum(message["role"] == "assistant" for message in body["messages"])
        streams = body.get("stream", False)
        documents = [json.dumps(event) for event in events(step, body["model"])] if streams else \
            [json.dumps(whole(step, body["model"]))]
        if fault == "bad_json":
            documents[len(documents) // 2] = documents[len(documents) // 2][:-3]
        pieces = [f"data: {document}\n\n" for document in [*documents, "[DONE]"]] if streams else \
            [documents[0][at:at + PIECE] for at in range(0, len(documents[0]), PIECE)]
        head = (f"HTTP/1.1 200 OK\r\nContent-Type: {'text/event-stream' if streams else 'application/json'}\r\n"
                "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        connection.app.send(head.encode())
        if fault == "drip":
            return self.drip(connection)
        for number, piece in enumerate(pieces):
            if fault == "broken" and number == 2:
                return "reset"
            data = piece.encode()
            connection.app.send(b"%x\r\n%s\r\n" % (len(data), data))
        connection.app.send(b"0\r\n\r\n")
        return "drain"

    def drip(self, connection):
        """Send comments of the event stream only, until the client ends the connection."""
        connection.app.arm(drip=(1, DRIP_S))
        try:
            while not self.stopping:
                connection.app.send(b"8\r\n: wait\n\n\r\n")
        except Broken:
            pass
        return "close"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="without TLS")
    parser.add_argument("--fault", action="append", default=[], choices=FAULTS)
    options = parser.parse_args()
    with Llm(None if options.plain else server_context(), options.port, options.fault) as llm:
        print(llm.url(), flush=True)
        attend_commands(llm)
    return 0


if __name__ == "__main__":
    sys.exit(main())
