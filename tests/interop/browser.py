"""browser.py: runs Chromium without a window and controls it in its DevTools protocol over two pipes, its files 3 and 4.

Invariant: it reaches only loopback, writes only in the given folder, and has ended when its block is left."""
import base64
import contextlib
import json
import os
import select
import shutil
import time

from tools import LIMIT_S, child, clean_environment, tail

WIDTH, HEIGHT = 1280, 1040
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync",
           "--force-device-scale-factor=1", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
           "--remote-debugging-pipe")
START = 'exec 10<&"$1" 11>&"$2"; shift 2; exec chromium "$@" 3<&10 4>&11'


class Page:
    def __init__(self, to, back, log):
        self.to, self.back, self.log, self.number, self.more, self.held = to, back, log, 0, {}, b""
        page = next(one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page")
        self.more = {"sessionId": self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]}
        self.call("Security.setIgnoreCertificateErrors", ignore=True)  # the certificate was made today, for this host
        self.call("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False)

    def message(self):
        while b"\0" not in self.held:
            ready = select.select([self.back], [], [], LIMIT_S)[0]
            got = os.read(self.back, 1 << 16) if ready else b""
            if not got:
                raise RuntimeError("\n".join(["the browser does not answer", *tail(self.log)]))
            self.held += got
        text, self.held = self.held.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **given):
        self.number += 1
        os.write(self.to, json.dumps({"id": self.number, "method": method, "params": given, **self.more}).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"the browser: {method}: {answer['error']}")
                return answer["result"]

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def open(self, url, words):
        """The page's text once it contains all of these texts. After the limit, the text that there is."""
        self.call("Page.navigate", url=url)
        return self.shown(words)

    def shown(self, words):
        end = time.monotonic() + LIMIT_S
        while True:
            text = self.value("document.body ? document.body.innerText : ''") or ""
            if all(word in text for word in words) or time.monotonic() > end:
                return text
            time.sleep(0.2)

    def picture(self):
        """The page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


@contextlib.contextmanager
def browser(folder):
    if shutil.which("chromium") is None:
        raise RuntimeError("no browser: chromium is not installed; cure: port/deps/setup.sh browser")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder.with_suffix(".log")
    with contextlib.ExitStack() as files:
        (theirs_in, to), (back, theirs_out) = os.pipe(), os.pipe()
        for file in (theirs_in, to, back, theirs_out):
            files.callback(os.close, file)
        command = ["bash", "-c", START, "bash", theirs_in, theirs_out, *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
        with child(command, log=log, env=clean_environment(HOME=str(folder)), pass_fds=(theirs_in, theirs_out)):
            yield Page(to, back, log)
