"""command.py: a peer as a child process, driven by lines on its standard input.

The first output line is "port N". The peer answers "summary" with a line of JSON and "dump FILE" with "ok". It answers
"wait N SECONDS", for N distinct spans, with "ok" or "timeout". "script JSON" (hostile.py) starts another script and is
answered with "ok". At "quit", end of input or SIGTERM the last line is the summary.
Invariant: the process ends with its parent, because the end of the parent closes its input."""
import json
import signal
import sys
from pathlib import Path


def say(text):
    print(text, flush=True)


def stop_reading(*_):
    raise KeyboardInterrupt


def obey(peer, words, line):
    if words[0] == "dump":
        peer.dump(words[1])
        say("ok")
    elif words[0] == "summary":
        say(json.dumps(peer.summary()))
    elif words[0] == "script":
        peer.load(json.loads(line.partition("script")[2]))
        say("ok")
    elif words[0] == "wait":
        say("ok" if peer.wait_spans(int(words[1]), float(words[2])) else "timeout")
    else:
        say(f"unknown {words[0]}")


def attend_commands(peer, port_file=None):
    signal.signal(signal.SIGTERM, stop_reading)
    if port_file:
        path = Path(port_file)
        fresh = path.with_suffix(".new")  # a program that polls for the file never reads a part of it
        fresh.write_text(f"{peer.port}\n")
        fresh.rename(path)
    say(f"port {peer.port}")
    try:
        for line in sys.stdin:
            words = line.split()
            if words == ["quit"]:
                break
            if words:
                obey(peer, words, line)
    except KeyboardInterrupt:
        pass
    say(json.dumps(peer.summary()))
