"""tier.py: tests the two rows of Collectors of examples/backends. The Collector accepts both files, and both run: devices, TLS,
a gateway, its load-balancing exporter, two Collectors of the second row, a Kafka in memory, a backend that is absent at first.

Invariant: the files are used unchanged. Settings that only this test needs are in an additional file. Each Collector of the
second row writes its number with its spans into Kafka, so the test knows which of them had a span."""
import contextlib
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import certs
import collector
from tools import HOST, LIMIT_S, OUT, ROOT, child, clean_environment, free_ports, tail, unequal, until

TIER = OUT / "tier" / "tier"
FOLDER = ROOT / "examples" / "backends"
DATA = OUT / "tier-data"
# One trace per device. Its spans come in requests of two, which a gateway that ignores trace ids would spread.
DEVICES, SPANS, BATCH = 16, 6, 2
QUIET = {"telemetry": {"metrics": {"level": "none"}}}
ROW = "kafka.header.row"


def refusal(path):
    """The Collector's messages about a file. "" if it accepts it."""
    done = subprocess.run([TIER, "validate", f"--config=file:{path}"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=LIMIT_S, env=clean_environment())
    return (done.stderr or "refused without a word") if done.returncode else ""


def validates(tally):
    for name, word in (("gateway", "routing_key"), ("tier", "required_acks")):
        text = (FOLDER / f"{name}.yaml").read_text()
        broken = DATA / f"{name}.yaml"
        broken.write_text(text.replace(word, f"{word}s"))
        tally.check(f"{name}.yaml: taken", unequal("its words", refusal(FOLDER / f"{name}.yaml"), ""))
        tally.check(f"{name}.yaml with {word}s: refused", unequal("named", f"{word}s" in refusal(broken), True))


@contextlib.contextmanager
def started(name, *configurations, **environment):
    """A Collector with these files or settings. Later ones override earlier ones."""
    log, words = DATA / f"{name}.log", []
    for number, one in enumerate((*configurations, {"service": QUIET})):
        if isinstance(one, dict):
            settings, one = one, DATA / f"{name}-{number}.yaml"
            one.write_text(json.dumps(settings))  # JSON is valid YAML
        words.append(f"--config=file:{one}")
    with child([TIER, *words], log=log, env=clean_environment(**environment)) as process:
        ready(name, log, process)
        yield


def ready(name, log, process):
    if not until(lambda: b"Everything is ready" in log.read_bytes(), process):
        raise RuntimeError("\n".join([f"{name} did not start", *tail(log)]))


def row(number, kafka, grpc, backend):
    """A Collector of the second row. It writes its number with its spans into Kafka."""
    written = {"record_headers": [{"name": "row", "value": str(number)}]}
    read = {"header_extraction": {"extract_headers": True, "headers": ["row"]}}
    return started(f"row-{number}", FOLDER / "tier.yaml",
                   {"receivers": {"kafka": read}, "exporters": {"kafka": written}},
                   KAFKA=f"127.0.0.1:{kafka}", TIER_LISTEN=f"127.0.0.1:{grpc}", BACKEND_URL=f"http://127.0.0.1:{backend.port}")


def gateway(name, https, grpc, more):
    good = certs.get("good")
    return started(name, FOLDER / "gateway.yaml", more, GATEWAY_CERT=str(good.pem), GATEWAY_KEY=str(good.key),
                   GATEWAY_LISTEN=f"127.0.0.1:{https}", TIER_HOST="127.0.0.1", TIER_PORT=str(grpc))


def device(name, https):
    """Exit status of a device that has sent its trace over TLS."""
    return subprocess.run([HOST / "examples" / "agent"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, timeout=LIMIT_S, env=clean_environment(
                              OTEL_EXPORTER_OTLP_ENDPOINT=f"https://localhost:{https}",
                              OTEL_EXPORTER_OTLP_CERTIFICATE=str(certs.get().ca_pem),
                              OTEL_RESOURCE_ATTRIBUTES=f"service.instance.id={name}",
                              OTEL_BSP_MAX_EXPORT_BATCH_SIZE=str(BATCH))).returncode


def delivered(name, https):
    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(lambda number: device(f"{name}-{number}", https) == 0, range(DEVICES)))


def parts(backend):
    """(device, trace, row, spans' ids) of each block that the backend stored. A block is the content of one request."""
    lines = [json.loads(line) for line in backend.file.read_text().splitlines()]
    for block in (block for line in lines for block in line["resourceSpans"]):
        resource = collector.attributes_of(block["resource"]["attributes"])
        spans = [span for scoped in block["scopeSpans"] for span in scoped["spans"]]
        yield (resource["service.instance.id"], spans[0]["traceId"], resource[ROW],
               [(span["traceId"], span["spanId"]) for span in spans])


def judged(tally, backend):
    stored = list(parts(backend))
    ids = [one for *_, part in stored for one in part]
    tally.check("both rows: the backend has every span once, once it is there",
                unequal("spans", (len(ids), len(set(ids))), (2 * DEVICES * SPANS,) * 2))
    rows, pieces = {}, {}
    for who, trace, number, _ in stored:
        rows.setdefault((who, trace), set()).add(number)
        pieces[who, trace] = pieces.get((who, trace), 0) + 1
    tally.check("gateway.yaml: traces came in several requests, and all of a trace went to one Collector", unequal(
        "traces, in one piece, in several Collectors",
        (len(rows), min(pieces.values()) < 2, sum(len(one) > 1 for one in rows.values())), (2 * DEVICES, False, 0)))
    used = {how: {number for (who, _), one in rows.items() if who.startswith(how) for number in one} for how in ("dns", "list")}
    tally.check("gateway.yaml: by name to the one Collector that has it, by a list to both",
                unequal("rows", used, {"dns": {"1"}, "list": {"1", "2"}}))


def runs(tally):
    kafka, first, second, https = free_ports(4)
    backend = collector.Collector()
    backend.file.unlink(missing_ok=True)
    # Not every machine can have a name with two addresses, so two Collectors are listed.
    two = {"dns": None, "static": {"hostnames": [f"127.0.0.1:{port}" for port in (first, second)]}}
    broker = DATA / "kafka.log"
    with contextlib.ExitStack() as stack:
        ready("Kafka", broker, stack.enter_context(child([TIER, "kafka", kafka], log=broker)))
        for number, port in ((1, first), (2, second)):
            stack.enter_context(row(number, kafka, port, backend))
        for how, more in (("dns", {}), ("list", {"exporters": {"load_balancing": {"resolver": two}}})):
            with gateway(f"gateway-{how}", https, first, more):
                tally.check(f"gateway.yaml, {how}: takes what devices send over TLS, while the backend is away",
                            unequal("devices that delivered all", delivered(how, https), DEVICES))
        with backend.started():
            backend.spans(2 * DEVICES * SPANS)
            judged(tally, backend)


def run(tally):
    DATA.mkdir(parents=True, exist_ok=True)
    validates(tally)
    runs(tally)
