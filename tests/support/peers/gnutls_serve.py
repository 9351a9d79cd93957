#!/usr/bin/python3
"""gnutls_serve.py: a GnuTLS server for tests in C. It listens on loopback only, unlike gnutls-serv.

Invariant: it prints "listening PORT" when it can be reached, and a line for each session: its version, new or resumed, and
the server name in the client's request.
Usage: gnutls_serve.py KIND PRIORITY CHAIN.pem KEY.pem
   KIND: echo. mute: only reads. page: answers one request and closes. rekey: like page, but changes its keys before the
   answer (TLS 1.3). renew: answers each request and changes its keys after each answer (TLS 1.3)"""
import sys

from gnutls import GnuTlsContext
from server import Server


class Echo(Server):
    def talk(self, connection):
        announce(connection)
        while data := connection.app.recv(65536):
            connection.app.send(data)


class Mute(Server):
    def talk(self, connection):
        while connection.app.recv(65536):
            pass


def page(connection):
    return f"HTTP/1.0 200 OK\r\n\r\n{connection.tls_version} {connection.cipher}\n{'.' * 80}\n".encode()


class Page(Server):
    def talk(self, connection):
        announce(connection)
        if connection.read_head():
            connection.app.send(page(connection))


class Rekey(Server):
    def talk(self, connection):
        announce(connection)
        if connection.read_head():
            send = connection.app.under.update_keys if connection.tls_version == "TLSv1.3" else connection.app.send
            send(page(connection))


class Renew(Server):
    def talk(self, connection):
        announce(connection)
        while connection.read_head():
            connection.app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            connection.app.under.update_keys()
            print("new keys", flush=True)


def announce(connection):
    print(f"{connection.tls_version}: {'resumed' if connection.reused else 'new'} session, name {connection.server_name}",
          flush=True)


def main(kind, priority, chain, key):
    context = GnuTlsContext(priority=priority, files=(chain, key))
    with {"echo": Echo, "mute": Mute, "page": Page, "rekey": Rekey, "renew": Renew}[kind](tls=context) as server:
        print(f"listening {server.port}", flush=True)
        server.threads[0].join()


if __name__ == "__main__":
    main(*sys.argv[1:])
