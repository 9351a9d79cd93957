"""sntp.py: a time server (SNTP, RFC 4330) on a free loopback port. Its time is right, or wrong by a number of seconds.

Invariant: stop() returns with the thread joined and the socket closed."""
import socket
import struct
import threading
import time

FROM_1900_TO_1970 = 2208988800


class TimeServer:
    """.port. .asked: number of requests answered. ahead_s: error of its time, in seconds."""

    def __init__(self, ahead_s=0):
        self.ahead_s, self.asked = ahead_s, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        self.socket.close()

    def serve(self):
        while not self.ending.is_set():
            try:
                question, peer = self.socket.recvfrom(512)
            except TimeoutError:
                continue
            if len(question) >= 48 and question[0] & 7 == 3:  # mode 3: a client
                now = time.time() + self.ahead_s + FROM_1900_TO_1970
                stamp = struct.pack(">II", int(now) & 0xFFFFFFFF, int(now % 1 * 2**32))
                # version 4, mode 4, stratum 1. The client's transmit time is returned as originate time
                head = bytes([0x24, 1, 0, 0xEC]) + bytes(8) + b"TEST"
                self.socket.sendto(head + stamp + question[40:48] + stamp + stamp, peer)
                self.asked += 1
