"""Peers that speak no sense, on pyzmq and on bare connections: malformed.py ENDPOINT SIDE MESSAGES CONNECTIONS SEED.

ENDPOINT is a queue's, SIDE says which: frontend or backend.

Sends MESSAGES odd multiparts from DEALERs, some with odd identities, and makes CONNECTIONS bare connections that send
garbage or break off; then prints one JSON line and ends.
"""

import json
import random
import socket
import struct
import sys

import zmq

endpoint, side = sys.argv[1:3]
messages, connections, seed = map(int, sys.argv[3:])
address = endpoint.removeprefix("tcp://").rsplit(":", 1)
random.seed(seed)

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03REQ"


def noise(size):
    return random.getrandbits(8 * size).to_bytes(size, "big") if size > 0 else b""


def empties(least, most):
    return [b""] * random.randint(least, most)


# What makes no sense at the backend: no READY, and no reply, which has a client's identity and more.
NO_WORKERS = [
    lambda: empties(1, 1),
    lambda: empties(2, 50),
    lambda: [b"x"],
    lambda: [b"", b"x"],
    lambda: [b"", b"\x02"],
    lambda: [b"", b"ready"],
    lambda: empties(1, 5) + [noise(random.randint(2, 3000))],
    lambda: [noise(16)],
    lambda: [b"", noise(256), b""],
    lambda: [noise(random.randint(256, 3000)), b"", b"", noise(20)],
]
# At the frontend everything is a request. These are odd ones.
NO_CLIENTS = NO_WORKERS + [
    lambda: [b"\x01"],
    lambda: [b"", b"\x01"],
    lambda: [b"READY"],
    lambda: [b"\x01", b""],
    lambda: [b"", b"\x00" * 5, b"", b"foreign"],
    lambda: [noise(random.randint(1, 300)) for _ in range(random.randint(1, 20))],
    lambda: [b"", noise(255), b""],
]
# These are few.
LARGE = [
    lambda: [b"i" * 1_000_000, b"x"],
    lambda: [b"", b"i" * 1_000_000, b"", b"x"],
    lambda: [b"i" * 300] + [b"x"] * 200,
    lambda: [b"", b"x" * 1_000_000],
]

context = zmq.Context()
dealers = []
for number in range(20):
    dealer = context.socket(zmq.DEALER)
    dealer.linger = 5000
    if number % 4 == 0:
        dealer.routing_id = bytes([number + 1]) * 255
    elif number % 4 == 1:
        dealer.routing_id = bytes([number])
    dealer.connect(endpoint)
    dealers.append(dealer)


def send(dealer, message):
    dealer.send_multipart(message)
    # What comes back is of no interest, but it must not stop the sender.
    try:
        while True:
            dealer.recv_multipart(zmq.NOBLOCK)
    except zmq.Again:
        pass


def break_off(bare):
    # With a linger of 0 a TCP connection ends with RST.
    bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", random.randint(0, 1), 0))
    bare.close()


def dial():
    if endpoint.startswith("ipc://"):
        bare = socket.socket(socket.AF_UNIX)
        bare.connect(endpoint.removeprefix("ipc://"))
        return bare
    return socket.create_connection((address[0], int(address[1])))


def make_connection():
    bare = dial()
    data = random.choice(
        [
            lambda: b"",
            lambda: noise(random.randint(1, 2000)),
            lambda: b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            lambda: GREETING[: random.randint(1, 63)],
            lambda: GREETING,
            lambda: GREETING + noise(100),
            lambda: GREETING + READY + noise(100),
            lambda: GREETING + READY + b"\x01\x00" + b"\x03\xff\xff\xff\xff\xff\xff\xff\xff",
            lambda: GREETING + READY + b"\x01\x00\x00\x64half",
            lambda: GREETING + READY + b"\x00\x00",
        ]
    )()
    try:
        bare.sendall(data)
    except OSError:
        pass
    return bare


open_connections = []
made = 0
for number in range(messages):
    kinds = LARGE if number % 1000 == 999 else NO_WORKERS if side == "backend" else NO_CLIENTS
    send(random.choice(dealers), random.choice(kinds)())
    while made * messages < number * connections:
        made += 1
        open_connections.append(make_connection())
        if len(open_connections) > 50:
            break_off(open_connections.pop(random.randrange(50)))
while made < connections:
    made += 1
    break_off(make_connection())
for bare in open_connections:
    break_off(bare)
context.destroy(linger=5000)
print(json.dumps({"event": "done", "messages": messages, "connections": made}), flush=True)
