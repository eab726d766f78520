"""The keys of a peer, from the file that `spqueue key add` wrote."""

import re

import zmq.auth


def use_key(socket, path):
    """Has a socket use a key file; without one it stays as it is."""
    if path is None:
        return
    socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(path)
    with open(path) as file:
        socket.curve_serverkey = re.search('queue-key = "(.*)"', file.read())[1].encode()
