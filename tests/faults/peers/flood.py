"""Clients that send without end and read nothing: flood.py ENDPOINT CONNECTIONS BYTES.

DEALERs on pyzmq, each with its pipe as full as it gets. Prints one JSON line of totals twice a second.
"""

import json
import sys
import time

import zmq

endpoint, connections, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
context = zmq.Context()
sockets = []
for _ in range(connections):
    socket = context.socket(zmq.DEALER)
    socket.sndhwm = 16
    socket.connect(endpoint)
    sockets.append(socket)
body = b"f" * size
sent = 0
reported = time.monotonic()
while True:
    is_blocked = True
    for socket in sockets:
        try:
            for _ in range(16):
                socket.send_multipart([b"", body], zmq.NOBLOCK)
                sent += 1
                is_blocked = False
        except zmq.Again:
            pass
    if is_blocked:
        time.sleep(0.02)
    if time.monotonic() - reported >= 0.5:
        reported = time.monotonic()
        print(json.dumps({"event": "progress", "sent": sent}), flush=True)
