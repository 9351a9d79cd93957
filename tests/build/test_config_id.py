"""test_config_id.py: an application was compiled with other USPAN_* options than the library. Every entry point refuses it
before it writes a byte of the application's memory.

Every option of config.h is changed, one at a time. If the size of any public struct then differs, USPAN_CONFIG_ID must
differ."""
import re
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

OUT = sources.BUILD / "config_id"
HEADERS = sources.ROOT / "core/include/uspan"
CONFIG = (HEADERS / "config.h").read_text(encoding="utf-8")
# Values that the rules of other options require. Any other option gets the first of OTHERS that compiles and differs.
OTHERS = ("1", "0", "2", "3", "32", "64", "128", "100", "17", "1000", "4096", "1025", "70000", '"https://a.example/v1/traces"')
# Options without a default. A program that sets one has another struct, or none.
BARE = {"USPAN_ENDPOINT": '"https://a.example/v1/traces"', "USPAN_STUDIO_URL": '"http://host:3000"'}
# Declared only with USPAN_STUDIO or USPAN_GZIP 1, or complete only with USPAN_ENABLED 0. No option changes them.
NOT_ALWAYS = {"uspan_studio_t", "uspan_studio_message_t", "uspan_studio_kind_t", "uspan_gzip_t", "struct uspan_wire_dialect",
              "uspan_keep_t"}
LOG = "build library and program with equal USPAN_* options"


def options():
    """{name: default} of every option that has a default in config.h."""
    return dict(re.findall(r"#ifndef (USPAN_\w+)\n(?:#ifdef \w+\n)?#define \1 (.+)", CONFIG))


def public_structs():
    """Every struct type that a public header defines, by the header."""
    found = {}
    for header in sorted(HEADERS.glob("*.h")):
        if header.name.startswith("disabled"):
            continue
        text = header.read_text(encoding="utf-8")
        names = re.findall(r"^\} (uspan_\w+_t);", text, flags=re.M)
        names += [f"struct {name}" for name in re.findall(r"^struct (uspan_\w+) \{", text, flags=re.M)]
        for name in names:
            found.setdefault(name, header.name)
    return found


class Program:
    """Struct sizes and ids as an application sees them, as numbers that the compiler writes into a table."""

    def __init__(self):
        OUT.mkdir(parents=True, exist_ok=True)
        self.structs = sorted(set(public_structs()) - NOT_ALWAYS)
        lines = ['#include "uspan/uspan.h"', *[f'#include "uspan/{h.name}"' for h in sorted(HEADERS.glob("*.h"))
                                               if not re.match(r"(disabled|uspan|tracer)", h.name)],
                 "unsigned long long uspan_sizes[] = {", "    USPAN_CONFIG_ID,"]
        lines += [f"    sizeof({name})," for name in self.structs]
        self.source = OUT / "sizes.c"
        self.source.write_text("\n".join([*lines, "};", ""]), encoding="utf-8")

    def run(self, label, *defines):
        """(id, {struct: size}). None if it does not compile."""
        # The compiler's assembler text has the numbers. To assemble, link and run it would take twice as long.
        done = subprocess.run(["gcc", "-std=c11", "-w", "-S", f"-I{sources.ROOT / 'core/include'}", *defines, self.source,
                               "-o", "-"], capture_output=True, text=True)
        if done.returncode != 0:
            return None
        table = done.stdout.split("\nuspan_sizes:\n")[1]
        first, *rest = ("0" if zero else number for number, zero in re.findall(r"\.quad\s+(\d+)|(\.zero)\s+8", table))
        if len(rest) != len(self.structs):
            raise RuntimeError(f"{label}: {len(rest)} sizes of {len(self.structs)} structs")
        return first, dict(zip(self.structs, rest))


class ConfigId(unittest.TestCase):
    def setUp(self):
        OUT.mkdir(parents=True, exist_ok=True)

    def test_an_option_that_changes_a_public_struct_changes_the_id(self):
        program = Program()
        base = program.run("base")
        self.assertIsNotNone(base)
        self.assertGreater(len(base[1]), 40)

        def changed(pair):
            name, default = pair
            result = name, None, None
            for other in OTHERS if name not in BARE else (BARE[name],):
                if other != default:
                    seen = program.run(name, f"-D{name}={other}")
                    if seen is not None:
                        result = name, other, seen
                        if seen != base:
                            break
            return result

        with ThreadPoolExecutor(2) as pool:
            pairs = {**options(), **dict.fromkeys(BARE)}
            for name in ("USPAN_ENABLED", "USPAN_COMPRESS", "USPAN_COMPRESS_2"):
                pairs.pop(name, None)  # 0 leaves no shared struct. The others need USPAN_GZIP 1
            results = list(pool.map(changed, pairs.items()))
        self.assertGreater(len(results), 45)
        moved = set()
        for name, other, seen in results:
            self.assertIsNotNone(seen, f"{name}: no value of OTHERS compiles")
            different = [struct for struct in base[1] if base[1][struct] != seen[1][struct]]
            if different:
                moved.add(name)
                self.assertNotEqual(base[0], seen[0], f"{name}={other} changes {different}, but not USPAN_CONFIG_ID")
        # If no option changed a size, the table would prove nothing.
        for name in ("USPAN_SPANS_MAX", "USPAN_TEXT_BYTES", "USPAN_HTTP_DATE", "USPAN_STUDIO_URL",
                     "USPAN_HEADERS_BYTES", "USPAN_PROFILE_AGENTSCOPE"):
            self.assertIn(name, moved)

    def test_two_options_whose_changes_keep_the_size_of_a_tracer_change_the_id(self):
        program = Program()
        bytes_of = {}
        for host in range(64, 128, 8):
            seen = program.run("two", f"-DUSPAN_SEND_BYTES={1144 - host}", f"-DUSPAN_HOST_BYTES={host}")
            bytes_of.setdefault(seen[1]["struct uspan_tracer"], []).append(seen[0])
        same = max(bytes_of.values(), key=len)
        self.assertGreater(len(same), 3)
        self.assertEqual(len(set(same)), len(same))

    def test_no_entry_point_writes_to_a_tracer_of_another_size(self):
        """The application's tracer lies between guard bytes. The library is the one of this build."""
        app = OUT / "other.c"
        app.write_text(f'''
            #include "uspan_posix.h"
            #include <stdio.h>
            static struct {{ unsigned char before[64]; uspan_tracer_t t; unsigned char after[200000]; }} m;
            static int touched(void)
            {{
                for (size_t i = 0; i < sizeof m; i++) {{ if (((unsigned char *)&m)[i] != 0x5A) {{ return 1; }} }}
                return 0;
            }}
            int main(void)
            {{
                memset(&m, 0x5A, sizeof m);
                if (uspan_init(&m.t, uspan_posix_port()) != USPAN_ERR_ARG || touched()) {{ return 1; }}
                if (uspan_posix_start(&m.t, NULL) != USPAN_ERR_ARG || touched()) {{ return 2; }}
                return 0;
            }}
        ''', encoding="utf-8")
        libraries = [sources.BUILD / f"libuspan_{part}.a" for part in ("port_posix", "core", "proto")]
        if not libraries[0].exists():
            self.fail(f"{libraries[0]} is not built")
        for defines in (["-DUSPAN_SPANS_MAX=4"], ["-DUSPAN_SPANS_MAX=40"], ["-DUSPAN_TEXT_BYTES=2048"], ["-DUSPAN_HTTP_DATE=0"],
                        ["-DUSPAN_EVENTS_MAX=9"], ["-DUSPAN_TASKS_MAX=5"], ["-DUSPAN_STUDIO=1"]):
            program = OUT / "other"
            sources.run(["gcc", "-std=c11", "-w", f"-I{sources.ROOT / 'core/include'}", f"-I{sources.ROOT / 'port/posix'}",
                         *defines, app, *[path for path in libraries if path.exists()], "-lpthread", "-o", program])
            done = subprocess.run([program], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, f"{defines}: {done.stderr}")
            self.assertEqual(done.stderr.count(LOG), 2, f"{defines}: {done.stderr}")

    def test_no_transport_of_another_size_is_written_to(self):
        """An application allocates each of these structs, and an option makes it larger. The struct's init refuses it."""
        parts = {
            "posix_tcp": ('#include "uspan_posix.h"', "uspan_posix_tcp_t", "USPAN_POSIX_ADDRESSES_MAX=9",
                          "uspan_posix_tcp_init(&m.x, &out); done = out.abi == USPAN_TRANSPORT_ABI;"),
            "posix_env": ('#include "uspan_posix.h"', "uspan_posix_env_t", "USPAN_POSIX_TEXT_BYTES=99",
                          "uspan_posix_env(&m.x, NULL, NULL, NULL);"),
            "proxy": ('#include "uspan_posix.h"', "uspan_proxy_t", "USPAN_HOST_BYTES=32",
                      'uspan_posix_tcp_init(&tcp, &plain); done = uspan_proxy_init(&m.x, &plain, '
                      '&(uspan_proxy_options_t){ .url = "http://p:1" }, &out) != USPAN_ERR_ARG;'),
            "post": ('#include "uspan_posix.h"\n#include "uspan/post.h"', "uspan_post_t", "USPAN_HOST_BYTES=32",
                     "done = uspan_post_init(&m.x, &engine, text, sizeof text, &out) != USPAN_ERR_ARG;"),
        }
        for name, (includes, struct, other, call) in parts.items():
            app = OUT / f"other_{name}.c"
            app.write_text(f"""
                {includes}
                static struct {{ unsigned char before[64]; {struct} x; unsigned char after[20000]; }} m;
                static uspan_posix_tcp_t tcp;
                static uspan_transport_t plain, out;
                static char text[4096];
                {"static uspan_err_t begin(void *c, uspan_post_t *p) { return USPAN_OK; } static void end(void *c) {} "
                 "static const char *why(void *c) { return 0; } static const uspan_post_engine_t engine = "
                 "{ USPAN_POST_ABI, 0, 0, begin, begin, end, why };" if name == "post" else ""}
                int main(void)
                {{
                    int done = 0;
                    memset(&m, 0x5A, sizeof m);
                    {call}
                    for (size_t i = 0; i < sizeof m; i++) {{ if (((unsigned char *)&m)[i] != 0x5A) {{ return 2; }} }}
                    return done;
                }}
            """, encoding="utf-8")
            libraries = [sources.BUILD / f"libuspan_{part}.a" for part in ("port_posix", "core", "proto")]
            program = OUT / f"other_{name}"
            for define, expected in ((other, 0), ("SAME=1", 2)):  # it writes if the sizes agree, so the id was compared
                sources.run(["gcc", "-std=c11", "-w", f"-I{sources.ROOT / 'core/include'}", f"-I{sources.ROOT / 'port/posix'}",
                             f"-D{define}", app, *[path for path in libraries if path.exists()], "-lpthread", "-o", program])
                self.assertEqual(subprocess.run([program], stderr=subprocess.DEVNULL).returncode, expected, f"{name} {define}")


if __name__ == "__main__":
    unittest.main()
