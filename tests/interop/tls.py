"""tls.py: uspan's TLS with common servers: nginx, OpenSSL, GnuTLS, Go's net/http and Java's HttpsServer. It is tested with each
kind of key, each version alone, and renewed or cross-signed chains.

Invariant: every cell is one run of the agent. Its accounts say that its spans were delivered, each once, to the receiver."""
import contextlib
import json
import re
import shutil
import ssl
import subprocess

from authority import KEYS, Authority
from tools import HOST, OUT, ROOT, child, free_ports, unequal, until

from gnutls import GnuTlsContext
from receiver import Receiver

SPANS = 3
PINS = ROOT / "port/deps/interop"
NGINX = """daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {chain}; ssl_certificate_key {key}; ssl_protocols TLSv{version}; {more}
    location / {{ proxy_pass http://127.0.0.1:{backend}; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""


@contextlib.contextmanager
def listening(command, log, port=None):
    """A program in front of a receiver. Waits until it listens, by its output or its port. Yields its port."""
    with child(command, log=log) as process:
        def found():
            said = re.search(r"^listening (\d+)$", log.read_text(), re.M)
            if said:
                return int(said[1])
            if port:
                with contextlib.suppress(OSError):
                    import socket
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    return port
            return None
        there = until(found, process)
        if not there:
            raise RuntimeError(log.read_text()[-400:])
        yield there


@contextlib.contextmanager
def nginx(authority, chain, key, version, more=""):
    folder = OUT / "tls" / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    with Receiver() as receiver:
        port, = free_ports(1)
        (folder / "conf").write_text(NGINX.format(folder=folder, port=port, chain=chain, key=key, version=version, more=more,
                                                  backend=receiver.port))
        with listening([shutil.which("nginx") or "/usr/sbin/nginx", "-c", folder / "conf", "-p", folder], folder / "log", port):
            yield receiver, port


@contextlib.contextmanager
def nginx_preferring(authority, chain, key, version):
    with nginx(authority, chain, key, version, "ssl_prefer_server_ciphers on;") as there:
        yield there


@contextlib.contextmanager
def openssl(authority, chain, key, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, "TLSv" + version.replace(".", "_"))
    with Receiver(context) as receiver:
        yield receiver, receiver.port


@contextlib.contextmanager
def gnutls(authority, chain, key, version):
    with Receiver(GnuTlsContext(priority=f"NORMAL:-VERS-ALL:+VERS-TLS{version}", files=(chain, key))) as receiver:
        yield receiver, receiver.port


@contextlib.contextmanager
def go(authority, chain, key, version):
    with Receiver() as receiver:
        words = [OUT / "terminator_go/terminator", receiver.port, chain, key, authority.anchor, version, "none"]
        with listening(words, OUT / "tls" / "go.log") as port:
            yield receiver, port


@contextlib.contextmanager
def java(authority, chain, key, version):
    store = authority.store(chain, key)
    with Receiver() as receiver, listening(["java", PINS / "terminator_java/Terminator.java", receiver.port, store, "uspan-test",
                                            "TLSv" + version], OUT / "tls" / "java.log") as port:
        yield receiver, port


SERVERS = {"nginx": nginx, "nginx, its own preference": nginx_preferring, "OpenSSL": openssl, "GnuTLS": gnutls, "Go": go,
           "Java": java}
ANY_LIST = ("nginx", "OpenSSL", "Go")  # the others refuse a list that is not a chain


def agent(port, anchor):
    words = [HOST / "tests/agent_under_test", f"https://localhost:{port}/v1/traces", f"anchor={anchor}", f"spans={SPANS}"]
    done = subprocess.run([*words, "timeout=10000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    if done.returncode:
        return {"why": done.stderr[-300:]}
    return json.loads(done.stdout)


def faults(server, authority, chain, key, version):
    try:
        with server(authority, chain, key, version) as (receiver, port):
            accounts = agent(port, authority.anchor)
    except RuntimeError as error:
        return [str(error)]
    summary = receiver.summary()
    return (unequal("delivered", accounts.get("delivered"), SPANS) + unequal("retries", accounts.get("retries"), 0)
            + unequal("stored", (summary["distinct"], summary["twice"]), (SPANS, 0))
            + ([accounts["why"]] if accounts.get("why") else []))


def run(tally):
    subprocess.run(["sh", ROOT / "port/deps/interop.sh", "terminator_go"], check=True)
    authority = Authority(OUT / "tls" / "certificates")
    for name, server in SERVERS.items():
        for algorithm in KEYS:
            for version in ("1.2", "1.3"):
                tally.check(f"{name}, {algorithm}, TLS {version} alone",
                            faults(server, authority, *authority.leaves[algorithm], version))
    for name in ANY_LIST:
        for words, (chain, key) in authority.chains.items():
            for version in ("1.2", "1.3"):
                tally.check(f"{name}, {words}, TLS {version}", faults(SERVERS[name], authority, chain, key, version))
