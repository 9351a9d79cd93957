#!/usr/bin/python3
"""declared.py: `make interop PARTS=declared`: the declarations in tests/sdk/declared equal those of an SDK's real headers.

Invariant: an SDK that is not named is "not run", and a run without any SDK does not pass.
IDF_PATH names ESP-IDF, FREERTOS_KERNEL_PATH the FreeRTOS kernel, FREERTOS_TCP_PATH FreeRTOS+TCP, ZEPHYR_BASE Zephyr. Functions
are compared by result and argument types, macros and enumerators by number. Names that only the declared headers have begin
with "declared_"."""
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "sdk/declared"
SDKS = {  # by folder of declared headers: variable, folders of the real ones, names that differ on purpose
    "espidf": ("IDF_PATH", ("components", "examples/common_components"),
               {"portMUX_INITIALIZER_UNLOCKED", "ESP_IDF_VERSION_MAJOR", "ESP_IDF_VERSION_MINOR"}),
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
    """Macros that are a number, or a name and a number, and enumerators with a number."""
    text = without_comments(text)
    found = dict(re.findall(r"^#\s*define\s+(\w+)\s+\(?\s*((?:\w+\s*\+\s*)?-?(?:0x)?[0-9A-Fa-f]+)[uUlL]*\s*\)?\s*$", text, re.M))
    found.update(re.findall(r"\b([A-Za-z_]\w+)\s*=\s*(-?(?:0x)?[0-9A-Fa-f]+)[uUlL]*\s*[,}]", text))
    return {name: tuple(int(part, 0) if re.fullmatch(r"-?(0x[0-9a-f]+|0|[1-9][0-9]*)", part) else part
                        for part in re.split(r"\s*\+\s*", value.lower())) for name, value in found.items()}


def members(text):
    """Names of the members of structs."""
    return {name for body in re.findall(r"struct\s*\w*\s*\{([^{}]*)\}", without_comments(text))
            for name in re.findall(r"\b(\w+)\s*(?:\[\w*\])?\s*[,;]", body)} - {"base", "code", "thread", "argument"}


def real_files(root, folders, name):
    files = [path for folder in folders for path in sorted((root / folder).rglob(name))
             if not re.search(r"/(test|tests|mocks?|private_include|host_test|stubs?)/", str(path))]
    return files


def compare(sdk, root):
    """(differences, number of names that were compared)"""
    _, folders, differs = SDKS[sdk]
    declared = HERE / sdk.split("_")[0]
    compared = 0
    wrong = []
    for header in sorted(declared.rglob("*.h")):
        if sdk.startswith("freertos") and (header.name in OF_TCP) != (sdk == "freertos_tcp"):
            continue
        if sdk == "espidf" and (header.parent.name == "freertos" or header.name == "sdkconfig.h"):  # a project has its own
            continue
        real = "\n".join(path.read_text(errors="replace") for path in real_files(root, folders, header.name))
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
    return wrong, compared


def main():
    passed = failed = 0
    for sdk, (variable, _, _) in SDKS.items():
        root = os.environ.get(variable, "")
        if root == "":
            print(f"declared, {sdk}: not run: set {variable}")
            continue
        wrong, compared = compare(sdk, Path(root))
        if compared <= 5:
            wrong.append(f"only {compared} names were found to compare; cure: {variable} must name the SDK's folder")
        print("\n".join([f"declared, {sdk}: {compared} names compared with {variable}: {'DIFFERENT' if wrong else 'as declared'}",
                         *(f"  {line}" for line in wrong)]))
        passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
