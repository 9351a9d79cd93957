#!/usr/bin/python3
"""test_peers.py: tests the test peers. A peer with a fault makes every test that uses it worthless.

Invariant: each rule of the receiver has a test that fails if the rule is removed. test_studio_peer.py is about Studio."""
import gzip
import io
import json
import os
import socket
import ssl
import subprocess
import sys
import unittest
from pathlib import Path

import sample
from runner import run
from sample import VECTOR, add_span, agent_trace, envelope, one_span, post, set_attributes

import certs
import check
import protos
import tree
from gnutls import GnuTlsContext
from receiver import Receiver
from spans import spans_of
from streams import server_context

PEERS = Path(certs.__file__).parent
CA = str(certs.get().ca_pem)


class Strictness(unittest.TestCase):
    def refused(self, body, saying):
        with self.assertRaises(check.Refused) as caught:
            check.decode(body)
        self.assertIn(saying, str(caught.exception))

    def test_the_vector_and_an_agent_trace_are_accepted(self):
        self.assertEqual(len(VECTOR), 188)
        self.assertEqual(check.decode(VECTOR).SerializeToString(), VECTOR)
        self.assertEqual(len(spans_of(check.decode(agent_trace().SerializeToString()))), 6)

    def test_bytes_that_do_not_decode_are_refused(self):
        self.refused(b"", "empty body")
        self.refused(VECTOR[:-1], "cannot be decoded")
        self.refused(VECTOR.replace(b"chat m", b"chat\xff\xff"), "cannot be decoded")
        self.refused(b"\x0a\x00", "no spans")

    def test_unknown_fields_are_refused_at_every_depth(self):
        for depth in ("request", "span", "value", "event"):
            request, scoped = envelope()
            span = add_span(scoped, error="x", attributes={"k": "v"})
            target = {"request": request, "span": span, "value": span.attributes[0].value,
                      "event": span.events[0]}[depth]
            target.MergeFromString(b"\x98\x3f\x05")  # field 1011, varint
            self.refused(request.SerializeToString(), "unknown fields")

    def test_an_encoding_that_is_not_minimal_is_refused(self):
        self.refused(b"\x0a\xb9\x81\x00" + VECTOR[3:], "189 bytes where 188 would do")

    def test_bad_ids_are_refused(self):
        self.refused(one_span(trace_id=b"\1" * 15), "trace_id: 15 bytes")
        self.refused(one_span(trace_id=bytes(16)), "trace_id: all zero")
        self.refused(one_span(span_id=b""), "span_id: 0 bytes")
        self.refused(one_span(parent=bytes(8)), "parent_span_id: all zero")
        self.refused(one_span(parent=b"12345678", span_id=b"12345678"), "its own parent")

    def test_bad_fields_of_a_span_are_refused(self):
        for changes, saying in (({"name": ""}, "empty name"), ({"kind": 0}, "kind 0"),
                                ({"kind": 6}, "kind 6"),
                                ({"start_time_unix_nano": 0}, "no start time"),
                                ({"end_time_unix_nano": 1}, "ends before its start"),
                                ({"flags": 0x400}, "reserved bits"),
                                ({"flags": 0x201}, "without saying known"),
                                ({"trace_state": "A=1"}, "trace_state"),
                                ({"trace_state": "a=1,a=2"}, "key twice"),
                                ({"attributes": {"": 1}}, "empty attribute key")):
            self.refused(one_span(**changes), saying)
        check.decode(one_span(trace_state="a=1,t@x=2 3"))

    def test_duplicate_keys_empty_values_and_messages_without_error_are_refused(self):
        request, scoped = envelope()
        span = add_span(scoped, attributes={"a": 1})
        set_attributes(span.attributes, {"a": 2})
        self.refused(request.SerializeToString(), "attribute a twice")
        del span.attributes[1]
        span.attributes[0].value.Clear()
        self.refused(request.SerializeToString(), "empty AnyValue")
        span.attributes[0].value.bool_value = False
        check.decode(request.SerializeToString())
        span.status.message = "why?"
        self.refused(request.SerializeToString(), "message without an error")

    def test_values_within_values_are_checked(self):
        for wrong in ({"keys": [1, [2, []]]}, {"keys": [1, [[2]]]}):
            request, scoped = envelope()
            inner = add_span(scoped, attributes=wrong).attributes[0].value
            check.decode(request.SerializeToString())
            inner.array_value.values[1].array_value.values.add()
            self.refused(request.SerializeToString(), "keys: empty AnyValue")
        request, scoped = envelope()
        pairs = add_span(scoped, attributes={"map": 1}).attributes[0].value.kvlist_value.values
        set_attributes(pairs, {"same": 1})
        check.decode(request.SerializeToString())
        set_attributes(pairs, {"same": 2})
        self.refused(request.SerializeToString(), "attribute same twice")

    def test_missing_resource_scope_and_service_name_are_refused(self):
        request, scoped = envelope()
        add_span(scoped)
        scoped.ClearField("scope")
        self.refused(request.SerializeToString(), "without a scope")
        scoped.scope.name = "s"
        request.resource_spans[0].resource.Clear()
        self.refused(request.SerializeToString(), "service.name")
        request.resource_spans[0].ClearField("resource")
        self.refused(request.SerializeToString(), "without a resource")

    def test_a_span_twice_in_one_request_is_refused_in_bulk_too(self):
        request, scoped = envelope()
        span = add_span(scoped)
        scoped.spans.add().CopyFrom(span)
        for bulk in (False, True):
            with self.assertRaisesRegex(check.Refused, "twice"):
                check.decode(request.SerializeToString(), bulk)


class Receiving(unittest.TestCase):
    def test_the_vector_arrives_over_http_and_https(self):
        for tls in (None, server_context(), server_context(algorithm="rsa", maximum="1.2")):
            with Receiver(tls) as receiver:
                ca = str(certs.get(algorithm="rsa" if tls and tls.maximum_version == ssl.TLSVersion.TLSv1_2
                                   else "ec").ca_pem)
                status, headers, body = post(receiver.url(), VECTOR, cafile=ca)
                self.assertEqual((status, body, headers["Content-Type"]),
                                 (200, b"", "application/x-protobuf"))
            span = receiver.spans[0]
            self.assertEqual((span.name, span.kind, span.status, span.resource_attributes, span.attributes),
                             ("chat m", "CLIENT", "OK", {"service.name": "dev"},
                              {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 12}))
            self.assertEqual(json.loads(span.as_json())["scope"]["name"], "agentscope")
            self.assertEqual(receiver.connections[0].tls_version, tls and
                             ("TLSv1.2" if tls.maximum_version == ssl.TLSVersion.TLSv1_2 else "TLSv1.3"))

    def test_refusals_carry_a_status_message(self):
        with Receiver() as receiver:
            for content_type, path, body, expected in (
                    ("application/json", "", VECTOR, 415),
                    ("application/x-protobuf; charset=utf-8", "", VECTOR, 415),
                    ("application/x-protobuf", "/x", VECTOR, 404),
                    ("application/x-protobuf", "", b"\xff", 400)):
                status, _, answer = post(receiver.url() + path, body, content_type)
                self.assertEqual(status, expected)
                self.assertIn(protos.RpcStatus.FromString(answer).message, receiver.refused)
            self.assertEqual(post(receiver.url(), gzip.compress(VECTOR),
                                  headers=[("Content-Encoding", "gzip")])[0], 200)
        self.assertEqual((receiver.span_count, len(receiver.refused)), (1, 4))

    def test_requests_that_break_http_are_refused(self):
        head = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
        length = b"Content-Length: 188\r\n"
        for start in (head + length + length, head.replace(b"Host", b"Hots") + length,
                      head + b"A b: c\r\n" + length,
                      head.replace(b"1.1", b"1.0") + length, head + b"Content-Length: +188\r\n"):
            with Receiver() as receiver, socket.create_connection(("127.0.0.1", receiver.port)) as client:
                client.sendall(start + b"\r\n" + VECTOR)
                self.assertIn(b" 400 ", client.recv(65536))
            self.assertEqual(receiver.span_count, 0)

    def test_keep_alive_and_duplicates_are_seen(self):
        with Receiver(server_context()) as receiver:
            connection = sample.connect(receiver.url(), CA)
            for _ in range(2):
                self.assertEqual(post(receiver.url(), VECTOR, connection=connection)[0], 200)
            connection.close()
        self.assertEqual(receiver.duplicates(), ["0af7651916cd43dd8448eb211c80319c" + "b7ad6b7169203331"])
        self.assertEqual((receiver.summary()["connections"], receiver.summary()["twice"]), (1, 1))

    def test_each_wrong_certificate_is_refused_by_a_right_client(self):
        for kind in ("expired", "not_yet", "wrong_host", "other_ca", "self_signed", "client_as_server"):
            with Receiver(server_context(kind)) as receiver:
                with self.assertRaises(ssl.SSLCertVerificationError, msg=kind):
                    post(receiver.url(), VECTOR, cafile=CA)
                self.assertTrue(receiver.wait(lambda: receiver.connections and receiver.connections[0].error))
        for kind in ("good", "chain"):
            with Receiver(server_context(kind)) as receiver:
                self.assertEqual(post(receiver.url(), VECTOR, cafile=CA)[0], 200)

    def test_mutual_tls_wants_the_right_client(self):
        for kind, right in (("client", True), ("client_other_ca", False), ("client_expired", False),
                            (None, False)):
            context = ssl.create_default_context(cafile=CA)
            if kind:
                context.load_cert_chain(certs.get(kind).pem, certs.get(kind).key)
            with Receiver(server_context(client="required")) as receiver:
                try:
                    connection = sample.connect(receiver.url(), context=context)
                    accepted = post(receiver.url(), VECTOR, connection=connection)[0] == 200
                except (ssl.SSLError, OSError):
                    accepted = False
            self.assertEqual(accepted, right, kind)
            if right:
                self.assertEqual(receiver.connections[0].client_subject, "device-1")

    def test_sessions_are_resumed(self):
        context = ssl.create_default_context(cafile=CA)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        for tls in (server_context(), GnuTlsContext()):
            session = None
            with Receiver(tls) as receiver:
                for _ in range(2):
                    raw = socket.create_connection(("127.0.0.1", receiver.port))
                    with context.wrap_socket(raw, server_hostname="localhost", session=session) as client:
                        session = client.session
                self.assertTrue(receiver.wait(lambda: len(receiver.connections) == 2
                                              and receiver.connections[1].tls_version))
            self.assertEqual([c.reused for c in receiver.connections], [False, True])

    def test_gnutls_serves_as_openssl_does(self):
        context = ssl.create_default_context(cafile=CA)
        for priority, version in (("NORMAL", "TLSv1.3"), ("NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLSv1.2")):
            with Receiver(GnuTlsContext(priority=priority)) as receiver:
                connection = sample.connect(receiver.url(), context=context)
                for _ in range(2):
                    self.assertEqual(post(receiver.url(), VECTOR, connection=connection)[0], 200)
                connection.close()
            served = receiver.connections[0]
            self.assertEqual((served.tls_version, served.server_name, served.requests, served.error),
                             (version, "localhost", 2, None))
        with Receiver(GnuTlsContext("expired")) as receiver:
            with self.assertRaises(ssl.SSLCertVerificationError):
                post(receiver.url(), VECTOR, cafile=CA)
            self.assertTrue(receiver.wait(lambda: receiver.connections[0].error))

    def test_gnutls_asks_for_the_client_too(self):
        for kind, right in (("client", True), ("client_other_ca", False), (None, False)):
            context = ssl.create_default_context(cafile=CA)
            if kind:
                context.load_cert_chain(certs.get(kind).pem, certs.get(kind).key)
            with Receiver(GnuTlsContext(client="required")) as receiver:
                try:
                    connection = sample.connect(receiver.url(), context=context)
                    accepted = post(receiver.url(), VECTOR, connection=connection)[0] == 200
                except OSError:
                    accepted = False
            self.assertEqual((accepted, receiver.span_count), (right, int(right)), kind)
            if right:
                self.assertEqual(receiver.connections[0].client_subject, "device-1")

    def test_as_a_process_it_obeys_its_input(self):
        out = certs.folders.build_dir() / f"dump-{os.getpid()}.jsonl"
        process = subprocess.Popen([sys.executable, PEERS / "receiver.py", "--tls"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        port = process.stdout.readline().split()[1]
        self.assertEqual(post(f"https://localhost:{port}/v1/traces", VECTOR, cafile=CA)[0], 200)
        said, _ = process.communicate(f"wait 1 5\nwait 2 0\ndump {out}\nsummary\nnonsense\n", timeout=120)
        lines = said.splitlines()
        self.assertEqual(lines[:3] + lines[4:5], ["ok", "timeout", "ok", "unknown nonsense"])
        self.assertEqual(json.loads(lines[-1])["spans"], 1)
        self.assertEqual(json.loads(out.read_text())["name"], "chat m")
        self.assertEqual(process.returncode, 0)
        out.unlink()


class Demo(unittest.TestCase):
    def render(self, request, encoding="utf-8", width=100):
        raw = io.BytesIO()
        out = io.TextIOWrapper(raw, encoding)
        tree.show(spans_of(request), out, width)
        out.flush()
        return raw.getvalue().decode(encoding)

    def test_the_tree_shows_errors_tokens_and_missing_parents(self):
        request = agent_trace()
        text = self.render(request)
        for part in ("6 spans, 1 failed", "├─ chat qwen-max", "812 → 64", "└─ chat",
                     "✗ timeout: the valve does not"):
            self.assertIn(part, text)
        self.assertLessEqual(max(map(tree.columns, text.splitlines())), 100)
        self.assertNotIn("\x1b", text)
        plain = self.render(request, "ascii", 60)
        self.assertIn("`- chat", plain)
        self.assertLessEqual(max(map(len, plain.splitlines())), 60)
        del request.resource_spans[0].scope_spans[0].spans[0]
        self.assertEqual(self.render(request).count("MISSING PARENT"), 5)

    def test_hostile_names_and_circles_do_no_harm(self):
        request, scoped = envelope()
        ids = [b"11111111", b"22222222"]
        for at in (0, 1):
            add_span(scoped, "evil\x1b[2J\n\u202e" + "長" * 90, ids[1 - at], trace_id=b"t" * 16,
                     span_id=ids[at])
        text = self.render(request)
        self.assertEqual((text.count("evil"), text.count("\x1b")), (2, 0))
        self.assertIn("2 spans", text)

    def run_demo(self, *command):
        done = subprocess.run([sys.executable, PEERS.parent / "demo.py", *command], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=180,
                              env={**os.environ, "PYTHONIOENCODING": "utf-8"})
        return done.returncode, done.stdout.decode()

    def test_the_demo_succeeds_with_the_right_spans_only(self):
        status, text = self.run_demo(sys.executable, sample.__file__)
        self.assertEqual(status, 0, text)
        self.assertIn("All 6 spans arrived whole", text)
        self.assertIn("USPAN_STUDIO_URL", text)
        status, text = self.run_demo("sh", "-c", f"{sys.executable} {sample.__file__} && exit 3")
        self.assertEqual((status, "exit status is 3" in text), (1, True))
        self.assertEqual(self.run_demo("true")[0], 1)
        self.assertEqual(self.run_demo("/no/such/program")[0], 1)
        self.assertEqual(self.run_demo()[0], 2)

    def test_the_demo_sees_each_fault(self):
        sys.path.insert(0, str(PEERS.parent))
        import demo

        def faults(change):
            request = agent_trace()
            change(request.resource_spans[0].scope_spans[0].spans)
            return demo.faults(spans_of(request), [])

        def drop(spans):
            del spans[3]

        def unkind(spans):
            spans[2].kind = 1

        def heal(spans):
            spans[4].status.Clear()

        def lose(spans):
            spans[1].dropped_attributes_count = 2

        def orphan(spans):
            spans[5].parent_span_id = b"nobody's"

        def late(spans):
            spans[5].end_time_unix_nano += 10**12

        def forget(spans):
            del spans[2].attributes[3:]

        self.assertEqual(faults(lambda spans: None), [])
        for change, saying in ((drop, "1 execute_tool spans, not 2"), (unkind, "kind INTERNAL"),
                               (heal, "0 failed execute_tool"), (lose, "lost {'attributes': 2}"),
                               (orphan, "has the wrong parent"), (late, "within its parent's time"),
                               (forget, "lacks gen_ai.usage")):
            self.assertIn(saying, "\n".join(faults(change)), change.__name__)
        self.assertEqual(demo.faults(spans_of(agent_trace()), ["id"]), ["span id arrived twice"])


if __name__ == "__main__":
    sys.exit(run())
