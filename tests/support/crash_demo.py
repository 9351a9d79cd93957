#!/usr/bin/python3
"""crash_demo.py: `make demo BOARD=x CRASH=how`: a board crashes in its first boot, and its second boot sends the trace.

Invariant: the exit status is 0 only if every span arrived once, the open span has the cause of the crash, and the next root
has a link to it.
Usage: crash_demo.py BOARD tool|assert|hang"""
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "peers"), str(Path(__file__).resolve().parent)]
import firmware  # noqa: E402
import qemu  # noqa: E402
import tree  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

REASONS = {"tool": "hard_fault", "assert": "assert", "hang": "watchdog"}  # of the demo
WITH_WATCHDOG = ("mps2_an385", "mps2_an386")
BROKEN = {"tool": "execute_tool", "chat": "chat", "assert": "chat"}


def faults(how, spans, twice):
    """Differences from the expected trace, as texts. how: an argument of the demo, or the code that a fault hits: tool, chat,
    export."""
    reason = REASONS.get(how, "hard_fault")
    found = [f"span {key} arrived twice" for key in twice]
    roots = sorted((span for span in spans if not span.parent_id), key=lambda span: span.start_ns)
    if len(roots) != 2:
        return found + [f"{len(roots)} traces, not one before the reset and one after it"]
    if roots[1].attributes.get("uspan.reset.reason") != reason:
        found.append(f"the root after the reset does not say {reason}")
    open_spans = [span for span in spans if span.trace_id == roots[0].trace_id and
                  span.attributes.get("uspan.reset.reason") == reason]
    crashes = [(span, attributes) for span in spans for name, _, attributes in span.events if name == "app.crash"]
    if len(crashes) != 1:
        return found + [f"{len(crashes)} events app.crash, not one"]
    span, attributes = crashes[0]
    for key in ("app.crash.id", "app.build_id", "uspan.crash.registers"):
        if not attributes.get(key):
            found.append(f"app.crash lacks {key}")
    if how not in BROKEN:
        if open_spans or span.span_id != roots[1].span_id:
            found.append("a span was open while all were being sent")
        return found
    if not span.name.startswith(BROKEN[how]) or span.status != "ERROR" or span.trace_id != roots[0].trace_id:
        found.append(f"the crash is in {span.name} ({span.status})")
    if roots[0] not in open_spans or len(open_spans) < 2:
        found.append("the agent's span was not ended by the reset")
    if span.span_id not in [link.span_id.hex() for link in roots[1].proto.links]:
        found.append("the root after the reset does not lead to the broken span")
    return found


def run(board, how, show=False):
    """(problems, spans, console) of one crash."""
    built = firmware.build(board, "-DUSPAN_KEEP=1")
    with Receiver(server_context()) as receiver:
        settings = {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces", "crash": how}
        done = qemu.run(built, settings, show=show)
        spans, twice = list(receiver.spans), receiver.duplicates()
    problems = faults(how, spans, twice)
    if done.status != 0:
        problems.insert(0, "the firmware did not end in time and was ended" if done.status is None else
                        f"the firmware's exit status is {done.status}; its output above says why")
    return problems, spans, done.text


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in firmware.boards() or arguments[1] not in REASONS:
        print("Usage: " + __doc__.split("Usage: ")[-1], file=sys.stderr)
        return 2
    board, how = arguments
    if how == "hang" and board not in WITH_WATCHDOG:
        print(f"demo: {board} has no watchdog in QEMU; cure: CRASH=tool or assert; hang needs {' or '.join(WITH_WATCHDOG)}",
              file=sys.stderr)
        return 2
    print(f"building the firmware of {board} (about a minute the first time)", flush=True)
    try:
        problems, spans, _ = run(board, how, show=True)
    except (RuntimeError, ValueError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print()
    tree.show(spans)
    print()
    print("\n".join(f"demo: {problem}" for problem in problems) or
          f"All {len(spans)} spans arrived, also those from before the {REASONS[how]}.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
