# The queue. packaging/container/context makes the folder to build it from; see docs/containers.md for how to run it.
FROM scratch
ADD queue-root.tar /
COPY share/doc /usr/share/doc/
COPY bin/spqueue /usr/bin/spqueue
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENV PATH=/usr/bin:/bin \
    SPQ_FRONTEND=tcp://*:5555 \
    SPQ_BACKEND=tcp://*:5556 \
    SPQ_KEYS=/keys \
    SPQ_HTTP=127.0.0.1:5557
EXPOSE 5555 5556
# Not --ready, which fails while the queue drains, so that the queue would be killed before it is done.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["spqueue", "status", "--alive"]
ENTRYPOINT ["spqueue"]
