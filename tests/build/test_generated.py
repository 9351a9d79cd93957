"""test_generated.py: proto/gen is what nanopb generates from proto/*.proto now, and our field numbers are those of OTLP."""
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402
from google.protobuf import descriptor_pb2  # noqa: E402

PROTOS = Path(os.environ.get("USPAN_PROTO_DIR", sources.ROOT / "port/deps/src/opentelemetry-proto"))
OFFICIAL = ["opentelemetry/proto/collector/trace/v1/trace_service.proto"]


def messages(files, folder):
    """{short name: message descriptor} of .proto files and their imports. A nested message has a name as Span.Event."""
    with tempfile.NamedTemporaryFile() as out:
        sources.run(["protoc", f"-I{folder}", "--include_imports", f"--descriptor_set_out={out.name}", *files])
        everything = descriptor_pb2.FileDescriptorSet.FromString(Path(out.name).read_bytes())
    found, enums = {}, {}

    def add(message, prefix):
        name = prefix + message.name
        found[name] = message
        for enum in message.enum_type:
            enums[f"{name}.{enum.name}"] = {value.name: value.number for value in enum.value}
        for inner in message.nested_type:
            add(inner, name + ".")

    for file in everything.file:
        for message in file.message_type:
            add(message, "")
    return found, enums


def shape(field):
    """What determines a field's bytes: number, type, label, whether it is in a oneof, and the short name of its message."""
    kind = field.type_name.replace(".uspan.otlp.", "").split(".v1.")[-1]
    return field.number, field.type, field.label, field.HasField("oneof_index"), kind


class Generated(unittest.TestCase):
    def test_a_fresh_run_of_the_generator_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            sources.run([sources.ROOT / "proto/generate.sh", folder])
            fresh = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
        kept = {path.name: path.read_bytes() for path in (sources.ROOT / "proto/gen").iterdir()}
        self.assertEqual(len(kept), 4)
        self.assertEqual(sorted(fresh), sorted(kept))
        for name in kept:
            self.assertEqual(fresh[name], kept[name], f"{name}: cure: proto/generate.sh, and commit")

    def test_every_field_of_ours_is_the_official_one(self):
        official, official_enums = messages(OFFICIAL, PROTOS)
        ours, our_enums = messages(["otlp.proto", "answer.proto"], sources.ROOT / "proto")
        # google.rpc.Status is in no package here. Its numbers are those of the public definition.
        rpc = {field.name: shape(field)[:2] for field in ours.pop("RpcStatus").field}
        self.assertEqual(rpc, {"code": (1, 5), "message": (2, 9)})
        self.assertGreater(len(ours), 12)
        for name, message in ours.items():
            theirs = {field.name: shape(field) for field in official[name].field}
            for field in message.field:
                self.assertEqual(shape(field), theirs[field.name], f"{name}.{field.name}")
        self.assertGreater(len(our_enums), 1)
        for name, values in our_enums.items():
            self.assertEqual(values, official_enums[name], name)

    def test_no_official_field_of_a_span_is_left_out(self):
        official, _ = messages(OFFICIAL, PROTOS)
        ours, _ = messages(["otlp.proto"], sources.ROOT / "proto")
        for name in ("Span", "Span.Event", "Span.Link", "Status", "ScopeSpans", "ResourceSpans", "KeyValue", "AnyValue"):
            self.assertEqual({field.name for field in ours[name].field}, {field.name for field in official[name].field}, name)


if __name__ == "__main__":
    unittest.main()
