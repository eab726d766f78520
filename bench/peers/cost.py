"""What a program costs: cost.py worker|client FRONTEND BACKEND COUNT COMMAND...

worker: starts the command, gives it COUNT jobs through the queue, one after the other, and waits for its end.
client: answers the command's requests through the queue, gives it COUNT lines on standard input, and waits for its end.

Prints one JSON line: `cpuSeconds`, the processor time of the command with all that it has started.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading

import zmq

ECHO_WORKERS = 4
PATIENCE_MS = 30_000

role, frontend, backend, count, command = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:]
context = zmq.Context()


def echo():
    poller = zmq.Poller()
    for _ in range(ECHO_WORKERS):
        worker = context.socket(zmq.REQ)
        worker.connect(backend)
        worker.send(b"\x01")
        poller.register(worker, zmq.POLLIN)
    while True:
        for worker, _ in poller.poll():
            worker.send_multipart(worker.recv_multipart())


def drive():
    client = context.socket(zmq.REQ)
    client.rcvtimeo = PATIENCE_MS
    client.connect(frontend)
    for number in range(count):
        body = b"%d" % number
        client.send(body)
        if client.recv() != body:
            sys.exit("A reply is not the request's body")


if role == "worker":
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    drive()
else:
    threading.Thread(target=echo, daemon=True).start()
    lines = tempfile.TemporaryFile()
    lines.write(b"".join(b"%d\n" % number for number in range(count)))
    lines.seek(0)
    program = subprocess.Popen(command, stdin=lines, stdout=subprocess.DEVNULL)
code = program.wait(PATIENCE_MS / 1000)
if code != 0:
    sys.exit("The command ended with %d" % code)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"cpuSeconds": usage.ru_utime + usage.ru_stime}), flush=True)
# The thread that answers waits for further requests for ever.
os._exit(0)
