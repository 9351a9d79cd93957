"""ports.py: measures flash and RAM of the ports to SDKs, for rows of tests/size/README.md.

Invariant: each source of a port's folder is compiled and counted. The SDK's own functions are only declared
(tests/sdk/declared), and are not counted."""
from sources import CORTEX_M3, ROOT, compile_all, found, run

MBEDTLS = ROOT / "port/deps/src/mbedtls/include"
DECLARED = ROOT / "tests/sdk/declared"
ESPIDF, FREERTOS, ZEPHYR = (ROOT / "port" / name for name in ("espidf", "freertos", "zephyr"))
SECTIONS = ["-Os", "-ffunction-sections", "-fdata-sections"]
IN_ISR = "-DUSPAN_FREERTOS_IN_ISR()=0"
# label: (sources, arguments of the compiler)
PORTS = {
    "port/espidf, with its exporter task and esp-tls": (
        [*found(ESPIDF.glob("*.c"), 4, "port/espidf"), FREERTOS / "exporter.c"],
        ["-DESP_PLATFORM=1", f"-I{ROOT / 'port/posix'}", f"-isystem{MBEDTLS}",
         f"-I{DECLARED / 'espidf'}", f"-I{ESPIDF}", f"-I{FREERTOS}"]),
    "port/freertos, port and exporter": (
        [FREERTOS / "port.c", FREERTOS / "exporter.c"], [IN_ISR, f"-I{DECLARED / 'freertos'}", f"-I{FREERTOS}"]),
    "port/freertos, FreeRTOS+TCP": ([FREERTOS / "plus_tcp.c"], [IN_ISR, f"-I{DECLARED / 'freertos'}", f"-I{FREERTOS}"]),
    "port/zephyr": (found(ZEPHYR.glob("*.c"), 3, "port/zephyr"), [f"-I{DECLARED / 'zephyr'}", f"-I{ZEPHYR}"])}


def bytes_of(objects):
    """(flash, RAM) of objects."""
    rows = [line.split() for line in run(["arm-none-eabi-size", *objects]).splitlines()[1:]]
    text, data, bss = (sum(int(row[column]) for row in rows) for column in range(3))
    return text + data, data + bss


def measure_all(out):
    """{label: (flash, RAM)} of each port, compiled in folders of out."""
    measured = {}
    for number, (label, (sources, options)) in enumerate(PORTS.items()):
        measured[label] = bytes_of(compile_all(sources, out / f"port{number}", CORTEX_M3, [*SECTIONS, *options]).values())
    return measured


def table(measured):
    lines = ["| port, compiled for Cortex-M3 with -Os against declared headers, on top of core | flash "
             "| RAM, with the exporter's stack where the port has it |", "| --- | ---: | ---: |"]
    return lines + [f"| {label} | {flash:,} | {ram:,} |" for label, (flash, ram) in measured.items()]
