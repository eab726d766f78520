"""A further hop on pyzmq, ROUTER in front and DEALER behind: hop.py ENDPOINT. Prints the endpoint that it binds."""

import json
import sys

import zmq

context = zmq.Context()
front = context.socket(zmq.ROUTER)
port = front.bind_to_random_port("tcp://127.0.0.1")
back = context.socket(zmq.DEALER)
back.connect(sys.argv[1])
print(json.dumps({"event": "listening", "endpoint": "tcp://127.0.0.1:%d" % port}), flush=True)
zmq.proxy(front, back)
