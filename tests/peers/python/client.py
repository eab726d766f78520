"""A REQ client on pyzmq: client.py ENDPOINT COUNT. Sends numbers, and prints one JSON line a reply."""

import json
import sys

import zmq

endpoint, count = sys.argv[1], int(sys.argv[2])
context = zmq.Context()
client = context.socket(zmq.REQ)
client.connect(endpoint)
for sequence in range(1, count + 1):
    client.send(b"%d" % sequence)
    print(json.dumps({"event": "reply", "sequence": int(client.recv())}), flush=True)
client.close()
context.term()
