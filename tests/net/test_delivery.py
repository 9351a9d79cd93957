#!/usr/bin/python3
"""test_delivery.py: a program on the POSIX port delivers over real sockets to peers with and without faults.

Invariant: after every run the agent's accounts balance. The peer accepted each span that the agent counts as delivered."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

from runner import run

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support" / "peers"))
import certs  # noqa: E402
import rows  # noqa: E402
from gnutls import GnuTlsContext  # noqa: E402
from hostile import Hostile  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402
from studio import Studio  # noqa: E402

AGENT = Path(os.environ["USPAN_BUILD_DIR"]) / "tests" / "agent_under_test"
TRUST, CONFIG = -8, -9
SPANS = 4


def agent(url, **options):
    """The accounts of a run. .log is its output on stderr."""
    if url.startswith("https:"):
        options.setdefault("anchor", certs.get().ca_pem)
    done = subprocess.run([AGENT, url, *(f"{key}={value}" for key, value in options.items())],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240, text=True)
    if done.returncode != 0 or "Sanitizer" in done.stderr or "runtime error" in done.stderr:
        raise AssertionError(f"agent: status {done.returncode}\n{done.stderr}")
    accounts = json.loads(done.stdout)
    accounts["log"] = done.stderr
    return accounts


class Bulk(unittest.TestCase):
    def deliver(self, server, count, **options):
        with Receiver(server, bulk=True) as receiver:
            accounts = agent(receiver.url(), spans=count, timeout=20000, deadline=20000, **options)
        summary = receiver.summary()
        self.assertEqual((accounts["balanced"], accounts["started"], accounts["delivered"], accounts["dropped"]),
                         (1, count, count, {}), accounts)
        self.assertEqual((summary["distinct"], summary["twice"], summary["refused"], summary["errors"]),
                         (count, 0, [], []))
        self.assertEqual((accounts["retries"], accounts["resends"], accounts["blocks_live"]), (0, 0, 0))
        return accounts, summary

    def test_100000_spans_over_https_arrive_once_each(self):
        accounts, summary = self.deliver(server_context(), 100000)
        self.assertEqual(accounts["requests"], summary["requests"])
        self.assertEqual(summary["connections"], 1)

    def test_both_tls_versions_and_both_libraries_take_all(self):
        for version in (12, 13):
            self.deliver(server_context(), 3000, tls=version, text=400)
            self.deliver(GnuTlsContext(), 3000, tls=version, text=400)

    def test_plain_http_takes_all(self):
        self.deliver(None, 3000, text=100)

    def test_the_strict_receiver_finds_no_fault(self):
        with Receiver(server_context()) as receiver:
            accounts = agent(receiver.url(), spans=300, text=900, timeout=10000)
        self.assertEqual((accounts["delivered"], receiver.refused), (300, []))
        self.assertEqual(len(receiver.spans), 300)


# What a row's action means for the accounts of the agent: for each of SPANS spans, and for those of the next round.
def outcome(action, accounts, peer):
    """None, or the fault."""
    delivered, rejected, dropped = accounts["delivered"], accounts["rejected"], accounts["dropped"]
    expected = {
        "delivered": (2 * SPANS, 0, {}),
        "believed": (2 * SPANS, 0, {}),  # its status is 2xx, which decides. This peer does not count the spans
        "retry": (2 * SPANS, 0, {}),
        "split": (2 * SPANS, 0, {}),
        "refused": (SPANS, 0, {"refused": SPANS}),
        "config": (0, 0, {"refused": SPANS, "deadline": SPANS}),  # it pauses longer than the test runs
        "renew": (0, 0, {"refused": SPANS, "deadline": SPANS}),   # there is nothing to renew
    }
    if not accounts["balanced"] or accounts["queued"] or not accounts["stopped"] or accounts["blocks_live"]:
        return "accounts"
    if peer.invalid:
        return f"the request was invalid: {peer.invalid}"
    lost = 2 * SPANS - delivered - rejected - sum(dropped.values())
    if lost:
        return f"{lost} spans vanished"
    taken = peer.summary()
    if taken["distinct"] + taken["rejected"] < delivered + rejected and action not in (None, "believed"):
        return "counted as delivered, but never accepted"
    if action == "rejected":
        return None if rejected > 0 and delivered + rejected == 2 * SPANS else "rejections"
    if action is None:
        return None
    if (delivered, rejected, dropped) != expected[action]:
        return f"expected {expected[action]}"
    if action != "retry" and accounts["retries"] or action == "retry" and not accounts["retries"] + accounts["resends"]:
        return "retries"
    return None


class Misbehaving(unittest.TestCase):
    def test_each_row_has_its_outcome(self):
        wrong = []
        for name, (behaviour, action) in rows.ROWS.items():
            if "huge" in name and "retry_after" in behaviour:
                action = None  # it waits an hour, so the deadline ends it
            settle = {"settle": 300, "deadline": 300} if action is None else {}
            with Hostile([name], False) as peer:
                rests = action in ("config", "renew")
                # If a retry is a fault, a busy host must not cause one.
                options = {"deadline": 300 if rests else 3000,
                           "timeout": 500 if action in ("retry", None) else 5000, **settle}
                accounts = agent(peer.url(), rounds=2, spans=SPANS, **options)
                found = outcome(action, accounts, peer)
            if found:
                wrong.append(f"{name} ({action}): {found}: {accounts}")
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_each_connection_fault_has_its_outcome(self):
        wrong = []
        for name, (_, action) in rows.CONNECTIONS.items():
            # That there is no common version depends on settings. An early retry cannot help.
            rests = TRUST if action == "config" else CONFIG if name in ("tls_1_0", "tls_1_1") else None
            connections = [{"row": name, "times": 9}] if rests else [name]
            brief = rests or action is None
            with Hostile({"connections": connections}, tls=True) as peer:
                accounts = agent(peer.url(), rounds=2, spans=SPANS, **({"settle": 400} if brief and not rests else {}),
                                 deadline=300 if brief else 3000, timeout=5000 if action == "delivered" or rests else 500)
                if rests:
                    kept = (accounts["last_error"], accounts["dropped"], accounts["connects"], peer.exchanges)
                    found = None if kept == (rests, {"deadline": 2 * SPANS}, 1, []) else "it keeps the batch and rests"
                else:
                    found = outcome(action, accounts, peer)
            if found:
                wrong.append(f"{name} ({action}): {found}: {accounts}")
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_an_answer_before_the_end_of_the_request_is_seen_in_every_run(self):
        """The server answers 413 and closes while the body is still being sent. The response that has arrived is read first."""
        for version in (12, 13):
            for tls in (True, True, True, False):
                with Hostile(["early_413"], tls=tls) as peer:
                    accounts = agent(peer.url(), spans=200, text=1000, timeout=20000, tls=version)
                self.assertEqual((accounts["delivered"], accounts["retries"], accounts["dropped"]), (200, 0, {}), accounts)
                self.assertEqual((peer.summary()["twice"], peer.exchanges[0].verdict), (0, "refused"))

    def test_a_refused_certificate_is_named(self):
        for kind, word in (("expired", "expired"), ("wrong_host", "name"), ("other_ca", ""), ("self_signed", "")):
            with Hostile({"connections": [{"cert": kind}]}, tls=True) as peer:
                accounts = agent(peer.url(), deadline=100, timeout=20000)
            self.assertEqual(accounts["last_error"], TRUST, kind)
            self.assertIn(word, accounts["why"], kind)
            self.assertTrue(accounts["why"], kind)
            self.assertIn(accounts["why"], accounts["log"])

    def test_a_client_certificate_is_shown_where_it_is_asked_for(self):
        mine = certs.get("client")
        with Receiver(server_context(client="required")) as receiver:
            self.assertEqual(agent(receiver.url(), cert=mine.pem, key=mine.key)["delivered"], 1)

    def test_headers_with_secrets_are_sent_and_not_logged(self):
        with Receiver(server_context()) as receiver:
            accounts = agent(receiver.url(), headers="Authorization=Bearer%20deep-secret")
        self.assertEqual(receiver.requests[0].headers["authorization"], "Bearer deep-secret")
        self.assertNotIn("deep-secret", accounts["log"])

    def test_a_kept_connection_that_the_server_closes_costs_one_resend_at_most(self):
        for how in ("close", "reset"):
            with Hostile([{"row": "ok", "after": how}] * 5) as peer:
                accounts = agent(peer.url(), rounds=5, pause=30, timeout=20000)
            self.assertEqual((accounts["delivered"], accounts["retries"]), (5, 0), how)
            self.assertEqual(peer.summary()["twice"], 0)


class Cuts(unittest.TestCase):
    def sweep(self, entries, tls=False, connections=(), **options):
        """One round of one span for each entry. An exchange without a fault follows each."""
        script = {"requests": [e for entry in entries for e in ([entry, "ok"] if entry else ["ok"])],
                  "connections": list(connections)}
        rounds = len(entries)
        with Hostile(script, tls) as peer:
            accounts = agent(peer.url(), rounds=rounds, timeout=20000, **options)  # a busy host causes no retry
            summary = peer.summary()
        self.assertEqual((accounts["balanced"], accounts["delivered"], accounts["dropped"]), (1, rounds, {}), accounts)
        self.assertEqual((summary["distinct"], summary["ever"], peer.invalid), (rounds, rounds, []))
        return accounts, summary

    def test_a_cut_at_each_byte_of_the_request(self):
        with Hostile() as peer:  # the length of one request
            agent(peer.url())
            request = peer.exchanges[0].request
            length = len(request.head) + request.length
        for how in ("reset", "close"):
            accounts, _ = self.sweep([{"cut_request": at, "how": how} for at in range(1, length)])
            self.assertGreaterEqual(accounts["retries"] + accounts["resends"], length - 1)

    def test_a_cut_at_each_byte_of_the_answer(self):
        answer = "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:25 GMT\r\nContent-Length: 0\r\n\r\n"
        for how in ("reset", "close"):
            accounts, summary = self.sweep([{"status": 200, "raw": answer, "cut_answer": at, "how": how}
                                            for at in range(1, len(answer))])
            # Once the status has arrived, it decides: the spans are not sent again.
            self.assertEqual(accounts["retries"], len("HTTP/1.1 200"))
            self.assertEqual(summary["twice"], len("HTTP/1.1 200"))  # the peer had accepted the first ones: ids stay equal

    def test_cuts_below_tls(self):
        connections = [{key: at, "how": how} for key in ("raw_in", "raw_out") for how in ("reset", "close")
                       for at in (1, 5, 44, 100, 150, 250, 400, 600, 900)]
        with Hostile({"connections": connections}, tls=True) as peer:
            accounts = agent(peer.url(), rounds=3, spans=40, text=100, timeout=3000, settle=60000)
            summary = peer.summary()
        self.assertEqual((accounts["balanced"], accounts["delivered"]), (1, 120), accounts)
        self.assertEqual((summary["distinct"], peer.invalid), (120, []))
        self.assertGreater(accounts["retries"], len(connections) // 2)


class WithStudio(unittest.TestCase):
    def test_a_run_is_registered_filled_and_done(self):
        with Studio() as studio:
            accounts = agent(studio.url(), rounds=2, spans=5, studio=f"http://localhost:{studio.port}",
                             run="dev42-boot17", project="greenhouse")
            self.assertEqual((accounts["delivered"], accounts["dropped"]), (10, {}))
            self.assertEqual(set(studio.runs), {"dev42-boot17"})
            wanted = {"project": "greenhouse", "name": "under test", "pid": 1, "status": "done", "run_dir": ""}
            run_row = studio.runs["dev42-boot17"]
            self.assertEqual({key: run_row[key] for key in wanted}, wanted)
            self.assertRegex(run_row["timestamp"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$")
            summary = studio.summary()
        self.assertEqual((summary["orphans"], summary["spans"], summary["dropped"], summary["errors"]), (0, 10, [], []),
                         summary)
        registrations = [r for r in summary["requests"] if r[1] == "/trpc/registerRun"]
        self.assertEqual([r[2] for r in registrations], [200, 200])

    def test_a_failing_registration_never_stops_export(self):
        for status in (400, 500, 503):
            with Studio(fail={"registerRun": status}) as studio:
                accounts = agent(studio.url(), spans=5, studio=f"http://localhost:{studio.port}", run="r1", deadline=300)
                self.assertEqual((accounts["delivered"], accounts["dropped"]), (5, {}))
                self.assertEqual((studio.runs, len(studio.spans)), ({}, 5))


if __name__ == "__main__":
    sys.exit(run())
