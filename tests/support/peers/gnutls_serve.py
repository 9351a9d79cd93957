#!/usr/bin/python3
"""gnutls_serve.py: a GnuTLS server for tests in C: gnutls-serv listens beyond loopback, this one does not.

Invariant: says "listening PORT" when it can be reached, and a line for each session: its version, new or resumed.
Usage: gnutls_serve.py KIND PRIORITY CHAIN.pem KEY.pem
   KIND: echo; mute, that only reads; page, that answers one request and closes"""
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


class Page(Server):
    def talk(self, connection):
        announce(connection)
        if connection.read_head():
            connection.app.send(f"HTTP/1.0 200 OK\r\n\r\n{connection.tls_version} {connection.cipher}\n{'.' * 80}\n".encode())


def announce(connection):
    print(f"{connection.tls_version}: {'resumed' if connection.reused else 'new'} session", flush=True)


def main(kind, priority, chain, key):
    context = GnuTlsContext(priority=priority, files=(chain, key))
    with {"echo": Echo, "mute": Mute, "page": Page}[kind](tls=context) as server:
        print(f"listening {server.port}", flush=True)
        server.threads[0].join()


if __name__ == "__main__":
    main(*sys.argv[1:])
