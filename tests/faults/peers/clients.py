"""Lazy Pirate clients on pyzmq, many in one process, each with one connection: clients.py ENDPOINT COUNT [options].

Every request has a unique body, even when it is sent again: a reply with any other body is wrong. Prints a JSON line of
totals at an interval, and a last one, `done`, when every request has ended after SIGTERM.
"""

import argparse
import collections
import json
import random
import resource
import signal
import sys
import time

import zmq

parser = argparse.ArgumentParser()
parser.add_argument("endpoint")
parser.add_argument("count", type=int)
parser.add_argument("--timeout", type=float, nargs=2, default=[2500, 2500], metavar=("MIN", "MAX"), help="in ms")
parser.add_argument("--tries", type=int, default=3, help="how often a request is sent")
parser.add_argument("--pause", type=float, default=0, help="between a request's end and the next request, in ms")
parser.add_argument("--start-over", type=float, default=0, help="the time over which they start, one by one, in ms")
parser.add_argument("--bytes", type=int, default=0, help="of a second frame")
parser.add_argument("--identity", help="what the clients' fixed identities begin with; by default they have none")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--report-every", type=float, default=500, help="in ms")
parser.add_argument("--held", action="store_true", help="connect, and send nothing until SIGUSR1 comes")
parser.add_argument("--tell-requests", action="store_true", help="print a line for each request that has ended")
options = parser.parse_args()
if options.held:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

# Each has a socket and a connection, and as many may be on their way out.
descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
context = zmq.Context()
context.set(zmq.MAX_SOCKETS, 4 * options.count + 1000)
poller = zmq.Poller()
random.seed(options.seed)
totals = {
    "requests": 0,
    "answered": 0,
    "abandoned": 0,
    "retries": 0,
    "mostTries": 0,
    "wrong": 0,
    "longestMs": 0,
}
# How many requests took so many milliseconds.
times = collections.Counter()
wrong_examples = []
is_ending = False


class Client:
    def __init__(self, number):
        self.name = "client-%d" % number
        self.sequence = 0
        self.tries = 0
        self.is_waiting = False
        self.due = time.monotonic() + number * options.start_over / options.count / 1000
        self.connect()

    def connect(self):
        self.socket = context.socket(zmq.REQ)
        self.socket.linger = 0
        if options.identity is not None:
            self.socket.routing_id = ("%s-%s" % (options.identity, self.name)).encode()
        self.socket.connect(options.endpoint)
        poller.register(self.socket, zmq.POLLIN)
        by_socket[self.socket] = self

    def disconnect(self):
        poller.unregister(self.socket)
        del by_socket[self.socket]
        self.socket.close()

    def start(self, now):
        self.sequence += 1
        self.tries = 0
        self.started = now
        totals["requests"] += 1
        self.send(now)

    def send(self, now):
        self.tries += 1
        totals["mostTries"] = max(totals["mostTries"], self.tries)
        self.is_waiting = True
        self.body = [b"%s:%d:%d" % (self.name.encode(), self.sequence, self.tries)]
        if options.bytes > 0:
            self.body.append((self.body[0] * (options.bytes // len(self.body[0]) + 1))[: options.bytes])
        self.socket.send_multipart(self.body)
        self.due = now + random.uniform(*options.timeout) / 1000

    def receive(self, now):
        reply = self.socket.recv_multipart()
        if reply != self.body:
            totals["wrong"] += 1
            if len(wrong_examples) < 5:
                wrong_examples.append("%r instead of %r" % (reply[0][:80], self.body[0]))
        totals["answered"] += 1
        self.end(now)

    def end(self, now, answered=True):
        ms = round((now - self.started) * 1000)
        if options.tell_requests:
            line = {"event": "request", "endedMs": time.time() * 1000, "tookMs": ms, "tries": self.tries, "answered": answered}
            print(json.dumps(line), flush=True)
        totals["longestMs"] = max(totals["longestMs"], ms)
        times[ms] += 1
        self.is_waiting = False
        self.due = now + options.pause / 1000
        if options.pause == 0 and not is_ending:
            self.start(now)

    def pass_time(self, now):
        if not self.is_waiting:
            if not is_ending:
                self.start(now)
            return
        self.disconnect()
        self.connect()
        if self.tries < options.tries:
            totals["retries"] += 1
            self.send(now)
        else:
            totals["abandoned"] += 1
            self.end(now, answered=False)


def end(_signal, _frame):
    global is_ending
    is_ending = True


def percentile(percent):
    left = times.total() * percent / 100
    for ms in sorted(times):
        left -= times[ms]
        if left <= 0:
            return ms
    return 0


def report(event):
    now = time.monotonic()
    oldest = max((now - client.started for client in clients if client.is_waiting), default=0)
    line = {"event": event, **totals, "oldestMs": round(oldest * 1000), "wrongExamples": wrong_examples}
    line["atMs"] = round(time.time() * 1000)
    if event == "done":
        line["p99Ms"] = percentile(99)
    print(json.dumps(line), flush=True)


by_socket = {}
signal.signal(signal.SIGTERM, end)
clients = [Client(number) for number in range(options.count)]
report("started")
if options.held:
    signal.sigwait([signal.SIGUSR1])
reported = time.monotonic()
while not is_ending or any(client.is_waiting for client in clients):
    for socket, _ in poller.poll(10):
        by_socket[socket].receive(time.monotonic())
    now = time.monotonic()
    for client in clients:
        if client.due <= now:
            client.pass_time(now)
    if (now - reported) * 1000 >= options.report_every:
        reported = now
        report("progress")
report("done")
context.destroy(linger=0)
sys.exit(0)
