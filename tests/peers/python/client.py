"""A REQ client on pyzmq: client.py ENDPOINT COUNT [KEY-FILE]. Sends numbers, and prints one JSON line a reply."""

import json
import sys

import zmq

from keys import use_key

endpoint, count = sys.argv[1], int(sys.argv[2])
key_file = sys.argv[3] if len(sys.argv) > 3 else None
context = zmq.Context()
client = context.socket(zmq.REQ)
use_key(client, key_file)
client.connect(endpoint)
for sequence in range(1, count + 1):
    client.send(b"%d" % sequence)
    print(json.dumps({"event": "reply", "sequence": int(client.recv())}), flush=True)
client.close()
context.term()
