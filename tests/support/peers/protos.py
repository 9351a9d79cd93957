"""protos.py: Python classes of the official OTLP .proto files, generated once into the build folder.

Invariant: the folder's name is the hash of all its inputs, so the folder is never outdated."""
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from folders import ROOT, build_dir, install

HERE = Path(__file__).resolve().parent
WANTED = [f"opentelemetry/proto/{name}.proto"
          for name in ("common/v1/common", "resource/v1/resource", "trace/v1/trace",
                       "collector/trace/v1/trace_service")]


def proto_dir():
    """The folder that contains opentelemetry/proto: USPAN_PROTO_DIR, or the one that port/deps unpacked."""
    given = os.environ.get("USPAN_PROTO_DIR")
    places = [Path(given)] if given else sorted((ROOT / "port" / "deps" / "src").glob("opentelemetry-proto*"))
    for place in places:
        for found in sorted(place.rglob(WANTED[2])):
            return found.parents[4]
    raise SystemExit("protos.py: no official opentelemetry-proto files; run port/deps/fetch.sh "
                     "or let USPAN_PROTO_DIR name the folder that holds opentelemetry/proto")


def generate():
    source = proto_dir()
    digest = hashlib.sha256()
    for path in [source / name for name in WANTED] + [HERE / "rpc_status.proto"]:
        digest.update(path.read_bytes())

    def fill(work):
        subprocess.run(["protoc", f"-I{source}", f"-I{HERE}", f"--python_out={work}", *WANTED,
                        "rpc_status.proto"], check=True)

    if shutil.which("protoc") is None:
        raise SystemExit("protos.py: no protoc; apt-get install protobuf-compiler python3-protobuf")
    return install(build_dir() / f"proto-{digest.hexdigest()[:16]}", fill)


sys.path.insert(0, str(generate()))

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2  # noqa: E402
from opentelemetry.proto.trace.v1 import trace_pb2  # noqa: E402
from opentelemetry.proto.common.v1 import common_pb2  # noqa: E402
import rpc_status_pb2  # noqa: E402

ExportRequest = trace_service_pb2.ExportTraceServiceRequest
ExportResponse = trace_service_pb2.ExportTraceServiceResponse
Span = trace_pb2.Span
SpanStatus = trace_pb2.Status
AnyValue = common_pb2.AnyValue
RpcStatus = rpc_status_pb2.Status
