"""test_backends.py: each preset of examples/backends sends exactly the bytes of the request that its page shows. It adds the
attributes of its profile to the spans that its page names. `--write` puts both into the pages.

Invariant: a preset without a page fails, and so does a page without a preset. The values that a page gives are compiled."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "support/peers"),
                str(Path(__file__).resolve().parents[1] / "net")]
import sources  # noqa: E402
from protos import ExportRequest  # noqa: E402
from runner import run  # noqa: E402

FOLDER = sources.ROOT / "examples/backends"
OUT = sources.BUILD / "backends"
FIXED = ["-DUSPAN_SERVICE_NAME=\"greenhouse\"", "-DUSPAN_ATTRS_MAX=32", "-O0"]
# What a preset changes. In these two files it changes the layout of the tracer. Otherwise it sets a profile, which
# USPAN_CONFIG_ID includes and core/genai reads, and settings that only this file reads.
NEW_LAYOUT = ("studio", "agentops")
SPANS = sources.genai_sources("json", "genai")  # no preset changes how LLM traffic is read
OWN = [sources.ROOT / "core/export/collector.c"]


def pages():
    return {path: path.read_text() for path in sorted(FOLDER.glob("*.md")) if path.name != "README.md"}


def headers():
    """The presets. The folder has a helper too, which is not one."""
    return sorted(path.stem for path in FOLDER.glob("*.h") if "#ifndef USPAN_BACKEND_" in path.read_text())


def presets(text):
    """[(mark, header's name, the settings before its #include)] of a page's C blocks. The mark is the name. From a header's
    second block on, the mark has a number too."""
    found = []
    for block in re.findall(r"```c\n(.*?)```", text, re.S):
        name = re.search(r'#include "backends/(\w+)\.h"', block)
        if name and name.group(1) in headers():
            before = sum(one[1] == name.group(1) for one in found)
            mark = name.group(1) + (f"-{before + 1}" if before else "")
            found.append((mark, name.group(1), block[:name.start()]))
    return found


def with_profile(name, objects):
    """Core and core/genai with the profile that a preset's header sets. Each profile is compiled once."""
    profile = "".join(re.findall(r"^#define (USPAN_PROFILE_\w+) 1", (FOLDER / f"{name}.h").read_text(), re.M))
    if profile not in objects:
        options = FIXED + ([f"-D{profile}=1"] if profile else [])
        others = [source for source in sources.core_sources() if source not in OWN]
        objects[profile] = sources.compile_all(others + SPANS, OUT / f"genai{profile}", ["gcc"], options).values()
    return objects[profile]


def build(mark, name, settings, objects):
    """The bytes that a program with these settings sends."""
    folder = OUT / mark
    folder.mkdir(parents=True, exist_ok=True)
    plain = "http://" in settings
    header = folder / "app_uspan.h"
    header.write_text(f'{settings}\n#include "{FOLDER / name}.h"\n')
    options = [*FIXED, f'-DUSPAN_USER_CONFIG="{header}"'] + (["-DBACKEND_PLAIN"] if plain else [])
    if name == "agentops":
        options.append('-DBACKEND_RUN_TIME_HEADERS="Authorization=Bearer%20token-of-the-day"')
    if name in NEW_LAYOUT:
        ours, shared = sources.compile_all(sources.core_sources() + SPANS, folder, ["gcc"], options), []
    else:
        ours, shared = sources.compile_all(OWN, folder, ["gcc"], options), with_profile(name, objects)
    program = folder / "request"
    sources.run(["gcc", "-std=c11", *sources.INCLUDES, *options, sources.ROOT / "tests/build/backend_request.c",
                 *ours.values(), *shared, *objects["proto"], "-o", program])
    done = subprocess.run([program], capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {done.returncode} {done.stderr.decode()}")
    return done.stdout


def requests(raw):
    found = []
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
        found.append((head.decode(), rest[:length]))
        raw = rest[length:]
    return found


def value(v):
    kind = v.WhichOneof("value")
    if kind == "array_value":
        return [value(one) for one in v.array_value.values]
    return getattr(v, kind)


def spans(body):
    """{span's name: {key: value}} of a request."""
    message = ExportRequest()
    message.ParseFromString(body)
    return {span.name: {a.key: value(a.value) for a in span.attributes}
            for block in message.resource_spans for scope in block.scope_spans for span in scope.spans}


def shown(mark, name, settings, objects, bare):
    """What the page shows of a preset: the head of the request with traces, and the attributes that its profile adds."""
    sent = requests(build(mark, name, settings, objects))
    head, body = sent[-1]
    head = re.sub(r"uspan/[0-9.]+", "uspan/VERSION", head)
    head = re.sub(r"(?i)(content-length: )\d+", r"\1N", head)
    added = []
    for span, attributes in sorted(spans(body).items()):
        for key, what in sorted(attributes.items()):
            if key not in bare.get(span, {}):
                added.append(f"{span}: {key} = {what}")
    return head.replace("\r\n", "\n"), "\n".join(added)


def marked(mark, what):
    """The part of a page that this file writes."""
    head, added = what
    text = f"```http\n{head}\n```\n"
    if added:
        text += f"\nAdded to spans:\n\n```text\n{added}\n```\n"
    return f"<!-- {mark}:begin -->\n{text}<!-- {mark}:end -->"


class Backends(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.objects = {"proto": sources.compile_all(sources.proto_sources(), OUT / "proto", ["gcc"], ["-O1"]).values()}
        given = '#define COLLECTOR_URL "https://collector.example:4318/v1/traces"'
        cls.bare = spans(requests(build("collector", "collector", given, cls.objects))[-1][1])

    def test_each_preset_has_a_page_and_each_page_a_preset(self):
        named = [name for text in pages().values() for _, name, _ in presets(text)]
        self.assertGreater(len(headers()), 10)
        self.assertEqual(sorted(set(named)), headers())

    def test_what_a_build_with_a_preset_sends_is_what_its_page_shows(self):
        self.assertGreater(len(pages()), 8)
        for path, text in pages().items():
            self.assertTrue(presets(text), path.name)
            for mark, name, settings in presets(text):
                with self.subTest(preset=mark):
                    part = marked(mark, shown(mark, name, settings, self.objects, self.bare))
                    self.assertIn(part, text, f"{path.name} is not what {mark} sends; cure: this file with --write")

    def test_a_preset_without_its_settings_names_what_is_missing(self):
        (OUT / "missing").mkdir(parents=True, exist_ok=True)
        with self.assertRaisesRegex(RuntimeError, "LANGFUSE_PUBLIC_KEY: of the project's settings"):
            sources.run(["gcc", "-fsyntax-only", "-xc", FOLDER / "langfuse_eu.h"])


def write():
    Backends.setUpClass()
    for path, text in pages().items():
        for mark, name, settings in presets(text):
            new = marked(mark, shown(mark, name, settings, Backends.objects, Backends.bare))
            text = re.sub(rf"<!-- {mark}:begin -->.*?<!-- {mark}:end -->", lambda _: new, text, flags=re.S)
        path.write_text(text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
        sys.exit(0)
    sys.exit(run())
