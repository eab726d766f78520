"""A client on pyzmq: python_client.py FRONTEND CONCURRENCY. Each line of standard input is a request; so many at once.

Replies are printed in the order of the lines, as `spclient --lines` does.
"""

import collections
import sys

import zmq

frontend, concurrency = sys.argv[1], int(sys.argv[2])
context = zmq.Context()
poller = zmq.Poller()
idle = []
for _ in range(concurrency):
    socket = context.socket(zmq.REQ)
    socket.connect(frontend)
    poller.register(socket, zmq.POLLIN)
    idle.append(socket)
lines = (line.rstrip(b"\n") for line in sys.stdin.buffer)
under_way = {}
replies = collections.deque()
has_more = True
while has_more or replies:
    while has_more and idle and len(replies) < concurrency:
        line = next(lines, None)
        if line is None:
            has_more = False
            break
        socket = idle.pop()
        socket.send(line)
        under_way[socket] = [None]
        replies.append(under_way[socket])
    if under_way:
        for socket, _ in poller.poll():
            under_way.pop(socket)[0] = socket.recv()
            idle.append(socket)
    while replies and replies[0][0] is not None:
        sys.stdout.buffer.write(replies.popleft()[0] + b"\n")
        sys.stdout.flush()
context.destroy()
