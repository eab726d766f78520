"""The Guide's Simple Pirate queue in Python, over pyzmq.

    python_queue.py FRONTEND BACKEND
    python_queue.py --version

Binds both endpoints and prints "listening FRONTEND BACKEND" with the real ports. --version prints the versions of Python,
pyzmq and libzmq.
"""

import platform
import sys
from collections import deque

import zmq


def main(frontend_endpoint: str, backend_endpoint: str) -> None:
    context = zmq.Context()
    frontend = context.socket(zmq.ROUTER)
    backend = context.socket(zmq.ROUTER)
    frontend.bind(frontend_endpoint)
    backend.bind(backend_endpoint)
    listening = (frontend.getsockopt_string(zmq.LAST_ENDPOINT), backend.getsockopt_string(zmq.LAST_ENDPOINT))
    print("listening", *listening, flush=True)

    while_busy = zmq.Poller()
    while_busy.register(backend, zmq.POLLIN)
    while_free = zmq.Poller()
    while_free.register(backend, zmq.POLLIN)
    while_free.register(frontend, zmq.POLLIN)
    workers: deque[bytes] = deque()
    while True:
        # The frontend is served only while a worker is free.
        poller = while_free if workers else while_busy
        ready = dict(poller.poll())
        if backend in ready:
            # [worker][""][READY] or [worker][""][client][""][reply...]
            worker, _, *message = backend.recv_multipart()
            workers.append(worker)
            if message not in ([b"\x01"], [b"READY"]):
                frontend.send_multipart(message)
        if frontend in ready:
            # [client][""][request...]
            backend.send_multipart([workers.popleft(), b"", *frontend.recv_multipart()])


if sys.argv[1:] == ["--version"]:
    print(f"Python {platform.python_version()}, pyzmq {zmq.pyzmq_version()}, libzmq {zmq.zmq_version()}")
elif len(sys.argv) == 3:
    main(*sys.argv[1:])
else:
    sys.exit("usage: python_queue.py FRONTEND BACKEND | --version")
