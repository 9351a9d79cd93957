"""test_presets.py: a backend chosen in CMake or in Kconfig compiles to the settings of its header. Kconfig offers every option
of config.h with its default. `--write` makes port/kconfig from config.h and the presets.

Invariant: every setting that a build sees after the preprocessor is compared. The values are those of the pages."""
import re
import sys
import textwrap
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402
import test_backends  # noqa: E402
import options  # noqa: E402

FOLDER = sources.ROOT / "port/kconfig"
OUT = sources.BUILD / "presets"
CONFIG = (sources.ROOT / "core/include/uspan/config.h").read_text()
FLAGS = set(re.findall(r"USPAN_IS_FLAG\((USPAN_\w+)\)", CONFIG))
NAMED = ("USPAN_ENDPOINT", "USPAN_HEADERS", "USPAN_BASIC_USER", "USPAN_BASIC_PASS", "USPAN_STUDIO_URL",
         "USPAN_STUDIO_SECOND_DEST", "USPAN_PROXY")
# If options share a comment, the first of them has it.
OPTIONS = [(name, default.split(" or ")[-1], "" if n else comment) for names, defaults, comment in options.options()
           for n, (name, default) in enumerate(zip(names, defaults))]
DEFAULTS = {name: default for name, default, _ in OPTIONS}
CMAKE = """cmake_minimum_required(VERSION 3.20)
include({root}/port/cmake/UspanSettings.cmake)
uspan_write_settings({out} {root}/core/include/uspan/config.h)
"""


# ---- what a preset asks for and sets -------------------------------------------------------------------------------------

def preset(name):
    """(its text, {setting: (text, default or None, whether it may be left out)}, {option: value})."""
    text = (test_backends.FOLDER / f"{name}.h").read_text()
    words = re.match(r"/\* \w+\.h: (.*?)\.[ \n]", text.replace("\n * ", " "), re.S).group(1)
    asks = {one: (what, None, False) for one, what in re.findall(r'#ifndef (\w+)\n#error "\w+: (.*)"', text)}
    asks |= {one: ("", value, False) for one, value in re.findall(r'#ifndef (\w+)\n#define \w+ ("[^"]*")', text)}
    asks |= {one: ("", None, True) for one in re.findall(r"#ifdef (\w+)", text)}
    return words, asks, dict(re.findall(r"^#define (USPAN_\w+) (.+?)(?: /\*.*)?$", text, re.M))


PRESETS = {name: preset(name) for name in test_backends.headers()}


def symbol(name):
    return f"USPAN_BACKEND_{name.upper()}"


# ---- port/kconfig --------------------------------------------------------------------------------------------------------

def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def entry(name, kind, prompt, *lines, words=""):
    found = [f"config {name}", f"    {kind} {quoted(prompt)}", *(f"    {line}" for line in lines if line)]
    if words:
        found += ["    help", *(f"      {line}" for line in textwrap.wrap(words, 110, break_long_words=False))]
    return "\n".join(found) + "\n"


def option_entry(name, default, comment):
    own = [(symbol(one), sets[name]) for one, (_, _, sets) in PRESETS.items() if name in sets]
    if name in FLAGS:
        return entry(name, "bool", name, *(f"default y if {one}" for one, value in own if value == "1"),
                     f"default {'y' if default == '1' else 'n'}", words=comment)
    if default.startswith('"'):  # a preset's text contains its settings, so it has no default
        return entry(name, "string", name, *(f"depends on !{one}" for one, _ in own), f"default {default}", words=comment)
    own += re.findall(rf"^#if defined\((\w+)\) \? .*\n#define {name} (\d+)\n#else$", CONFIG, re.M)  # for options with a flag
    computed = re.fullmatch(r"\((\w+) / (\d+)\)", default)  # computed from another option's default: Kconfig has no arithmetic
    if computed:
        default = str(int(DEFAULTS[computed.group(1)]) // int(computed.group(2)))
    limits = re.search(rf'"{name}: ([\d,]+)\.\.([\d,]+)"', CONFIG)
    default = {"(10 * USPAN_TIMEOUT_MS)": "100000"}.get(default, default)  # Kconfig cannot multiply
    return entry(name, "int", name, *(f"default {value} if {one}" for one, value in own), f"default {default}",
                 limits and f"range {limits.group(1).replace(',', '')} {limits.group(2).replace(',', '')}", words=comment)


def kconfig():
    parts = ["# Kconfig: uspan's options and backends. Source it in yours, and name port/kconfig/uspan_kconfig.h by\n"
             "# USPAN_USER_CONFIG. Made from config.h and examples/backends by tests/build/test_presets.py --write.\n",
             "menuconfig USPAN\n    bool \"uspan: OpenTelemetry tracing\"\n\nif USPAN\n",
             "choice USPAN_BACKEND\n    prompt \"Backend\"\n    default USPAN_BACKEND_NONE\n",
             entry("USPAN_BACKEND_NONE", "bool", "Named when the program runs"),
             entry("USPAN_BACKEND_OWN", "bool", "An endpoint of your own")]
    parts += [entry(symbol(name), "bool", words) for name, (words, _, _) in PRESETS.items()]
    parts.append("endchoice\n")
    asked = {}
    for name, (_, asks, _) in PRESETS.items():
        for setting, what in asks.items():
            asked.setdefault(setting, []).append((name, what))
    for setting, users in asked.items():
        where = " || ".join(symbol(name) for name, _ in users)
        words, default = max(what[0] for _, what in users), next((what[1] for _, what in users if what[1]), None)
        free = [symbol(name) for name, what in users if what[2]]
        if free:
            parts.append(entry(f"USE_{setting}", "bool", f"Give {setting}", f"depends on {' || '.join(free)}"))
            where = " || ".join([*(symbol(name) for name, what in users if not what[2]), f"USE_{setting}"])
        parts.append(entry(setting, "string", f"{setting}: {words}" if words else setting, f"depends on {where}",
                           default and f"default {default}"))
    parts += [entry("USPAN_ENDPOINT", "string", "USPAN_ENDPOINT: the whole URL, such as https://collector.example:4318/v1/traces",
                    "depends on USPAN_BACKEND_OWN"),
              entry("USPAN_HEADERS", "string", "USPAN_HEADERS: key=value,key=value, values percent-encoded",
                    "depends on USPAN_BACKEND_OWN"),
              entry("USPAN_BASIC", "bool", "An Authorization: Basic header", "depends on USPAN_BACKEND_OWN"),
              entry("USPAN_BASIC_USER", "string", "USPAN_BASIC_USER", "depends on USPAN_BASIC"),
              entry("USPAN_BASIC_PASS", "string", "USPAN_BASIC_PASS", "depends on USPAN_BASIC")]
    parts += [option_entry(*option) for option in OPTIONS]
    parts += [entry("USPAN_PROXY", "string", "USPAN_PROXY: such as http://192.168.1.2:3128", "depends on USPAN_HTTP_PROXY")]
    parts += [entry("USPAN_STUDIO_URL", "string", "USPAN_STUDIO_URL: such as http://192.168.1.20:3000",
                    f"depends on USPAN_STUDIO && !{symbol('studio')}"),
              entry("USPAN_STUDIO_SECOND_DEST", "bool", "USPAN_STUDIO_SECOND_DEST: spans also go to Studio",
                    f"depends on USPAN_STUDIO && !{symbol('studio')}"), "endif\n"]
    return "\n".join(parts)


def header():
    """The header that translates CONFIG_... to the names of config.h."""
    lines = ["/* uspan_kconfig.h: what Kconfig says, under the names of config.h; named by USPAN_USER_CONFIG, with",
             " * `examples` among the include folders. Made from config.h and examples/backends by",
             " * tests/build/test_presets.py --write. */", "#ifndef USPAN_KCONFIG_H", "#define USPAN_KCONFIG_H", ""]
    word = "#if"
    for name, (_, asks, _) in PRESETS.items():
        lines.append(f"{word} defined(CONFIG_{symbol(name)})")
        for setting, (_, _, optional) in asks.items():
            text = f"#define {setting} CONFIG_{setting}"
            lines += [f"#ifdef CONFIG_{setting}", text, "#endif"] if optional else [text]
        lines.append(f'#include "backends/{name}.h"')
        word = "#elif"
    lines += ["#endif", ""]
    for name in NAMED:
        lines += [f"#ifdef CONFIG_{name}", f"#define {name} CONFIG_{name}", "#endif"]
    for name, default, _ in OPTIONS:
        if name in FLAGS:
            lines += [f"#undef {name}", f"#ifdef CONFIG_{name}", f"#define {name} 1", "#else", f"#define {name} 0", "#endif"]
        else:
            lines += [f"#ifdef CONFIG_{name}", f"#undef {name}", f"#define {name} CONFIG_{name}", "#endif"]
    return "\n".join([*lines, "", "#endif", ""])


# ---- what a build sees ---------------------------------------------------------------------------------------------------

def settings(user_config, *options):
    """{setting: its value after the preprocessor} of a build with that header."""
    names = [name for name, _, _ in OPTIONS] + list(NAMED)
    probe = '#include "uspan/config.h"\n' + "".join(f"#ifdef {name}\nPROBE \"{name}\" is {name}\n#endif\n" for name in names)
    named = [f'-DUSPAN_USER_CONFIG="{user_config}"'] if user_config else []
    seen = sources.run(["gcc", "-std=c11", "-U__unix__", "-E", "-P", "-xc", "-", f"-I{sources.ROOT / 'core/include'}",
                        f"-I{sources.ROOT / 'examples'}", *options, *named], input=probe)
    found = {name: re.sub(r'"\s+"', "", value) for name, value in re.findall(r'^PROBE "(\w+)" is (.*)$', seen, re.M)}
    product = re.fullmatch(r"\((\d+) \* (\d+)\)", found["USPAN_EXCHANGE_MAX_MS"])  # of USPAN_TIMEOUT_MS
    if product:
        found["USPAN_EXCHANGE_MAX_MS"] = str(int(product.group(1)) * int(product.group(2)))
    share = re.fullmatch(r"\((\d+) / (\d+)\)", found["USPAN_TEXT_RESERVE"])  # of USPAN_TEXT_BYTES
    if share:
        found["USPAN_TEXT_RESERVE"] = str(int(share.group(1)) // int(share.group(2)))
    return found


def blocks():
    """[(mark, preset, {setting: value})] of all pages."""
    return [(mark, name, dict(re.findall(r'^#define (\w+) "(.*)"$', given, re.M)))
            for text in test_backends.pages().values() for mark, name, given in test_backends.presets(text)]


def by_hand(mark, name, given):
    path = OUT / f"{mark}-hand.h"
    path.write_text("".join(f'#define {one} "{value}"\n' for one, value in given.items()) + f'#include "backends/{name}.h"\n')
    return settings(path)


def by_cmake(mark, name, given, *more):
    path, script = OUT / f"{mark}-cmake.h", OUT / f"{mark}.cmake"
    path.unlink(missing_ok=True)
    script.write_text(CMAKE.format(root=sources.ROOT, out=path))
    sources.run(["cmake", *(f"-D{one}={value}" for one, value in given.items()), f"-DUSPAN_BACKEND={name}", *more, "-P", script])
    return settings(path)


def by_kconfig(mark, name, given, **more):
    import kconfiglib  # --write does not need it
    path = OUT / f"{mark}-autoconf.h"
    menu = kconfiglib.Kconfig(str(FOLDER / "Kconfig"), warn_to_stderr=False)
    for one, value in {"USPAN": "y", symbol(name): "y", **{f"USE_{one}": "y" for one in given}, **given, **more}.items():
        if one in menu.syms and not menu.syms[one].set_value(value):
            raise RuntimeError(f"{one} does not take {value}")
    menu.write_autoconf(str(path))
    if menu.warnings:
        raise RuntimeError("\n".join(menu.warnings))
    return settings(FOLDER / "uspan_kconfig.h", "-include", str(path))


class Presets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        OUT.mkdir(parents=True, exist_ok=True)

    def test_kconfig_is_what_config_h_and_the_presets_say(self):
        for name, text in (("Kconfig", kconfig()), ("uspan_kconfig.h", header())):
            self.assertEqual((FOLDER / name).read_text(), text, f"port/kconfig/{name} is old; cure: this file with --write")

    def test_each_way_to_choose_a_backend_gives_the_same_settings(self):
        self.assertGreater(len(list(blocks())), 10)
        self.assertGreater(len(OPTIONS), 50)
        self.assertGreater(len(FLAGS), 10)
        for mark, name, given in blocks():
            with self.subTest(preset=mark):
                wanted = by_hand(mark, name, given)
                self.assertTrue({"USPAN_ENDPOINT", "USPAN_STUDIO_URL"} & set(wanted))
                self.assertEqual(by_cmake(mark, name, given), wanted)
                self.assertEqual(by_kconfig(mark, name, given), wanted)

    def test_kconfig_as_it_comes_is_config_h_as_it_comes(self):
        self.assertEqual(by_kconfig("none", "none", {}), settings(None))

    def test_a_spans_table_holds_what_studio_is_sent(self):
        given = {"STUDIO_URL": "http://192.168.1.20:3000"}
        for mine in (by_hand("studio", "studio", given), by_cmake("studio", "studio", given),
                     by_kconfig("studio", "studio", given), by_kconfig("none", "none", {}, USPAN_STUDIO="y"),
                     settings(None, "-DUSPAN_STUDIO_URL=\"http://h\"")):
            self.assertEqual((mine["USPAN_STUDIO"], mine["USPAN_ATTRS_MAX"]), ("1", "28"))
        self.assertEqual(settings(None)["USPAN_ATTRS_MAX"], "24")
        for mine in (by_cmake("studio", "studio", given, "-DUSPAN_ATTRS_MAX=32"), settings(None, "-DUSPAN_STUDIO=1",
                     "-DUSPAN_ATTRS_MAX=32"), by_kconfig("studio", "studio", given, USPAN_ATTRS_MAX="32")):
            self.assertEqual(mine["USPAN_ATTRS_MAX"], "32")

    def test_an_option_goes_before_what_the_preset_says(self):
        for mine in (by_cmake("agentops", "agentops", {}, "-DUSPAN_HEADERS_BYTES=2048", "-DUSPAN_SPANS_MAX=8"),
                     by_kconfig("agentops", "agentops", {}, USPAN_HEADERS_BYTES="2048", USPAN_SPANS_MAX="8")):
            self.assertEqual((mine["USPAN_HEADERS_BYTES"], mine["USPAN_SPANS_MAX"]), ("2048", "8"))

    def test_an_endpoint_of_ones_own_in_kconfig(self):
        mine = by_kconfig("own", "own", {"USPAN_ENDPOINT": "https://h/v1/traces", "USPAN_HEADERS": "a=b",
                                         "USPAN_BASIC": "y", "USPAN_BASIC_USER": "u", "USPAN_BASIC_PASS": "p"})
        self.assertEqual([mine[name] for name in NAMED[:4]], ['"https://h/v1/traces"', '"a=b"', '"u"', '"p"'])

    def test_cmake_names_what_is_missing_or_wrong(self):
        for name, given, words in (("langfuse_eu", {"LANGFUSE_PUBLIC_KEY": "pk"}, "LANGFUSE_SECRET_KEY: of the project's"),
                                   ("collector", {"COLLECTOR_URL": "http://h:4317"}, "COLLECTOR_URL .* 4317, which is gRPC"),
                                   ("nobody", {}, "there are: agentops aliyun"),
                                   ("agentops_token", {}, "there are: agentops aliyun")):
            with self.assertRaisesRegex(RuntimeError, "(?s)" + words.replace(" ", r"\s+")):
                by_cmake("missing", name, given)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "Kconfig").write_text(kconfig())
        (FOLDER / "uspan_kconfig.h").write_text(header())
        sys.exit(0)
    sys.exit(test_backends.run())
