"""test_proxy_user.py: the user name of a compile-time proxy is sent as base64 of "user:password", whatever its length, whether
the compiler computes it or the firmware does. Its host is copied whatever its length.

Invariant: the text is the same with and without optimization. With -Os short names cost no code for base64, and the program has
no text with the password beside a short host."""
import base64
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote_to_bytes

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

OUT = sources.BUILD / "proxy_user"
DRIVER = '#include "export/proxy.c"\n#include <stdio.h>\nint main(void)\n{\n' \
    '    uint8_t out[512] = { 0 };\n    uspan_window_t w = { .out = out, .cap = sizeof out - 1u };\n' \
    '    static uspan_proxy_t proxy;\n    static uspan_proxy_options_t options = { .tunnel = true };\n' \
    '    authorize(NULL, &w);\n    puts((const char *)out);\n' \
    '    const int good = load_url(&proxy, &options);\n' \
    '    printf("%d %s %u", good, proxy.host, proxy.peer.port);\n    return 0;\n}\n'
FOLDED = 48  # bytes, as in proxy.c
USERS = [*("user:password with 48 bytes and more, which is a long name"[:n] for n in (7, 20, 47, 50)),
         "u", "us", "use", ":", "a:", "a" * (FOLDED - 1), "a" * FOLDED, "~{}:\xff\x80", "u%40s:%25", "a@b:c"]
SHORT = 12  # bytes of a host, as in proxy.c
HOSTS = ["p", "proxy.test.x", "proxy.test.xy", "[fd00::1]", "[2001:db8::17:3]", "a" * 63]


def host_of(number):
    return HOSTS[number % len(HOSTS)]


def core(option):
    """The objects of core that the driver needs beside proxy.c."""
    folder = OUT / option
    names = [source for source in sources.core_sources() if source.name != "proxy.c"]
    options = [option, "-w", "-ffunction-sections", "-fdata-sections", *SETTINGS]
    return list(sources.compile_all(names, folder, ["gcc"], options).values())


SETTINGS = ["-DUSPAN_RUNTIME_SETTINGS=0", "-DUSPAN_HTTP_PROXY=1", '-DUSPAN_PROXY="http://proxy:3128"',
            '-DUSPAN_ENDPOINT="https://collector.example/v1/traces"']


class ProxyUser(unittest.TestCase):
    def sent(self, number, user, option, objects):
        """What a program with that user name writes, the names in it, and its bytes."""
        source, program = OUT / f"driver{number}{option}.c", OUT / f"driver{number}{option}"
        source.write_text(DRIVER, encoding="utf-8")
        escaped = "".join(c if c.isascii() and c.isalnum() else f"\\{byte:03o}" for c in user for byte in c.encode("latin-1"))
        sources.run(["gcc", "-std=c11", option, "-w", "-ffunction-sections", *sources.INCLUDES, *SETTINGS[:2], SETTINGS[3],
                     f'-DUSPAN_PROXY="http://{escaped}@{host_of(number)}:3128"', source, *objects, "-Wl,--gc-sections", "-o",
                     program])
        names = sources.run(["nm", program])
        return subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout, names, program.read_bytes()

    def test_each_name_is_encoded(self):
        OUT.mkdir(parents=True, exist_ok=True)
        for option, users in (("-O0", USERS[:3]), ("-Os", USERS)):
            objects = core(option)
            with ThreadPoolExecutor(2) as pool:
                found = list(pool.map(lambda one: self.sent(*one, option, objects), enumerate(users)))
            for number, (user, (text, names, image)) in enumerate(zip(users, found)):
                raw = unquote_to_bytes(user.encode("latin-1"))
                raw += b"" if b":" in user.encode("latin-1") else b":"
                host = host_of(number).strip("[]")
                right = b"\r\nProxy-Authorization: Basic " + base64.b64encode(raw) + b"\n1 " + host.encode() + b" 3128"
                self.assertEqual(text, right, (user, option))
                if option == "-Os":
                    is_folded = len(raw) <= FOLDED and "%" not in user
                    if is_folded and len(host) <= SHORT:
                        self.assertNotIn(f"@{host_of(number)}:3128".encode(), image, user)
                    self.assertEqual("uspan_window_base64" in names, not is_folded, user)


if __name__ == "__main__":
    unittest.main()
