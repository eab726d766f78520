"""A DEALER client on pyzmq that pipelines: dealer.py ENDPOINT COUNT. Sends all numbers, then prints all replies."""

import json
import sys

import zmq

endpoint, count = sys.argv[1], int(sys.argv[2])
context = zmq.Context()
client = context.socket(zmq.DEALER)
client.connect(endpoint)
for sequence in range(1, count + 1):
    client.send_multipart([b"", b"%d" % sequence])
replies = []
for _ in range(count):
    delimiter, body = client.recv_multipart()
    assert delimiter == b""
    replies.append(int(body))
print(json.dumps({"event": "replies", "sequences": replies}), flush=True)
client.close()
context.term()
