"""Records all packets until SIGTERM, then prints them in base64. A line "capturing" says that it has begun."""

import base64
import signal
import socket

ETH_P_ALL = 3

sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("capturing", flush=True)
signal.sigwait([signal.SIGTERM])
# Everything that was sent before the signal is in the socket's buffer.
sniffer.setblocking(False)
packets = bytearray()
while True:
    try:
        packets += sniffer.recv(65536)
    except BlockingIOError:
        break
print(base64.b64encode(packets).decode())
