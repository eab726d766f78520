"""An echo worker on pyzmq that ends after some jobs: python_worker.py BACKEND JOBS."""

import sys

import zmq

context = zmq.Context()
worker = context.socket(zmq.REQ)
worker.connect(sys.argv[1])
worker.send(b"\x01")
for _ in range(int(sys.argv[2])):
    worker.send_multipart(worker.recv_multipart())
worker.close()
context.term()
