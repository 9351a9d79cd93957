"""send.py: sends items to the ingest: a queue, batches and retries.

Invariant: a trace's item is queued before the items of its spans. put() accepts all or nothing. Everything that it accepts is
sent or counted as lost."""
import http.client
import json
import random
import threading
import time
import urllib.parse
from collections import OrderedDict, deque
from email.utils import parsedate_to_datetime

import convert
import limits

ENDPOINT = "https://api.openai.com/v1/traces/ingest"
QUEUE_MAX, BATCH_MAX, EVERY_S, TRIGGER = 8192, 128, 5.0, 0.7
TRIES, DELAY_S, DELAY_MAX_S = 3, 1.0, 30.0
TIMEOUT_S, CONNECT_S = 60.0, 5.0
RETRIED = (408, 409, 429)
HOLD_S = 30.0  # a root that is not there by then belongs to another service, or was lost
TRACES_MAX = 4096


class Traces:
    """Puts items in order. Spans of a trace wait for its root, which ends last and has the name of the trace."""

    def __init__(self, hold_s=HOLD_S, now=time.monotonic):
        self.hold_s, self.now = hold_s, now
        self.waiting, self.count = OrderedDict(), 0  # trace id: [(span, attributes, service)]
        self.known = OrderedDict()  # trace id: (id of the workflow's span, metadata of each span)

    def add(self, span, service):
        """The items that may be sent now."""
        a = convert.attributes_of(span.attributes)
        if span.trace_id in self.known:
            workflow, metadata = self.known[span.trace_id]
            return [] if span.span_id == workflow else [self.item(span, a, workflow, metadata)]
        first = self.waiting.setdefault(span.trace_id, (self.now(), []))
        first[1].append((span, a, service))
        self.count += 1
        return self.release(span.trace_id) if not span.parent_span_id else []

    def due(self, all_of_them=False):
        """The items of traces that waited long enough."""
        late = [trace for trace, (since, _) in self.waiting.items() if all_of_them or self.now() - since >= self.hold_s]
        return [item for trace in late for item in self.release(trace)]

    def release(self, trace):
        _, spans = self.waiting.pop(trace)
        self.count -= len(spans)
        head, a, service = next((one for one in spans if not one[0].parent_span_id), spans[0])
        about = convert.trace_item(head, a, service)
        workflow = head.span_id if not head.parent_span_id and convert.is_workflow(a) else b""
        harness = (about["metadata"] or {}).get("agent_harness_id")
        metadata = {"metadata": {"agent_harness_id": harness}} if harness is not None else {}
        self.known[trace] = (workflow, metadata)
        while len(self.known) > TRACES_MAX:
            self.known.popitem(last=False)
        return [about, *(self.item(span, a, workflow, metadata) for span, a, _ in spans if span.span_id != workflow)]

    def item(self, span, a, workflow, metadata):
        return convert.span_item(span, a, workflow) | metadata


class Refused(Exception):
    """Give up: the batch is lost."""


def wait_of(headers):
    """Seconds that a response asks to wait, or None."""
    for name, scale in (("retry-after-ms", 1000), ("retry-after", 1)):
        given = headers.get(name, "").strip()
        if given.replace(".", "", 1).isdecimal():  # not a superscript, which float() refuses
            return float(given) / scale
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time())
    except (KeyError, TypeError, ValueError):
        return None


class Sender:
    """Accepts spans and posts items. lost: items of batches that failed permanently."""

    def __init__(self, key, endpoint=ENDPOINT, organization=None, project=None, say=print, sleep=None, traces=None):
        self.url, self.say, self.traces = urllib.parse.urlsplit(endpoint), say, traces or Traces()
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "OpenAI-Beta": "traces=v1"}
        self.headers |= {"OpenAI-Organization": organization} if organization else {}
        self.headers |= {"OpenAI-Project": project} if project else {}
        self.queue, self.lock, self.ending = deque(), threading.Condition(), False
        self.sending = threading.Lock()  # one batch at a time: there is one connection
        self.sent = self.lost = 0
        self.sleep = sleep or self.nap
        self.connection = None

    def put(self, spans):
        """Accept (span, service) pairs, or none of them: False if the queue has no room."""
        with self.lock:
            # A span makes at most two items.
            if self.ending or len(self.queue) + self.traces.count + 2 * len(spans) > QUEUE_MAX:
                return False
            for span, service in spans:
                self.queue.extend(self.traces.add(span, service))
            self.lock.notify_all()
            return True

    def run(self):
        """Send until end() was called, and then the remaining items."""
        last = time.monotonic()
        while True:
            with self.lock:
                self.lock.wait_for(lambda: self.ending or len(self.queue) >= TRIGGER * QUEUE_MAX,
                                   max(0.0, last + EVERY_S - time.monotonic()))
                self.queue.extend(self.traces.due(self.ending))
            last = time.monotonic()
            self.flush()
            if self.ending and not self.queue:
                return

    def flush(self):
        """Send all queued items."""
        with self.sending:
            while True:
                with self.lock:
                    batch = [self.queue.popleft() for _ in range(min(BATCH_MAX, len(self.queue)))]
                if not batch:
                    return
                try:
                    self.post([limits.fit(item) for item in batch])
                    self.sent += len(batch)
                except Refused as refusal:
                    self.lost += len(batch)
                    self.say(f"openai_ingest: {len(batch)} items lost: {refusal}")

    def end(self):
        with self.lock:
            self.ending = True
            self.lock.notify_all()

    def nap(self, seconds):
        with self.lock:
            self.lock.wait_for(lambda: self.ending, seconds)

    def post(self, items):
        body = json.dumps({"data": items}, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        delay, wanted, why = DELAY_S, None, ""
        for attempt in range(TRIES):
            if attempt:
                pause = delay + random.uniform(0, 0.1 * delay)
                self.sleep(pause if wanted is None else min(max(pause, wanted), DELAY_MAX_S))
                delay = min(2 * delay, DELAY_MAX_S)
            wanted = None
            try:
                status, headers, words = self.exchange(body)
            except (OSError, http.client.HTTPException) as error:
                self.hang_up()
                why = str(error) or type(error).__name__
                continue
            if status < 300:
                return
            why = f"{status} {words}"
            retried = status in RETRIED or not 400 <= status < 500
            if not retried or headers.get("x-should-retry", "").strip().lower() == "false":
                raise Refused(why)
            wanted = wait_of(headers) if status in RETRIED else None
        raise Refused(f"{TRIES} tries, the last: {why}")

    def exchange(self, body):
        """(status, headers, first bytes of the body) of a request on a kept connection."""
        if self.connection is None:
            secure = self.url.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self.connection = kind(self.url.hostname, self.url.port, timeout=CONNECT_S)
            self.connection.connect()
            self.connection.sock.settimeout(TIMEOUT_S)
        self.connection.request("POST", self.url.path, body, self.headers)
        answer = self.connection.getresponse()
        words = answer.read()[:200].decode("utf-8", "replace")
        if answer.will_close:
            self.hang_up()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, words

    def hang_up(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
