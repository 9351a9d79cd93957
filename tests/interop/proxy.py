"""proxy.py: tests uspan through tinyproxy and squid: tunnels for https, requests in absolute form for http, with and without a
password. Also tests uspan's messages if the proxy refuses.

Invariant: everything that arrived came through the proxy, because the proxy's own log names the request."""
import contextlib
import json
import os
import subprocess

from tls import listening
from tools import HOST, OUT, free_ports, unequal, until

import certs
from receiver import Receiver
from streams import server_context

TINY = """Port {port}
Listen 127.0.0.1
Timeout 60
LogFile "{folder}/access.log"
LogLevel Connect
MaxClients 20
ConnectPort {backend}
{auth}
"""
SQUID = """http_port 127.0.0.1:{port}
pid_filename {folder}/pid
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
coredump_dir {folder}
cache_mem 8 MB
cache deny all
shutdown_lifetime 1 second
pinger_enable off
visible_hostname localhost
{auth}
http_access {rule}
"""
SQUID_BASIC = """auth_param basic program {helper} {folder}/passwd
auth_param basic realm uspan
acl known proxy_auth REQUIRED"""


def write(folder, name, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


@contextlib.contextmanager
def tinyproxy(backend, password):
    folder, (port,) = OUT / "proxy" / "tinyproxy", free_ports(1)
    auth = "BasicAuth user pass" if password else ""
    conf = write(folder, "conf", TINY.format(port=port, folder=folder, backend=backend, auth=auth))
    (folder / "access.log").unlink(missing_ok=True)
    with listening(["tinyproxy", "-d", "-c", conf], folder / "log", port):
        yield port, folder / "access.log"


@contextlib.contextmanager
def squid(backend, password):
    folder, (port,) = OUT / "proxy" / "squid", free_ports(1)
    write(folder, "passwd", "user:" + subprocess.run(["openssl", "passwd", "-apr1", "pass"], stdout=subprocess.PIPE, text=True,
                                                     check=True).stdout)
    helper = "/usr/lib/squid/basic_ncsa_auth"
    auth = SQUID_BASIC.format(helper=helper, folder=folder) if password else ""
    rule = "allow known" if password else "allow all"
    conf = write(folder, "conf", SQUID.format(port=port, folder=folder, auth=auth, rule=rule))
    (folder / "access.log").unlink(missing_ok=True)
    for path in (folder, folder / "passwd"):
        os.chmod(path, 0o777)
    os.chmod(OUT, 0o755)
    with listening(["/usr/sbin/squid", "-N", "-f", conf], folder / "log", port):
        yield port, folder / "access.log"


def faults(proxy, tls, password, user, refused=None):
    with Receiver(server_context() if tls else None) as receiver, proxy(receiver.port, password) as (port, log):
        done = subprocess.run([HOST / "tests/agent_under_test", receiver.url(host="127.0.0.1"), f"anchor={certs.get().ca_pem}",
                               f"proxy=http://{user}127.0.0.1:{port}", "spans=3", "timeout=10000", "deadline=300",
                               f"settle={1500 if refused else 30000}"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        stored = receiver.span_count
        wanted = "CONNECT" if tls else "POST"
        named = until(lambda: log.exists() and wanted in log.read_text(), limit_s=5)
    accounts = json.loads(done.stdout) if done.returncode == 0 else {"why": done.stderr[-300:]}
    if refused:
        return ([] if refused in accounts["why"] else [f"it does not say {refused!r}: {accounts}"]) + unequal("stored", stored, 0)
    return unequal("stored", stored, 3) + unequal("delivered", accounts.get("delivered"), 3) + (
        [] if named else [f"the proxy's log has no {wanted}"]) + ([accounts["why"]] if accounts.get("why") else [])


def run(tally):
    for name, proxy in (("tinyproxy", tinyproxy), ("squid", squid)):
        for tls in (True, False):
            words = "a tunnel for https" if tls else "requests of http"
            tally.check(f"{name}: {words}", faults(proxy, tls, False, ""))
            tally.check(f"{name}: {words}, with a password", faults(proxy, tls, True, "user:pass@"))
            tally.check(f"{name}: {words}, no password where one is asked", faults(proxy, tls, True, "", "wants a user name"))
            if tls or proxy is squid:  # tinyproxy answers 401 to a wrong password, which may be the collector's in http
                tally.check(f"{name}: {words}, a wrong password", faults(proxy, tls, True, "user:no@", "refused this user name"))
