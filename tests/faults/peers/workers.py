"""Unmodified workers on pyzmq, one process each: workers.py ENDPOINT COUNT WORK_MS [options].

Each is a REQ that says READY and echoes. Prints one JSON line for each worker that says READY, with its pid, and for each
that has ended; that one is replaced at once. All end with this process.
"""

import argparse
import ctypes
import json
import os
import signal
import time

import zmq

PR_SET_PDEATHSIG = 1

parser = argparse.ArgumentParser()
parser.add_argument("endpoint")
parser.add_argument("count", type=int)
parser.add_argument("work", type=float, help="ms a job takes")
parser.add_argument("--ready-after", type=float, default=0, help="ms between connecting and READY")
parser.add_argument("--ready-step", type=float, default=0, help="ms that each worker says READY after the one before")
parser.add_argument("--identity", help="what the workers' fixed identities begin with; by default they have none")
parser.add_argument("--poison", default="", help="a worker dies of a request with this body")
parser.add_argument("--tell-jobs", action="store_true", help="print a line for each job received")
parser.add_argument("--keep", action="store_true", help="do not replace those that end")
options = parser.parse_args()

libc = ctypes.CDLL(None)
numbers = {}


def report(event, **fields):
    os.write(1, (json.dumps({"event": event, **fields}) + "\n").encode())


def work(number):
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    worker = zmq.Context().socket(zmq.REQ)
    if options.identity is not None:
        worker.routing_id = b"%s-%d" % (options.identity.encode(), number)
    worker.connect(options.endpoint)
    time.sleep((options.ready_after + number * options.ready_step) / 1000)
    worker.send(b"\x01")
    report("ready", pid=os.getpid(), number=number)
    while True:
        request = worker.recv_multipart()
        if options.tell_jobs:
            report("job", number=number)
        if options.poison and request[-1] == options.poison.encode():
            os._exit(1)
        time.sleep(options.work / 1000)
        worker.send_multipart(request)


def start(number):
    pid = os.fork()
    if pid == 0:
        work(number)
    numbers[pid] = number


def end(_signal, _frame):
    for pid in list(numbers):
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
for number in range(options.count):
    start(number)
while numbers:
    pid, status = os.wait()
    number = numbers.pop(pid)
    report("worker ended", pid=pid, number=number, status=status)
    if not options.keep:
        start(number)
