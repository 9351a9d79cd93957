#!/usr/bin/python3
"""test_port_pages.py: the snippets in the pages of ports can be used: C without an include is compiled against the declared SDK,
CMake is configured with an SDK's targets, and each command has goals, variables, boards and paths that exist. build.readme
compiles C with an include.

Invariant: every C, CMake and sh block of a page below port/ is checked here or by build.readme. A new page needs a line here."""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

ROOT = sources.ROOT
DECLARED = ROOT / "tests/sdk/declared"
ESPIDF = ["-DESP_PLATFORM=1", *(f"-I{path}" for path in (DECLARED / "espidf", ROOT / "port/espidf"))]
# A page with C that has no include: what its reader has before, and the folders of its SDK.
BEFORE = {
    "port/espidf/README.md": ('#include "uspan_espidf.h"', ESPIDF),
    "port/freertos/README.md": ('#include "uspan_freertos.h"\nuspan_err_t my_rng(uint8_t *out, size_t len);\n'
                                "void my_uart(uspan_level_t level, const char *text);",
                                [f"-I{DECLARED / 'freertos'}", f"-I{ROOT / 'port/freertos'}"]),
    "port/zephyr/README.md": ('#include "uspan_zephyr.h"', [f"-I{DECLARED / 'zephyr'}", f"-I{ROOT / 'port/zephyr'}"]),
    "port/AGENT.md": ('#include <string.h>\n#include "esp_http_client.h"\n#include "uspan/wire.h"\n'
                      "extern uspan_tracer_t tracer;\nextern uspan_t turn;\nextern esp_http_client_handle_t client;\n"
                      "extern const char *url, *body;", ESPIDF),
    "port/README.md": ('#include "uspan/uspan.h"\n#include "uspan_mbedtls.h"\n#include "uspan_posix.h"\n'
                       "extern uspan_tracer_t tracer;\nextern uspan_posix_tcp_t tcp;\nextern uspan_proxy_t proxy;\n"
                       "extern uspan_tls_t tls;\nextern const uspan_tls_options_t tls_options;\n"
                       "extern uspan_transport_t plain, tunnel, secure;",
                       [f"-I{ROOT / 'port/posix'}", f"-I{ROOT / 'port/mbedtls'}",
                        f"-isystem{ROOT / 'port/deps/src/mbedtls/include'}"]),
}
# A page with CMake for a build that contains uspan: the targets that this build has before.
KERNEL = "add_library(freertos_kernel INTERFACE)\n"
SDK = "".join(f"add_library(sdk_{name} INTERFACE)\n" for name in ("lwip", "mbedtls", "nanopb"))
TARGETS = {"port/freertos/README.md": KERNEL, "port/README.md": SDK}
# Programs of commands that only their SDK or the reader's machine has. Paths in them are checked.
FOREIGN = {"git", "sh", "cmake", "cd", "idf.py", "west", "eval", "export", "./program"}
# Folder of a page's make, if it is not uspan's.
MAKES = {"port/BUILD.md": ROOT / "port/template"}
# CMake that other tests configure, or that only an SDK's own CMake reads.
ELSEWHERE = {"port/zephyr/README.md", "port/pico/README.md", "port/BUILD.md"}


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def program(before, block):
    """A snippet as a file: its definitions, and its statements in a function."""
    definitions = re.findall(r"^static [^\n]*\n\{\n.*?^\}\n|^static [^\n]*;[^\n]*\n", block, re.S | re.M)
    for one in definitions:
        block = block.replace(one, "")
    return "\n".join([before, *definitions, "void snippet(void);", "void snippet(void)", "{", block, "}", ""])


def commands(text):
    """(variables before it, program, arguments) of each command of a sh block, and of those in $(...)."""
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"<[^>]*>", "X", line)
        inner = re.findall(r"\$\(([^)]*)\)", line)
        for one in [*re.split(r"&&|&", re.sub(r"\$\([^)]*\)", "X", line)), *inner]:
            words = shlex.split(one, comments=True)
            first = next((at for at, word in enumerate(words) if not re.match(r"[A-Z_]+=", word)), None)
            if first is not None:
                yield words[:first], words[first], words[first + 1:]


def words_of_tree():
    """Every name in files that can read a variable of a command."""
    files = [path for pattern in ("Makefile", "CMakeLists.txt", "port/*/Makefile", "port/*/*.sh", "port/*/*.c", "port/*/*.cmake",
                                  "port/*/*/CMakeLists.txt", "tests/support/*.py", "core/include/uspan/config.h")
             for path in ROOT.glob(pattern)]
    return {word for path in sources.found(files, 30, "readers of variables")
            for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}


class PortPages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pages = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in
                     sources.found([*ROOT.glob("port/*.md"), *ROOT.glob("port/*/*.md")], 10, "pages of ports")}

    def test_c_is_compiled_against_the_declared_sdk(self):
        compiled = 0
        for name, text in self.pages.items():
            for block in blocks(text, "c"):
                if "#include" in block:
                    continue
                with self.subTest(page=name):
                    self.assertIn(name, BEFORE, "cure: a line in BEFORE of test_port_pages.py")
                    before, folders = BEFORE[name]
                    sources.run(["gcc", "-std=c11", "-S", "-o", "/dev/null", "-Wall", "-Wextra", "-Werror",
                                 "-Wno-unused-variable", "-Wno-unused-but-set-variable", "-Wno-unused-function",
                                 *sources.INCLUDES, *folders, "-x", "c", "-"], input=program(before, block))
                    compiled += 1
        self.assertGreater(compiled, 4)

    def test_cmake_is_configured_with_the_targets_of_an_sdk(self):
        configured = 0
        for name, text in self.pages.items():
            for block in blocks(text, "cmake"):
                if name in ELSEWHERE:
                    continue
                with self.subTest(page=name), tempfile.TemporaryDirectory() as folder:
                    self.assertIn(name, TARGETS, "cure: a line in TARGETS of test_port_pages.py")
                    (Path(folder) / "main.c").write_text("int main(void) { return 0; }\n")
                    (Path(folder) / "CMakeLists.txt").write_text(
                        "cmake_minimum_required(VERSION 3.20)\nproject(app LANGUAGES C)\nadd_executable(app main.c)\n" +
                        TARGETS[name] + block.replace("add_subdirectory(uspan)", f"add_subdirectory({ROOT} uspan)"))
                    self.assertIn(str(ROOT), (Path(folder) / "CMakeLists.txt").read_text())
                    sources.run(["cmake", "-S", folder, "-B", Path(folder) / "b", "-DUSPAN_POSIX=OFF",
                                 f"-DUSPAN_NANOPB_DIR={sources.NANOPB}"])
                    configured += 1
        self.assertGreater(configured, 1)

    def test_paths_in_commands_exist(self):
        checked = 0
        for name, text in self.pages.items():
            for block in blocks(text, "sh"):
                for path in re.findall(r"\buspan/([\w./-]*\w)", block):
                    self.assertTrue((ROOT / path).exists(), f"{name}: {path}")
                    checked += 1
                for name_of_cd in re.findall(r"^cd (port/[\w./-]+)", block, re.M):
                    self.assertTrue((ROOT / name_of_cd).exists(), f"{name}: {name_of_cd}")
        self.assertGreater(checked, 2)

    def test_commands_exist_with_their_goals_variables_and_boards(self):
        boards = {path.parent.name for path in ROOT.glob("boards/*/board.cmake")} | {"pico", "pico2", "pico_w", "pico2_w"}
        named = words_of_tree()
        made, out = 0, self.enterContext(tempfile.TemporaryDirectory())
        for name, text in self.pages.items():
            for variables, program, arguments in commands("".join(blocks(text, "sh"))):
                with self.subTest(page=name, command=" ".join([program, *arguments])):
                    self.assertTrue(program == "make" or program in FOREIGN, "cure: a line in FOREIGN of test_port_pages.py")
                    given = [*variables, *(one for one in arguments if re.match(r"[A-Z_]+=", one))]
                    for variable, value in (one.split("=", 1) for one in given):
                        self.assertEqual({variable, *re.findall(r"-D(\w+)=", value)} - named, set(), "no file reads it")
                        if variable == "BOARD":
                            self.assertIn(value, boards)
                    if program == "make":
                        made += 1
                        done = subprocess.run(["make", "-n", "-C", MAKES.get(name, ROOT), *arguments], capture_output=True,
                                              text=True, env={**os.environ, "OUT": out})
                        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(made, 5)


if __name__ == "__main__":
    unittest.main()
