#!/usr/bin/python3
"""mutate.py: measures whether the tests notice faults. It changes one line of core at a time and runs the quick tests.

Each mutant is one file. It is compiled alone and linked in front of the libraries of tests that are built already. The tests
of its module run first, in every configuration that they are built for. All other quick C tests follow. For code that reads or
writes data on the wire, the Python tests that compare with other implementations run last.
Invariant: the same SEED and sources give the same mutants, and a change of one line of core replaces only mutants of this line.
A change that does not compile, or compiles to the same code, does not count. What no test noticed is compiled once more with
optimization: the same code then has the same effect, as where both sides of a comparison give one value.
  N=40      mutants
  SEED=1    seed that chooses the mutants
  ONLY=re   only files whose path matches
  JOBS=2    mutants at a time
The exit status is 1 if less than 92 % are killed. mutate_harmless.txt lists survivors without a relevant effect, each with its
reason. They do not count. The last line also has the percentage in which they count as survivors."""
import collections
import functools
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("USPAN_BUILD_DIR", ROOT / "build/gcc")).resolve()
HARMLESS = Path(__file__).with_name("mutate_harmless.txt")
KILLED_MIN = 92  # percent
# As in the tests of `make check` with UBSan: an index beyond an array, a shift beyond a type, and a null pointer end the test.
TRAPS = ("-fsanitize=bounds,shift,null,alignment", "-fsanitize-undefined-trap-on-error")
ASAN = "-fsanitize=address"  # as in `make check`, too, but only where no test failed without it: it takes longer
QUICK_S = 3.0    # a test of another module that takes more processor time is not run
FOLDERS = ("unit", "wire", "faults")
ENVIRONMENT = {**os.environ, "USPAN_SOURCE_DIR": str(ROOT), "USPAN_BUILD_DIR": str(BUILD),
               "USPAN_PROTO_DIR": str(ROOT / "port/deps/src/opentelemetry-proto")}
# Tests of a module that do not have its name: {module: pattern of tests}. Other modules have test_<module>*.
TESTS = {
    "attr": "attr|append|redactor|interleaving", "attr_build": "attr|read_items", "attr_set": "attr|struct_attrs|genai",
    "blocks": "block_chain|pool|interleaving", "lock": "pool", "span": "span|sample|processor|current", "trace": "span",
    "clock": "clock", "read": "read", "event": "event|interleaving", "status": "status|interleaving",
    "ascii": "headers|baggage|http",
    "context": "context|propagate", "span_context": "context|propagate",
    "processor": "processor", "port_none": "port_none", "typed": "genai|recording",
    "genai_keys": "genai", "usage": "genai_run|stats|status", "stream": "genai|wire", "message": "message",
    "message_json": "message",
    "scope": "genai", "json_read": "json_read|wire", "json_path": "json_read|wire", "json_number": "json_read|number|message",
    "message_double": "number|message",
    "json_write": "message", "json_write_": "message", "json_write_store": "message|interleaving", "sse": "sse|wire",
    "wire_": "wire", "wire": "wire", "exporter": "exporter|export|shutdown|batch|clock_export|renewal",
    "exchange_result": "exchange_result|too_large|export", "batch": "batch|export", "otlp": "nanopb|batch|export",
    "otlp_": "nanopb|batch|export",
    "resource": "collector|nanopb|export|resource", "stats": "stats|diagnose", "tracer_init": "collector|diagnose|shutdown",
    "url": "url|collector", "window": "window|http_request",
    "http_request": "http_request|export", "response_body": "exchange_result|http_response",
    "spool_": "spool", "keep_check": "keep", "keep_adopt": "keep", "studio_": "studio", "mcp_": "mcp",
    "log_line": "console|diagnose", "poll_time": "poll|shutdown", "setting_list": "headers|posix_env", "shortage": "diagnose",
    "sink": "console|capture", "agent_spans": "genai", "first_chunk": "genai|wire", "function_spans": "genai",
    "memory_spans": "genai", "model_spans": "genai", "speech_spans": "genai", "workflow_spans": "genai", "small_json": "genai",
    "span_lookup": "genai|wire", "inspect": "health|genai", "decimal": "number|message", "poison": "collector|attr|resource",
    "queue": "batch|export", "poll": "export|shutdown", "exchange": "export", "spread": "spread", "number_text": "number",
}
# Python tests of data on the wire, by the file, or by its folder: {test: programs that it runs}
WIRE = {
    "core/export/gzip.c": {"test_gzip": ["gzip_bodies", "gzip_bodies_512", "gzip_bodies_1024", "gzip_bodies_4096"]},
    "core/export": {"test_random_batches": ["random_batches"]},
    "core/trace": {"test_random_batches": ["random_batches"]},
    "core/wire": {test: ["wire_replay"] for test in ("test_mutants", "test_properties", "test_cases")},
    "core/json": {"test_messages": ["random_messages"], "test_cases": ["wire_replay"]},
    "core/genai": {"test_messages": ["random_messages"], "test_cases": ["wire_replay"]},
}

# ---- mutants ---------------------------------------------------------------------------------------------------------

SWAPS = {"<": ["<=", ">"], "<=": ["<", ">"], ">": [">=", "<"], ">=": [">", "<"], "==": ["!="], "!=": ["=="], "&&": ["||"],
         "||": ["&&"], "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["/"], "++": ["--"], "--": ["++"], "+=": ["-="],
         "-=": ["+="], "<<": [">>"], ">>": ["<<"], "&": ["|"], "|": ["&"], "|=": ["&="], "&=": ["|="]}
TOKEN = re.compile(r"(?<=[\w)\]] )(&&|\|\||<<|>>|[<>=!]=|\+=|-=|\|=|&=|[<>+\-*/%&|])(?= )|(\+\+|--)|\b(\d+)(u?)\b(?!\.)|"
                   r"\b(true|false)\b|\b(USPAN_OK|USPAN_ERR_\w+|USPAN_TRUNCATED)\b")
STATEMENT = re.compile(r"^\s+(?!return|break|continue|case|default|goto|static|const|u?int|size_t|bool|char|double|unsigned"
                       r"|uspan_\w+_t |struct|\w+_t )(?:\(void\))?[\w.\->\[\]()*]+(?: [-+|&^*/]?= .*|\(.*\)|\+\+|--);$")
RETURN = re.compile(r"^(\s+return )(.+);$")


def bodies(text):
    """(line number, line) of every line within a function: from a { to a } in the first column."""
    blank = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\])+\'',
                   lambda m: re.sub(r"[^\n]", "#", m.group(0)), text, flags=re.S)
    inside = False
    for number, line in enumerate(blank.split("\n")):
        if line == "{":
            inside = True
        elif line.startswith("}"):
            inside = False
        elif inside and not line.startswith("#"):
            yield number, line


def changes(line, original):
    """(kind, changed line) of all mutants of one line. `line` has its texts and comments replaced by spaces."""
    for match in TOKEN.finditer(line):
        start, end = match.span()
        token = match.group(0)
        if match.group(3):
            number = int(match.group(3))
            news = [f"{number + 1}{match.group(4)}"] + ([f"{number - 1}{match.group(4)}"] if number > 0 else [])
            kind = "constant"
        elif match.group(5):
            news, kind = ["false" if token == "true" else "true"], "constant"
        elif match.group(6):
            news, kind = ["USPAN_ERR_ARG" if token == "USPAN_OK" else "USPAN_OK"], "return value"
        else:
            news = SWAPS.get(token, [])
            kind = "comparison" if token[0] in "<>=!" and token not in ("<<", ">>") else "arithmetic"
        for new in news:
            yield kind, original[:start] + new + original[end:]
    match = RETURN.match(line)
    if match and "#" not in line:
        value = match.group(2)
        for new in ("0", f"!({value})"):
            if value not in (new, "NULL", "true", "false") and not value.startswith(("USPAN_", "(")):
                yield "return value", f"{match.group(1)}{new};"
    if STATEMENT.match(line.split("##")[0].rstrip() if "##" in line else line):
        yield "deleted statement", re.match(r"\s*", original).group(0) + ";"


def sites(path):
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    return [(path, number, kind, changed) for number, blank in bodies(text) for kind, changed in changes(blank, lines[number])]


# ---- builds ----------------------------------------------------------------------------------------------------------


def flags(folder):
    """The compiler command of a target, from its flags.make. Warnings are off, because a mutant may cause some."""
    found = dict(re.findall(r"^(C_\w+) = (.*)$", (folder / "flags.make").read_text(), flags=re.M))
    options = " ".join(found.get(name, "") for name in ("C_DEFINES", "C_INCLUDES", "C_FLAGS")).replace('\\"', '"')
    return (*(one for one in options.split() if not one.startswith("-W")), "-w", *TRAPS)


class Test:
    def __init__(self, link):
        self.link = link
        self.command = link.read_text().split()
        self.name = link.parent.name.removesuffix(".dir")
        source = next(part for part in self.command if part.endswith(".c.o"))
        self.folder, self.short = source.split("/")[-2], Path(source).name.removesuffix(".c.o")
        variant = re.search(r"libuspan_variant_(\w+)\.a", link.read_text())
        self.variant = variant.group(1) if variant else ""
        self.seconds = 0.0  # that it takes here
        self.work = 0.0     # seconds of processor time

    @functools.cached_property
    def sources(self):
        """Names of the C files that are linked into it."""
        names = subprocess.run(["nm", "-a", BUILD / "tests" / self.name], capture_output=True, text=True, check=False).stdout
        return frozenset(re.findall(r"^[0-9a-f]+ a (\S+\.c)$", names, flags=re.M))

    def measure(self):
        """Set the times of a run, or seconds to None if the test fails without a mutant."""
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="uspan-mutant-") as folder:  # in another folder, as for a mutant
            # By another program: a file that this one has just written may still be open in a child of another thread.
            subprocess.run(["cp", BUILD / "tests" / self.name, folder], check=True)
            with subprocess.Popen([f"{folder}/{self.name}"], cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as process:
                limit = threading.Timer(600, process.kill)
                limit.start()
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                limit.cancel()
        self.seconds = time.monotonic() - begin if process.returncode == 0 else None
        self.work = usage.ru_utime + usage.ru_stime

    def target(self, source):
        """The folder of the target that compiles source for this test."""
        if self.variant:
            return BUILD / f"tests/CMakeFiles/uspan_variant_{self.variant}.dir"
        part = "core" if source.parent.name in ("trace", "export") else "genai"
        return BUILD / f"CMakeFiles/uspan_{part}.dir"

    def link_with(self, mutant, program, *options):
        out = self.command.index("-o")
        source = next(i for i, part in enumerate(self.command) if part.endswith(".c.o"))
        command = self.command[:out] + ["-o", str(program)] + self.command[out + 2:]
        command[source + 1:source + 1] = [str(mutant), *options]
        return subprocess.run(command, cwd=BUILD / "tests", capture_output=True, check=False).returncode == 0

    def passes(self, program, limit):
        try:
            return subprocess.run([program], cwd=program.parent, env=ENVIRONMENT, capture_output=True, timeout=limit,
                                  check=False).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def all_tests():
    """Tests that are built, with the seconds that each takes. A test that fails without a mutant is left out."""
    tests = {}
    for link in BUILD.glob("tests/CMakeFiles/*.dir/link.txt"):
        if "gcc" in link.read_text().split()[0] or "cc" in link.read_text().split()[0]:
            test = Test(link) if ".c.o" in link.read_text() else None
            program = BUILD / "tests" / link.parent.name.removesuffix(".dir")
            judges_or_runs = test and (test.short.startswith("test_") or test.folder == "wire")
            stale = test and not (ROOT / "tests" / test.folder / f"{test.short}.c").exists()
            if judges_or_runs and not stale and test.folder in FOLDERS and program.exists():
                tests[test.name] = test

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Test.measure, [test for test in tests.values() if test.short.startswith("test_")]))
    for test in tests.values():
        if test.seconds is None:
            print(f"mutate: {test.name} fails without a mutant: it is no judge")
    return {name: test for name, test in tests.items() if test.seconds is not None}


def judges(source, tests):
    """(own, others): tests in the order in which they run. The module's own tests are in every configuration. The others are
    all quick tests, those of the default configuration first. Only programs that contain the source are judges."""
    stem = source.stem
    tests = {name: test for name, test in tests.items() if source.name in test.sources}
    pattern = TESTS.get(stem) or next((TESTS[key] for key in TESTS if key.endswith("_") and stem.startswith(key)), stem)
    own = [test for test in tests.values() if test.short.startswith("test_") and re.search(pattern, test.short)]
    rest = [test for test in tests.values() if test not in own and test.short.startswith("test_")
            and test.work < QUICK_S and "posix" not in test.short and "tls" not in test.short]
    return sorted(own, key=lambda t: (stem not in t.short, t.work)), sorted(rest, key=lambda t: (t.variant, t.work))


# ---- one mutant ------------------------------------------------------------------------------------------------------


def compile_one(text, source, options, folder, name):
    path = folder / f"{name}.c"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(["gcc", *options, f"-I{source.parent}", "-g0", "-c", str(path), "-o", str(folder / f"{name}.o")],
                          cwd=folder, capture_output=True, check=False)
    return folder / f"{name}.o" if done.returncode == 0 else None


def code_of(target):
    done = subprocess.run(["objdump", "-d", "-r", "-s", str(target)], capture_output=True, text=True, check=False)
    return done.stdout.split("file format", 1)[-1]


@functools.cache
def code_without(variant, source, options):
    """The code of the unchanged source in that configuration."""
    with tempfile.TemporaryDirectory(prefix="uspan-mutant-") as folder:
        return code_of(compile_one(source.read_text(encoding="utf-8"), source, options, Path(folder), f"m_{variant}"))


def is_same_optimized(text, source, tests, folder):
    """Whether the compiler makes the same code of text and of the unchanged source, in the configuration of each test."""
    for variant, test in {test.variant: test for test in tests}.items():
        options = (*flags(test.target(source)), "-O2", "-fno-sanitize=all")
        mutant = compile_one(text, source, options, folder, f"m_{variant}")
        if code_of(mutant) != code_without(variant, source, options):
            return False
    return bool(tests)


def passes_without(test, source, original, folder, *options):
    """Whether the test passes if it is built in the same way from the unchanged source. A test built from older sources may
    fail."""
    same = compile_one(original, source, (*flags(test.target(source)), *options), folder, "same")
    program = folder / f"{test.name}.same"
    return same is not None and test.link_with(same, program, *options) and test.passes(program, 10 + 20 * test.seconds)


def killed_by_asan(text, source, original, tests, folder):
    """The first of tests that fails because the mutant accesses memory beyond an object, or None."""
    for test in tests:
        mutant = compile_one(text, source, (*flags(test.target(source)), ASAN), folder, f"asan_{test.variant}")
        program = folder / f"{test.name}.asan"
        if test.link_with(mutant, program, ASAN) and not test.passes(program, 10 + 60 * test.seconds):
            if passes_without(test, source, original, folder, ASAN):
                return test.name
        program.unlink(missing_ok=True)
    return None


def judge(site, tests):
    """None: the change is no mutant. Otherwise the name of the test that killed it, or ""."""
    source, number, _, changed = site
    original = source.read_text(encoding="utf-8")
    lines = original.split("\n")
    lines[number] = changed
    text = "\n".join(lines)
    folder = Path(tempfile.mkdtemp(prefix="uspan-mutant-"))
    objects = {}
    try:
        own, others = judges(source, tests)
        for test in own + others:
            if test.variant not in objects:
                options = flags(test.target(source))
                mutant = compile_one(text, source, options, folder, f"m_{test.variant or 'default'}")
                if mutant is None:
                    return None
                changes_code = code_of(mutant) != code_without(test.variant, source, options)
                objects[test.variant] = mutant if changes_code else None
            if objects[test.variant] is None:
                continue
            program = folder / test.name
            if test.link_with(objects[test.variant], program) and not test.passes(program, 10 + 20 * test.seconds):
                if passes_without(test, source, original, folder):
                    return test.name
            program.unlink(missing_ok=True)
        if objects and not any(objects.values()):
            return None
        if is_same_optimized(text, source, [test for test in own + others if objects[test.variant]], folder):
            return None
        asan = killed_by_asan(text, source, original, [test for test in own if objects[test.variant]], folder)
        if asan:
            return asan
        where = source.relative_to(ROOT)
        for script, programs in WIRE.get(str(where), WIRE.get(str(where.parent), {})).items():
            (folder / "tests").mkdir(exist_ok=True)
            path = ROOT / f"tests/wire/{script}.py"
            if not path.exists() or not all(name in tests and source.name in tests[name].sources for name in programs):
                continue
            for name in programs:
                if tests[name].variant not in objects:
                    options = flags(tests[name].target(source))
                    objects[tests[name].variant] = compile_one(text, source, options, folder, f"m_{name}")
                mutant = objects[tests[name].variant]
                if mutant is None or not tests[name].link_with(mutant, folder / "tests" / name):
                    break
            else:
                done = subprocess.run(["/usr/bin/python3", "-B", str(path)], capture_output=True, timeout=900, check=False,
                                      env={**ENVIRONMENT, "USPAN_BUILD_DIR": str(folder)})
                if done.returncode != 0:
                    return script
        return ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def harmless():
    """{(file, original line, changed line): reason}. White space around lines is ignored."""
    found = {}
    if HARMLESS.exists():
        for entry in HARMLESS.read_text(encoding="utf-8").split("\n\n"):
            lines = [line for line in entry.split("\n") if line and not line.startswith("#")]
            if len(lines) >= 4:
                found[(lines[0], lines[1].strip(), lines[2].strip())] = " ".join(lines[3:])
    return found


def is_in_core(entry):
    where, before, _ = entry
    return (ROOT / where).exists() and before in map(str.strip, (ROOT / where).read_text(encoding="utf-8").split("\n"))


def in_order(every, seed):
    """The mutants in an order that the seed chooses. The place of each depends on its lines and not on other mutants."""
    @functools.cache
    def lines(path):
        return path.read_text(encoding="utf-8").split("\n")

    def key(site):
        path, number, _, changed = site
        line = lines(path)[number]
        return hashlib.sha256(f"{seed} {path.relative_to(ROOT)} {line} {changed}".encode()).digest()
    return sorted(every, key=key)


def main():
    wanted, seed = int(os.environ.get("N", "40")), int(os.environ.get("SEED", "1"))
    only = re.compile(os.environ.get("ONLY", ""))
    jobs = int(os.environ.get("JOBS", "2"))
    known = harmless()
    stale = [entry for entry in known if not is_in_core(entry)]
    for where, before, _ in stale:
        print(f"mutate: {HARMLESS.name} has a line that is not in {where}: {before}; cure: write the line as it is now")
    if "--check-list" in sys.argv:
        return 1 if stale else 0
    tests = all_tests()
    if len(tests) < 20:
        print(f"mutate: {len(tests)} tests in {BUILD}: build them first")
        return 1
    every = in_order([site for path in sorted(ROOT.glob("core/*/*.c")) if only.search(str(path)) for site in sites(path)], seed)
    begin = time.monotonic()
    killed, excused, survivors, used = 0, 0, [], 0
    with ThreadPoolExecutor(jobs) as pool:
        waiting, running = iter(every), collections.deque()
        while used < wanted:
            room = min(wanted - used, 4 * jobs) - len(running)
            running.extend((site, pool.submit(judge, site, tests)) for site in itertools.islice(waiting, room))
            if not running:
                break
            site, future = running.popleft()
            verdict = future.result()
            if verdict is None:
                continue
            used += 1
            path, number, kind, changed = site
            before = path.read_text(encoding="utf-8").split("\n")[number]
            where = str(path.relative_to(ROOT))
            if verdict:
                killed += 1
                if "-v" in sys.argv:
                    print(f"killed by {verdict}: {where}:{number + 1}: {changed.strip()}", flush=True)
            elif (where, before.strip(), changed.strip()) in known:
                excused += 1
            else:
                survivors.append(site)
                print(f"{where}:{number + 1}: survived ({kind})\n    - {before.strip()}\n    + {changed.strip()}", flush=True)
    judged = used - excused
    percent = 100.0 * killed / judged if judged else 0.0
    print(f"mutate: {used} mutants of seed {seed}, {killed} killed, {excused} harmless, {len(survivors)} survived: "
          f"{percent:.1f} % of {judged}, {100.0 * killed / max(used, 1):.1f} % of all; {time.monotonic() - begin:.0f} s")
    return 0 if percent >= KILLED_MIN and not stale else 1


if __name__ == "__main__":
    sys.exit(main())
