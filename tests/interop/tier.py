"""tier.py: the two rows of Collectors of examples/backends: the Collector takes both files, and the second row runs as its file
says, with a Kafka in memory: it keeps devices' spans while the backend is away.

Invariant: the files are used as they stand; what a run here needs else is in a file beside them. gateway.yaml is validated
against the documented settings of its exporter (port/deps/interop/tier/loadbalancing.go says why), and does not run."""
import json
import subprocess

import collector
import fleet
from phoenix import free_ports, unequal
from tools import LIMIT_S, OUT, ROOT, child, clean_environment, tail, until

TIER = OUT / "tier" / "tier"
FOLDER = ROOT / "examples" / "backends"
DATA = OUT / "tier-data"
DEVICES = 4


def refusal(path):
    """The Collector's words against a file; "" when it takes it."""
    done = subprocess.run([TIER, "validate", f"--config=file:{path}"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=LIMIT_S, env=clean_environment())
    return (done.stderr or "refused without a word") if done.returncode else ""


def validates(tally):
    for name, word in (("gateway", "routing_key"), ("tier", "required_acks")):
        text = (FOLDER / f"{name}.yaml").read_text()
        broken = DATA / f"{name}.yaml"
        broken.write_text(text.replace(word, f"{word}s"))
        tally.check(f"{name}.yaml: taken", [refusal(FOLDER / f"{name}.yaml")] if refusal(FOLDER / f"{name}.yaml") else [])
        tally.check(f"{name}.yaml with {word}s: refused", unequal("named", f"{word}s" in refusal(broken), True))


def runs(tally):
    kafka, http, grpc = free_ports(3)
    backend = collector.Collector()
    backend.file.unlink(missing_ok=True)
    more = DATA / "more.yaml"
    more.write_text(json.dumps({"receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{http}"}}}},
                                "service": {"telemetry": {"metrics": {"level": "none"}}}}))
    env = clean_environment(KAFKA=f"127.0.0.1:{kafka}", TIER_LISTEN=f"127.0.0.1:{grpc}",
                            BACKEND_URL=f"http://127.0.0.1:{backend.port}")
    spans = DEVICES * fleet.SPANS_A_TURN
    broker, row = DATA / "kafka.log", DATA / "tier.log"
    with child([TIER, "kafka", kafka], log=broker) as process:
        if not until(lambda: b"Everything is ready" in broker.read_bytes(), process):
            raise RuntimeError("\n".join(["no Kafka", *tail(broker)]))
        with child([TIER, f"--config=file:{FOLDER / 'tier.yaml'}", f"--config=file:{more}"], log=row, env=env) as process:
            if not until(lambda: b"Everything is ready" in row.read_bytes(), process):
                raise RuntimeError("\n".join(["tier.yaml did not start", *tail(row)]))
            with fleet.devices(fleet.build(), http, DEVICES) as devices:
                fleet.order(devices, 1, 0)
                _, totals = fleet.reports(devices)
            tally.check("tier.yaml: Kafka takes what devices send, while the backend is away",
                        unequal("delivered", (totals["started"], totals["delivered"]), (spans, spans)))
            with backend.started():
                stored = backend.spans(spans)
                ids = {(span["trace_id"], span["span_id"]) for span in stored}
                tally.check("tier.yaml: and the backend has all of it once it is there", unequal("spans", len(ids), spans))


def run(tally):
    DATA.mkdir(parents=True, exist_ok=True)
    validates(tally)
    runs(tally)
