#!/usr/bin/python3
"""test_hostile.py: the hostile receiver does what its script says, at the chosen byte, and accounts for the spans it accepted.

Invariant: a client that is not uspan observes each kind of fault."""
import json
import socket
import ssl
import subprocess
import sys
import unittest
from pathlib import Path

import sample
from runner import run
from sample import VECTOR, add_span, envelope, post

import certs
import hostile
import protos
import rows
from hostile import Hostile

PEERS = Path(certs.__file__).parent
CA = str(certs.get().ca_pem)


class Misbehaving(unittest.TestCase):
    def run_script(self, script, tls=False, posts=1):
        """What a plain client receives: [(status, headers, body) or the exception], and the peer."""
        seen = []
        with Hostile(script, tls) as peer:
            for entry in [*script, *[None] * posts][:posts]:
                connection = sample.connect(peer.url(), CA)
                connection.timeout = 0.2 if entry == "silent" else 20
                try:
                    seen.append(post(peer.url(), VECTOR, connection=connection))
                except (OSError, sample.http.client.HTTPException) as error:
                    seen.append(error)
                connection.close()
        return seen, peer

    def test_every_status_row_says_its_status(self):
        names = list(rows.status_rows())
        seen, peer = self.run_script(names, posts=len(names))
        for name, (status, headers, body) in zip(names, seen):
            behaviour, action = rows.ROWS[name]
            self.assertEqual(status, behaviour["status"], name)
            self.assertEqual("Retry-After" in headers, "retry_after" in behaviour, name)
            self.assertEqual(action in ("delivered", "rejected"), 200 <= status < 300, name)
            if action == "rejected":
                self.assertGreater(protos.ExportResponse.FromString(body).partial_success.rejected_spans, 0,
                                   name)
        self.assertEqual((peer.invalid, peer.summary()["script_left"]), ([], 0))

    def test_it_knows_what_it_accepted(self):
        _, peer = self.run_script(["503", "ok", "partial", "silent"], posts=4)
        self.assertEqual([e.verdict for e in peer.exchanges], ["refused", "accepted", "rejected", "lost"])
        summary = peer.summary()
        self.assertEqual([summary[key] for key in ("accepted", "rejected", "refused", "lost", "ever")],
                         [1, 1, 1, 1, 1])

    def test_an_invalid_request_is_noted(self):
        with Hostile() as peer:
            request, scoped = envelope()
            add_span(scoped, "")
            post(peer.url(), request.SerializeToString())
        self.assertIn("empty name", peer.invalid[0])

    def test_dates_have_three_forms(self):
        at = 784111777  # the example of RFC 9110 section 5.6.7
        self.assertEqual([hostile.http_date(at, form) for form in ("imf", "rfc850", "asctime")],
                         ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                          "Sun Nov  6 08:49:37 1994"])
        with Hostile([{"row": "503_asctime", "date": 60}, {"row": "ok", "date": None}],
                     clock=lambda: at) as peer:
            headers = post(peer.url(), VECTOR)[1]
            self.assertEqual((headers["Date"], headers["Retry-After"]),
                             ("Sun, 06 Nov 1994 08:50:37 GMT", "Sun Nov  6 08:49:39 1994"))
            self.assertNotIn("Date", post(peer.url(), VECTOR)[1])

    def test_framings_decode(self):
        names = ["continue_first", "chunked", "chunked_extras", "close_delimited", "http_1_0", "drip",
                 "chunked_partial"]
        seen, _ = self.run_script(names, posts=len(names))
        self.assertEqual([answer[0] for answer in seen], [200] * len(names))
        for at in (1, 2, 3, 5):
            self.assertEqual(seen[at][2].decode(), rows.STUDIO)
        self.assertEqual(protos.ExportResponse.FromString(seen[6][2]).partial_success.rejected_spans, 1)

    def exact_cut(self, entry, tls):
        """(bytes that the client received, how the connection ended for it, spans accepted, bytes that the peer received)"""
        with Hostile([entry], tls) as peer:
            raw = socket.create_connection(("127.0.0.1", peer.port))
            context = ssl.create_default_context(cafile=CA)
            context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
            client = (context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)
                      if tls else raw)
            head = (b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
                    b"Content-Length: 188\r\n\r\n")
            got = b""
            try:
                client.sendall(head + VECTOR)
                while True:
                    data = client.recv(65536)
                    if not data:
                        end = "closed"
                        break
                    got += data
            except ssl.SSLError:
                end = "truncated"
            except OSError:
                end = "reset"
            client.close()
        self.assertEqual((peer.summary()["cuts"], peer.summary()["errors"]), (1, []))
        return len(got), end, len(peer.accepted), peer.connections[0].app.bytes_in

    def test_cuts_come_at_the_byte_asked_for(self):
        for tls in (False, True):
            for at in (1, 2, 17, 60):
                got, end, accepted, _ = self.exact_cut({"cut_answer": at, "how": "close", "status": 200}, tls)
                self.assertEqual((got, end, accepted), (at, "closed", 1))
                got, end, accepted, taken = self.exact_cut({"cut_request": at}, tls)
                self.assertEqual((got, accepted, taken), (0, 0, at))
                self.assertIn(end, ("reset", "truncated"))
        self.assertEqual(self.exact_cut({"cut_answer": 5, "how": "truncate", "status": 200}, True)[:2],
                         (5, "truncated"))
        self.assertEqual(self.exact_cut({"cut_answer": 5, "how": "reset", "status": 200}, False)[1], "reset")

    def test_cuts_below_tls_come_at_their_byte_too(self):
        for key in ("raw_in", "raw_out"):
            for at in (0, 1, 5, 100, 700):
                with Hostile({"connections": [{key: at}]}, tls=True) as peer:
                    with self.assertRaises(OSError):
                        post(peer.url(), VECTOR, cafile=CA)
                    self.assertTrue(peer.wait(lambda: peer.connections[0].cut))
                raw = peer.connections[0].raw
                self.assertEqual(raw.bytes_in if key == "raw_in" else raw.bytes_out, at)

    def test_connection_faults_break_the_handshake_and_then_it_is_well(self):
        for name, (_, action) in rows.CONNECTIONS.items():
            with Hostile({"connections": [name]}, tls=True) as peer:
                connection = sample.connect(peer.url(), CA)
                connection.timeout = 0.3 if "silent" in name else 20
                try:
                    first = post(peer.url(), VECTOR, connection=connection)[0]
                except OSError as error:
                    first = error
                if action == "delivered":
                    self.assertEqual(first, 200, name)
                else:
                    self.assertIsInstance(first, OSError, name)
                    self.assertEqual(post(peer.url(), VECTOR, cafile=CA)[0], 200, name)
                self.assertEqual(len(peer.accepted), 1, name)

    def test_an_early_answer_leaves_the_body_unread(self):
        with Hostile(["early_413"]) as peer, socket.create_connection(("127.0.0.1", peer.port)) as client:
            client.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
            self.assertIn(b" 413 ", client.recv(65536))
        self.assertEqual([(e.verdict, len(e.keys)) for e in peer.exchanges], [("refused", 0)])

    def test_a_kept_connection_dies_and_the_next_is_well(self):
        for after in ("close", "reset", "truncate"):
            with Hostile([{"row": "ok", "after": after}, "ok"], tls=True) as peer:
                connection = sample.connect(peer.url(), CA)
                self.assertEqual(post(peer.url(), VECTOR, connection=connection)[0], 200)
                connection.auto_open = 0
                with self.assertRaises((OSError, sample.http.client.HTTPException)):
                    post(peer.url(), VECTOR, connection=connection)
                self.assertEqual(post(peer.url(), VECTOR, cafile=CA)[0], 200)
                self.assertEqual(len(peer.connections), 2)

    def test_a_script_with_a_typing_mistake_is_refused(self):
        for script in ([{"statsu": 200}], {"request": []}, {"connections": [{"crt": "good"}]}):
            with self.assertRaises(ValueError):
                Hostile(script)
        with self.assertRaises(KeyError):
            Hostile(["no such row"])

    def test_as_a_process_it_takes_scripts(self):
        process = subprocess.Popen([sys.executable, PEERS / "hostile.py"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        url = f"http://localhost:{process.stdout.readline().split()[1]}/v1/traces"
        process.stdin.write('script ["503", {"row": "ok", "times": 2}]\n')
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "ok\n")
        self.assertEqual([post(url, VECTOR)[0] for _ in range(4)], [503, 200, 200, 200])
        said, _ = process.communicate(timeout=120)
        summary = json.loads(said)
        self.assertEqual((summary["accepted"], summary["twice"], summary["refused"]), (3, 1, 1))
        self.assertEqual([e["row"] for e in summary["exchanges"]], ["503", "ok", "ok", "ok"])
        table = json.loads(subprocess.check_output([sys.executable, PEERS / "hostile.py", "--rows"]))
        self.assertEqual(table["requests"]["413"][1], "split")


if __name__ == "__main__":
    sys.exit(run())
