"""The same echo worker on pyzmq's asyncio: asyncio_worker.py BACKEND JOBS."""

import asyncio
import sys

import zmq.asyncio


async def work(backend, jobs):
    context = zmq.asyncio.Context()
    worker = context.socket(zmq.REQ)
    worker.connect(backend)
    await worker.send(b"\x01")
    for _ in range(jobs):
        await worker.send_multipart(await worker.recv_multipart())
    worker.close()
    context.term()


asyncio.run(work(sys.argv[1], int(sys.argv[2])))
