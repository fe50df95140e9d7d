#!/usr/bin/env python3
"""A loopback stand-in for the model APIs that coding agents talk to, so that the real agent programs can be run
end to end without a network, a key or a model.

    model_server.py --scenario FILE [--port 0] [--log FILE] [--max-seconds 120]

The first line on stdout is {"port": N, "url": "http://127.0.0.1:N"}. The server binds 127.0.0.1 only and stops by
itself after --max-seconds.

It speaks, streaming (SSE) or whole, as the request asks:
    POST /v1/messages, /v1/messages/count_tokens             Anthropic Messages
    POST /v1/responses                                       OpenAI Responses
    POST /v1/chat/completions                                OpenAI Chat Completions (Ollama, llama.cpp, vLLM, ...)
    POST /v1beta/models/M:generateContent, :streamGenerateContent   Gemini
    GET  /v1/models                                          a list of one model

A scenario is a JSON object:
    {"turns": [
        {"tool": {"name": "Read", "arguments": {"file_path": "/repo/app.py"}}},
        {"text": "Signed cookies are set in `app.py:12`."}
     ],
     "faults": [{"status": 529}, {"hang": 5}, {"truncate": 300}],
     "usage": {"input_tokens": 1200, "output_tokens": 80},
     "delay": 0.0,
     "answer_without_tools": false}

turns    What the model does, in order. Which turn a request gets is the number of model turns that its own history
         holds, so retries repeat a turn, and a resumed conversation goes on with the next one (the last one repeats).
         "tools" instead of "tool" gives several calls in one turn. A turn may carry "thinking" beside them, and "stop":
         why it ended, in the API's own words (Messages "max_tokens", "refusal"; Responses "max_output_tokens",
         "content_filter"; Chat "length", "content_filter"; Gemini "MAX_TOKENS", "SAFETY").
faults   Taken one by one by the first requests, before any turn is served: an HTTP status with an error body,
         seconds to hang before closing the connection, bytes or events ("events") after which the answer
         breaks off, the name of the event behind which it does ("truncate_behind"); {} is none.
delay    Seconds before each answer.
answer_without_tools
         Agents also send side requests without tools (titles, quota checks); these get the text "ok" and use up no
         turn, unless this is true.

Every request is logged as a JSON line: {"n", "path", "turn", "fault", "headers", "body"}; secrets in headers are cut.
Standard library only.
"""
import argparse
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODEL = "stub-model"


def turn_calls(turn):
    return turn.get("tools") or ([turn["tool"]] if "tool" in turn else [])


def pieces(text, size=40):
    """Text as models stream it, a few words at a time: a stream that breaks off then leaves part of the answer."""
    return [text[i : i + size] for i in range(0, len(text), size)] or [""]


# ---------------------------------------------------------------- the four dialects
#
# A dialect knows how many model turns a request's history holds, whether it offers tools, whether it wants a stream,
# and how to write a turn: whole(turn) -> object, events(turn) -> (event name or None, object) ...


class Anthropic:
    def __init__(self, body, path, usage):
        self.body, self.usage = body, usage

    def position(self):
        return sum(m.get("role") == "assistant" for m in self.body.get("messages", []))

    def offers_tools(self):
        return bool(self.body.get("tools"))

    def wants_stream(self):
        return bool(self.body.get("stream"))

    def blocks(self, turn):
        if "thinking" in turn:
            yield {"type": "thinking", "thinking": turn["thinking"], "signature": "stub"}
        if "text" in turn:
            yield {"type": "text", "text": turn["text"]}
        for i, call in enumerate(turn_calls(turn)):
            yield {"type": "tool_use", "id": f"toolu_{self.position()}_{i}", "name": call["name"], "input": call["arguments"]}

    def envelope(self, **more):
        return {"id": f"msg_{self.position()}", "type": "message", "role": "assistant",
                "model": self.body.get("model", MODEL), "stop_sequence": None, **more}

    def whole(self, turn):
        return self.envelope(content=list(self.blocks(turn)), stop_reason=self.stop(turn), usage=self.usage)

    @staticmethod
    def stop(turn):
        return turn.get("stop") or ("tool_use" if turn_calls(turn) else "end_turn")

    def events(self, turn):
        yield "message_start", {"type": "message_start", "message": self.envelope(
            content=[], stop_reason=None, usage={**self.usage, "output_tokens": 1})}
        for i, block in enumerate(self.blocks(turn)):
            if block["type"] == "tool_use":
                empty = {**block, "input": {}}
                deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
            elif block["type"] == "thinking":
                empty = {"type": "thinking", "thinking": "", "signature": ""}
                deltas = [{"type": "thinking_delta", "thinking": block["thinking"]}]
            else:
                empty = {"type": "text", "text": ""}
                deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
            yield "content_block_start", {"type": "content_block_start", "index": i, "content_block": empty}
            for delta in deltas:
                yield "content_block_delta", {"type": "content_block_delta", "index": i, "delta": delta}
            yield "content_block_stop", {"type": "content_block_stop", "index": i}
        yield "message_delta", {"type": "message_delta", "delta": {"stop_reason": self.stop(turn), "stop_sequence": None},
                                "usage": {"output_tokens": self.usage["output_tokens"]}}
        yield "message_stop", {"type": "message_stop"}

    @staticmethod
    def error(status):
        kind = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": f"stub fault {status}"}}


class OpenAI:
    @staticmethod
    def error(status):
        return {"error": {"message": f"stub fault {status}", "type": "stub", "code": str(status)}}


class Responses(OpenAI):
    def __init__(self, body, path, usage):
        self.body, self.usage = body, usage

    def position(self):
        """A call's id holds its turn's number (several items may make up one turn); other texts are turns of their own."""
        items, turns = self.body.get("input", []), 0
        for item in [] if isinstance(items, str) else items:
            _, _, number = str(item.get("call_id", "")).rpartition("call_")
            if number:
                turns = int(number.split("_")[0]) + 1
            elif item.get("role") == "assistant":
                turns += 1
        return turns

    def offers_tools(self):
        return bool(self.body.get("tools"))

    def wants_stream(self):
        return bool(self.body.get("stream"))

    def items(self, turn):
        n = self.position()
        if "text" in turn:
            yield {"type": "message", "id": f"msg_{n}", "role": "assistant", "status": "completed",
                   "content": [{"type": "output_text", "text": turn["text"], "annotations": []}]}
        for i, call in enumerate(turn_calls(turn)):
            if "input" in call:  # a free-form ("custom") tool, such as a patch tool
                yield {"type": "custom_tool_call", "id": f"ctc_{n}_{i}", "call_id": f"call_{n}_{i}",
                       "name": call["name"], "input": call["input"]}
            else:
                yield {"type": "function_call", "id": f"fc_{n}_{i}", "call_id": f"call_{n}_{i}", "status": "completed",
                       "name": call["name"], "arguments": json.dumps(call["arguments"])}

    def response(self, status, output=()):
        used = self.usage
        return {"id": f"resp_{self.position()}", "object": "response", "created_at": int(time.time()), "status": status,
                "model": self.body.get("model", MODEL), "output": list(output),
                "usage": None if status != "completed" else {
                    "input_tokens": used["input_tokens"], "input_tokens_details": {"cached_tokens": 0},
                    "output_tokens": used["output_tokens"], "output_tokens_details": {"reasoning_tokens": 0},
                    "total_tokens": used["input_tokens"] + used["output_tokens"]}}

    def whole(self, turn):
        if "stop" in turn:
            return {**self.response("incomplete", self.items(turn)), "incomplete_details": {"reason": turn["stop"]}}
        return self.response("completed", self.items(turn))

    def events(self, turn):
        yield "response.created", {"type": "response.created", "response": self.response("in_progress")}
        for i, item in enumerate(self.items(turn)):
            yield "response.output_item.added", {"type": "response.output_item.added", "output_index": i, "item": item}
            for piece in pieces(turn["text"]) if item["type"] == "message" else []:
                yield "response.output_text.delta", {"type": "response.output_text.delta", "output_index": i,
                                                     "item_id": item["id"], "content_index": 0, "delta": piece}
            yield "response.output_item.done", {"type": "response.output_item.done", "output_index": i, "item": item}
        whole = self.whole(turn)
        yield f"response.{whole['status']}", {"type": f"response.{whole['status']}", "response": whole}


class Chat(OpenAI):
    def __init__(self, body, path, usage):
        self.body, self.usage = body, usage

    def position(self):
        return sum(m.get("role") == "assistant" for m in self.body.get("messages", []))

    def offers_tools(self):
        return bool(self.body.get("tools"))

    def wants_stream(self):
        return bool(self.body.get("stream"))

    def message(self, turn):
        calls = [{"index": i, "id": f"call_{self.position()}_{i}", "type": "function",
                  "function": {"name": c["name"], "arguments": json.dumps(c["arguments"])}}
                 for i, c in enumerate(turn_calls(turn))]
        message = {"role": "assistant", "content": turn.get("text")}
        return {**message, "tool_calls": calls} if calls else message

    def frame(self, kind, turn, key, payload, finish):
        return {"id": f"chatcmpl-{self.position()}", "object": kind, "created": int(time.time()),
                "model": self.body.get("model", MODEL),
                "choices": [{"index": 0, key: payload, "finish_reason": finish}]}

    def used(self):
        i, o = self.usage["input_tokens"], self.usage["output_tokens"]
        return {"prompt_tokens": i, "completion_tokens": o, "total_tokens": i + o}

    def finish(self, turn):
        return turn.get("stop") or ("tool_calls" if turn_calls(turn) else "stop")

    def whole(self, turn):
        return {**self.frame("chat.completion", turn, "message", self.message(turn), self.finish(turn)), "usage": self.used()}

    def events(self, turn):
        *early, last = pieces(turn.get("text") or "")
        for piece in early:
            yield None, self.frame("chat.completion.chunk", turn, "delta", {"role": "assistant", "content": piece}, None)
        yield None, self.frame("chat.completion.chunk", turn, "delta", {**self.message(turn), "content": last or None}, None)
        yield None, {**self.frame("chat.completion.chunk", turn, "delta", {}, self.finish(turn)), "usage": self.used()}
        yield None, "[DONE]"


class Gemini:
    def __init__(self, body, path, usage):
        self.body, self.path, self.usage = body, path, usage

    def position(self):
        return sum(c.get("role") == "model" for c in self.body.get("contents", []))

    def offers_tools(self):
        return bool(self.body.get("tools"))

    def wants_stream(self):
        return "streamGenerateContent" in self.path

    def whole(self, turn):
        parts = [{"text": turn["text"]}] if "text" in turn else []
        parts += [{"functionCall": {"name": c["name"], "args": c["arguments"]}} for c in turn_calls(turn)]
        i, o = self.usage["input_tokens"], self.usage["output_tokens"]
        return {"candidates": [{"index": 0, "finishReason": turn.get("stop", "STOP"), "content": {"role": "model", "parts": parts}}],
                "usageMetadata": {"promptTokenCount": i, "candidatesTokenCount": o, "totalTokenCount": i + o},
                "modelVersion": MODEL}

    def events(self, turn):
        *early, last = pieces(turn.get("text") or "")
        for piece in early:
            content = {"role": "model", "parts": [{"text": piece}]}
            yield None, {"candidates": [{"index": 0, "content": content}], "modelVersion": MODEL}
        yield None, self.whole({**turn, "text": last} if last else turn)

    @staticmethod
    def error(status):
        return {"error": {"code": status, "message": f"stub fault {status}", "status": "UNAVAILABLE"}}


def dialect_of(path):
    if path.startswith("/v1/messages"):
        return Anthropic
    if path.endswith("/responses"):
        return Responses
    if path.endswith("/chat/completions"):
        return Chat
    if "enerateContent" in path:
        return Gemini
    return None


# ---------------------------------------------------------------- the server


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port, scenario, log):
        super().__init__(("127.0.0.1", port), Handler)
        self.scenario, self.log_file = scenario, log
        self.faults, self.lock, self.count = list(scenario.get("faults", [])), threading.Lock(), 0
        self.usage = {"input_tokens": 1000, "output_tokens": 100, **scenario.get("usage", {})}

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # agents hang up when they are cancelled
            super().handle_error(request, address)

    def take_fault(self):
        with self.lock:
            return self.faults.pop(0) if self.faults else None

    def record(self, **entry):
        with self.lock:
            self.count += 1
            if self.log_file:
                self.log_file.write(json.dumps({"n": self.count, **entry}) + "\n")
                self.log_file.flush()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.reply(200, {})

    def do_GET(self):
        self.server.record(path=self.path, turn=None, fault=None, headers=self.safe_headers(), body=None)
        if self.path.split("?")[0].endswith("/models"):
            self.reply(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}], "models": []})
        else:
            self.reply(404, {"error": "no such path"})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            return self.reply(400, {"error": "the body is not JSON"})
        path = self.path.split("?")[0]
        dialect = dialect_of(path)
        if dialect is None:
            self.server.record(path=self.path, turn=None, fault=None, headers=self.safe_headers(), body=body)
            return self.reply(404, {"error": "no such path"})
        if path.endswith("count_tokens"):
            return self.reply(200, {"input_tokens": len(raw) // 4})

        asked = dialect(body, self.path, self.server.usage)
        scenario = self.server.scenario
        side = not asked.offers_tools() and not scenario.get("answer_without_tools")
        fault = None if side else self.server.take_fault()
        index = None if side else min(asked.position(), len(scenario["turns"]) - 1)
        turn = {"text": "ok"} if side else scenario["turns"][index]
        self.server.record(path=self.path, turn=index, fault=fault, headers=self.safe_headers(), body=body)

        time.sleep(scenario.get("delay", 0))
        if fault and "status" in fault:
            return self.reply(fault["status"], asked.error(fault["status"]))
        if fault and "hang" in fault:
            time.sleep(fault["hang"])
            return self.abort()
        if asked.wants_stream():
            self.stream(asked.events(turn), fault or {})
        else:
            self.reply(200, asked.whole(turn))

    def safe_headers(self):
        secret = ("authorization", "x-api-key", "x-goog-api-key")
        return {k.lower(): ("(cut)" if k.lower() in secret else v) for k, v in self.headers.items()}

    def reply(self, status, payload):
        data = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def stream(self, events, fault):
        truncate, most, last = fault.get("truncate"), fault.get("events"), fault.get("truncate_behind")
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        sent = 0
        for number, (name, payload) in enumerate(events):
            if number == most:
                return self.abort()
            text = payload if isinstance(payload, str) else json.dumps(payload)
            chunk = (f"event: {name}\n" if name else "") + f"data: {text}\n\n"
            data = chunk.encode()
            if truncate is not None and sent + len(data) > truncate:
                self.wfile.write(data[: truncate - sent])
                return self.abort()
            self.wfile.write(data)
            self.wfile.flush()
            sent += len(data)
            if last and name == last:
                return self.abort()
        self.close_connection = True

    def abort(self):
        self.close_connection = True
        self.connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log")
    parser.add_argument("--max-seconds", type=float, default=120)
    args = parser.parse_args()
    with open(args.scenario) as f:
        scenario = json.load(f)
    server = Server(args.port, scenario, open(args.log, "a") if args.log else None)
    port = server.server_address[1]
    print(json.dumps({"port": port, "url": f"http://127.0.0.1:{port}"}), flush=True)
    threading.Timer(args.max_seconds, server.shutdown).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
