# A worker, and as much of Debian as simple programs need. For more, copy /usr/bin/spworker into your own image.
# packaging/container/context makes the folder to build it from; see docs/containers.md for how to run it.
FROM scratch
ADD worker-root.tar /
COPY share/doc /usr/share/doc/
COPY bin/spworker /usr/bin/spworker
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENV PATH=/usr/bin:/bin
ENTRYPOINT ["spworker"]
