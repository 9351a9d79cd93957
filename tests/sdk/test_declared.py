"""test_declared.py: what tests/sdk/declared says of an SDK is what its real headers say, where the SDK is.

IDF_PATH names ESP-IDF, FREERTOS_KERNEL_PATH the FreeRTOS kernel, FREERTOS_TCP_PATH FreeRTOS+TCP, ZEPHYR_BASE Zephyr. Without one
of them its part says "not run". Compared are functions, by result and argument types, and numbers of macros and enumerators; what
only the declared headers have begins with "declared_"."""
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent / "declared"
SDKS = {  # by folder of declared headers: variable, folders of the real ones, names that differ by design
    "espidf": ("IDF_PATH", ("components", "examples/common_components"), {"portMUX_INITIALIZER_UNLOCKED"}),
    "freertos": ("FREERTOS_KERNEL_PATH", ("include", "portable/GCC/ARM_CM3"), set()),
    "freertos_tcp": ("FREERTOS_TCP_PATH", ("source/include",), set()),
    "zephyr": ("ZEPHYR_BASE", ("include",), set()),
}
OF_TCP = ("FreeRTOS_IP.h", "FreeRTOS_DNS.h", "FreeRTOS_Sockets.h")
FUNCTION = re.compile(r"^([A-Za-z_][\w \t\*]*?[\s\*])(\w+)\s*\(([^;{}]*?)\)\s*(?:[A-Z_]\w*(?:\([^;]*?\))?\s*)*;", re.M | re.S)
NOISE = re.compile(r"\b(const|extern|static|inline|struct|enum|PRIVILEGED_FUNCTION|__syscall|signed)\b")
ALIASES = {"nvs_handle": "nvs_handle_t", "nvs_open_mode": "nvs_open_mode_t", "long": "BaseType_t", "socklen_t": "size_t",
           "xTaskHandle": "TaskHandle_t", "FOnDNSEvent": "FOnDNSEvent", "ConstSocket_t": "Socket_t"}


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"//[^\n]*", " ", text)
    return re.sub(r"\b(?:portDONT_DISCARD|PRIVILEGED_FUNCTION|__noasan)\b|__attribute__\s*\(\(.*?\)\)\)?", " ", text)


def kind(text):
    """A type without names, spaces and qualifiers."""
    words = re.findall(r"\w+|\*", NOISE.sub(" ", text))
    stars = "*" * words.count("*") + "*" * text.count("[")
    words = [word for word in words if word != "*" and not word.isdigit()]
    base = [word for word in words if word in ("unsigned", "int", "char", "void", "long", "bool", "double", "size_t", "ssize_t")
            or word.endswith("_t")] or words[:1]
    if len(base) > 1 and base[0] == "unsigned":
        base = [" ".join(base[:2])]
    return ALIASES.get(base[0], base[0]) + stars if base else stars


def arguments(text):
    if text.strip() in ("", "void"):
        return []
    return [kind(part) if "(*" not in part else "function" for part in re.split(r",(?![^(]*\))", text)]


def functions(text):
    pointers = re.findall(r"^ *typedef\s+([^;{}]*?)\(\s*\*\s*(\w+)\s*\)\s*\(([^;{}]*?)\)\s*;", without_comments(text), re.M)
    found = {name: (kind(result), arguments(given)) for result, name, given in pointers}
    found.update(plain_functions(text))
    return found


def plain_functions(text):
    return {name: (kind(result), arguments(given)) for result, name, given in FUNCTION.findall(without_comments(text))
            if not name.startswith(("declared_", "typedef")) and "typedef" not in result and "define" not in result}


def numbers(text):
    """Macros that are a number, or a name and a number, and enumerators that are one."""
    text = without_comments(text)
    found = dict(re.findall(r"^#\s*define\s+(\w+)\s+\(?\s*((?:\w+\s*\+\s*)?-?(?:0x)?[0-9A-Fa-f]+)[uUlL]*\s*\)?\s*$", text, re.M))
    found.update(re.findall(r"\b([A-Za-z_]\w+)\s*=\s*(-?(?:0x)?[0-9A-Fa-f]+)[uUlL]*\s*[,}]", text))
    return {name: tuple(int(part, 0) if re.fullmatch(r"-?(0x[0-9a-f]+|0|[1-9][0-9]*)", part) else part
                        for part in re.split(r"\s*\+\s*", value.lower())) for name, value in found.items()}


def members(text):
    """Names of the members of structs."""
    return {name for body in re.findall(r"struct\s*\w*\s*\{([^{}]*)\}", without_comments(text))
            for name in re.findall(r"\b(\w+)\s*(?:\[\w*\])?\s*[,;]", body)} - {"base", "code", "thread", "argument"}


class Declared(unittest.TestCase):
    def real_files(self, root, folders, name):
        files = [path for folder in folders for path in sorted((root / folder).rglob(name))
                 if not re.search(r"/(test|tests|mocks?|private_include|host_test|stubs?)/", str(path))]
        return files

    def compare(self, sdk, root):
        _, folders, differs = SDKS[sdk]
        declared = HERE / sdk.split("_")[0]
        compared = 0
        wrong = []
        for header in sorted(declared.rglob("*.h")):
            if sdk.startswith("freertos") and (header.name in OF_TCP) != (sdk == "freertos_tcp"):
                continue
            if sdk == "espidf" and (header.parent.name == "freertos" or header.name == "sdkconfig.h"):  # a project's own
                continue
            real = "\n".join(path.read_text(errors="replace") for path in self.real_files(root, folders, header.name))
            if real == "":
                wrong.append(f"{header.name}: there is no such header")
                continue
            theirs, their_numbers = functions(real), numbers(real)
            more = "\n".join(path.read_text(errors="replace") for folder in folders for path in (root / folder).rglob("*.h")) \
                if sdk != "espidf" else real
            more_functions, more_numbers = functions(more), numbers(more)
            text = header.read_text()
            for name, ours in functions(text).items():
                their = theirs.get(name) or more_functions.get(name)
                compared += 1
                if their is None:
                    if not re.search(rf"\b{name}\b", more):
                        wrong.append(f"{header.name}: {name} is not declared there")
                elif their != ours:
                    wrong.append(f"{header.name}: {name} is {their}, declared {ours}")
            named = members(text) if sdk != "zephyr" and header.name not in ("FreeRTOS.h", "esp_netif_sntp.h") else ()
            for name in named:
                compared += 1
                if not re.search(rf"\b{name}\b", more):
                    wrong.append(f"{header.name}: there is no member {name}")
            for name, ours in numbers(text).items():
                their = their_numbers.get(name) or more_numbers.get(name)
                if their is not None and name not in differs and not name.startswith(("config", "CONFIG", "DECLARED")):
                    compared += 1
                    if their != ours:
                        wrong.append(f"{header.name}: {name} is {their}, declared {ours}")
        self.assertEqual(wrong, [])
        self.assertGreater(compared, 5)
        print(f"{sdk}: {compared} names compared with {SDKS[sdk][0]}")

    def check(self, sdk):
        root = os.environ.get(SDKS[sdk][0], "")
        if root == "":
            print(f"{sdk}: not run: {SDKS[sdk][0]} is not set")
            return
        self.compare(sdk, Path(root))

    def test_espidf(self):
        self.check("espidf")

    def test_freertos(self):
        self.check("freertos")

    def test_freertos_tcp(self):
        self.check("freertos_tcp")

    def test_zephyr(self):
        self.check("zephyr")

    def test_a_difference_is_found(self):
        for before, after in (("const char *key, char *out, size_t *length)", "const char *key, char *out, int *length)"),
                              ("ESP_ERR_NVS_BASE 0x1100", "ESP_ERR_NVS_BASE 0x1101"),
                              ("nvs_erase_key(", "nvs_delete_key(")):
            with tempfile.TemporaryDirectory() as folder:
                for header in (HERE / "espidf").glob("*.h"):
                    text = header.read_text()
                    Path(folder, "components").mkdir(exist_ok=True)
                    Path(folder, "components", header.name).write_text(
                        text.replace(before, after) if header.name == "nvs.h" else text)
                self.assertIn(before, (HERE / "espidf/nvs.h").read_text())
                self.assertRaises(AssertionError, self.compare, "espidf", Path(folder))


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
