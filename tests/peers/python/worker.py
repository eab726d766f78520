"""A worker as the Guide's, on pyzmq: worker.py ENDPOINT byte|word [KEY-FILE]. Echoes, and prints one JSON line an event."""

import json
import sys

import zmq

from keys import use_key

endpoint, dialect = sys.argv[1:3]
key_file = sys.argv[3] if len(sys.argv) > 3 else None
worker = zmq.Context().socket(zmq.REQ)
use_key(worker, key_file)
worker.connect(endpoint)
worker.send({"byte": b"\x01", "word": b"READY"}[dialect])
print(json.dumps({"event": "ready"}), flush=True)
jobs = 0
while True:
    request = worker.recv_multipart()
    worker.send_multipart(request)
    jobs += 1
    print(json.dumps({"event": "job", "number": jobs, "frames": len(request)}), flush=True)
