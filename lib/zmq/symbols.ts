/**
 * Declares every function of libzmq and of the C library that this project calls: the C declaration, and Deno's form of
 * it. A declaration that differs from the header corrupts memory.
 *
 * @module
 */

/** The functions under their C names, for {@linkcode Deno.dlopen}. */
export const SYMBOLS = {
  // int zmq_errno (void)
  zmq_errno: { parameters: [], result: "i32" },
  // const char *zmq_strerror (int errnum)
  zmq_strerror: { parameters: ["i32"], result: "pointer" },
  // void zmq_version (int *major, int *minor, int *patch)
  zmq_version: { parameters: ["buffer", "buffer", "buffer"], result: "void" },
  // int zmq_has (const char *capability)
  zmq_has: { parameters: ["buffer"], result: "i32" },
  // int zmq_curve_keypair (char *z85_public_key, char *z85_secret_key): 41 bytes each
  zmq_curve_keypair: { parameters: ["buffer", "buffer"], result: "i32" },
  // int zmq_curve_public (char *z85_public_key, const char *z85_secret_key)
  zmq_curve_public: { parameters: ["buffer", "buffer"], result: "i32" },
  // char *zmq_z85_encode (char *dest, const uint8_t *data, size_t size): dest has size * 1.25 + 1 bytes
  zmq_z85_encode: { parameters: ["buffer", "buffer", "usize"], result: "pointer" },
  // void *zmq_ctx_new (void)
  zmq_ctx_new: { parameters: [], result: "pointer" },
  // int zmq_ctx_set (void *context, int option, int optval)
  zmq_ctx_set: { parameters: ["pointer", "i32", "i32"], result: "i32" },
  // int zmq_ctx_term (void *context)
  zmq_ctx_term: { parameters: ["pointer"], result: "i32" },
  // void *zmq_socket (void *context, int type)
  zmq_socket: { parameters: ["pointer", "i32"], result: "pointer" },
  // int zmq_close (void *socket)
  zmq_close: { parameters: ["pointer"], result: "i32" },
  // int zmq_setsockopt (void *socket, int option, const void *optval, size_t optvallen)
  zmq_setsockopt: { parameters: ["pointer", "i32", "buffer", "usize"], result: "i32" },
  // int zmq_getsockopt (void *socket, int option, void *optval, size_t *optvallen)
  zmq_getsockopt: { parameters: ["pointer", "i32", "buffer", "buffer"], result: "i32" },
  // int zmq_bind (void *socket, const char *endpoint)
  zmq_bind: { parameters: ["pointer", "buffer"], result: "i32" },
  // int zmq_unbind (void *socket, const char *endpoint)
  zmq_unbind: { parameters: ["pointer", "buffer"], result: "i32" },
  // int zmq_connect (void *socket, const char *endpoint)
  zmq_connect: { parameters: ["pointer", "buffer"], result: "i32" },
  // int zmq_send (void *socket, const void *buf, size_t len, int flags): copies the bytes
  zmq_send: { parameters: ["pointer", "pointer", "usize", "i32"], result: "i32" },
  // The same for bytes that may be on V8's heap: taking their address would first move them out.
  zmq_send_bytes: { name: "zmq_send", parameters: ["pointer", "buffer", "usize", "i32"], result: "i32" },
  // int zmq_recv (void *socket, void *buf, size_t len, int flags): truncates to len, returns the whole size
  zmq_recv: { parameters: ["pointer", "pointer", "usize", "i32"], result: "i32" },
  // int zmq_msg_init (zmq_msg_t *msg)
  zmq_msg_init: { parameters: ["pointer"], result: "i32" },
  // int zmq_msg_init_size (zmq_msg_t *msg, size_t size)
  zmq_msg_init_size: { parameters: ["pointer", "usize"], result: "i32" },
  // int zmq_msg_close (zmq_msg_t *msg)
  zmq_msg_close: { parameters: ["pointer"], result: "i32" },
  // int zmq_msg_copy (zmq_msg_t *dest, zmq_msg_t *src): shares a large content, copies a small one
  zmq_msg_copy: { parameters: ["pointer", "pointer"], result: "i32" },
  // void *zmq_msg_data (zmq_msg_t *msg)
  zmq_msg_data: { parameters: ["pointer"], result: "pointer" },
  // int zmq_msg_more (const zmq_msg_t *msg)
  zmq_msg_more: { parameters: ["pointer"], result: "i32" },
  // const char *zmq_msg_gets (const zmq_msg_t *msg, const char *property): the message's own memory, or NULL
  zmq_msg_gets: { parameters: ["pointer", "buffer"], result: "pointer" },
  // int zmq_msg_send (zmq_msg_t *msg, void *socket, int flags): takes the content
  zmq_msg_send: { parameters: ["pointer", "pointer", "i32"], result: "i32" },
  // int zmq_msg_recv (zmq_msg_t *msg, void *socket, int flags): returns the size
  zmq_msg_recv: { parameters: ["pointer", "pointer", "i32"], result: "i32" },
  // int zmq_socket_monitor (void *socket, const char *endpoint, int events)
  zmq_socket_monitor: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  // Draft API: int zmq_socket_monitor_versioned (void *socket, const char *endpoint, uint64_t events, int version, int type)
  zmq_socket_monitor_versioned: {
    parameters: ["pointer", "buffer", "u64", "i32", "i32"],
    result: "i32",
    optional: true,
  },
  // The C library's own, which libzmq is linked with: int poll (struct pollfd *fds, nfds_t nfds, int timeout)
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  // The same on another thread, for the JavaScript thread to await.
  poll_async: { name: "poll", parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  // int epoll_create1 (int flags): Linux only, like the next two
  epoll_create1: { parameters: ["i32"], result: "i32", optional: true },
  // int epoll_ctl (int epfd, int op, int fd, struct epoll_event *event)
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32", optional: true },
  // int epoll_wait (int epfd, struct epoll_event *events, int maxevents, int timeout)
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32", optional: true },
  // int clock_gettime (clockid_t clock, struct timespec *time)
  clock_gettime: { parameters: ["i32", "pointer"], result: "i32" },
  // void *memcpy (void *dest, const void *src, size_t n): its result is dest
  memcpy: { parameters: ["pointer", "pointer", "usize"], result: "void" },
  // The same to bytes that may be on V8's heap.
  memcpy_to_bytes: { name: "memcpy", parameters: ["buffer", "pointer", "usize"], result: "void" },
  // int socket (int domain, int type, int protocol)
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int connect (int fd, const struct sockaddr *address, socklen_t length)
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int getpeername (int fd, struct sockaddr *address, socklen_t *length)
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // int shutdown (int fd, int how)
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  // void srand (unsigned int seed)
  srand: { parameters: ["u32"], result: "void" },
  // int getsockopt (int fd, int level, int option, void *value, socklen_t *length)
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  // int setsockopt (int fd, int level, int option, const void *value, socklen_t length)
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  // int getaddrinfo (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
  getaddrinfo: { parameters: ["pointer", "pointer", "pointer", "pointer"], result: "i32" },
  // The same on another thread, for the JavaScript thread to await.
  getaddrinfo_async: {
    name: "getaddrinfo",
    parameters: ["pointer", "pointer", "pointer", "pointer"],
    result: "i32",
    nonblocking: true,
  },
  // void freeaddrinfo (struct addrinfo *result)
  freeaddrinfo: { parameters: ["pointer"], result: "void" },
  // const char *gai_strerror (int code)
  gai_strerror: { parameters: ["i32"], result: "pointer" },
  // int bind (int fd, const struct sockaddr *address, socklen_t length)
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int listen (int fd, int backlog)
  listen: { parameters: ["i32", "i32"], result: "i32" },
  // int close (int fd)
  close: { parameters: ["i32"], result: "i32" },
  // int getrlimit (int resource, struct rlimit *limits)
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  // int setrlimit (int resource, const struct rlimit *limits)
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  // int open (const char *path, int flags, ...): without O_CREAT there is no third argument
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // int flock (int fd, int operation)
  flock: { parameters: ["i32", "i32"], result: "i32" },
  // int link (const char *old, const char *new)
  link: { parameters: ["buffer", "buffer"], result: "i32" },
  // int unlink (const char *path)
  unlink: { parameters: ["buffer"], result: "i32" },
  // int chmod (const char *path, mode_t mode)
  chmod: { parameters: ["buffer", "u32"], result: "i32" },
  // int lchown (const char *path, uid_t owner, gid_t group)
  lchown: { parameters: ["buffer", "u32", "u32"], result: "i32" },
  // int rmdir (const char *path)
  rmdir: { parameters: ["buffer"], result: "i32" },
  // char *mkdtemp (char *template): writes the name into it
  mkdtemp: { parameters: ["buffer"], result: "pointer" },
  // char *getenv (const char *name)
  getenv: { parameters: ["buffer"], result: "pointer" },
  // long syscall (long number, ...): Linux only, for calls for which older C libraries have no function; statx (int
  // dirfd, const char *path, int flags, unsigned int mask, struct statx *buffer)
  syscall_statx: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "i32", "u32", "buffer"],
    result: "i64",
    optional: true,
  },
  // renameat2 (int olddirfd, const char *old, int newdirfd, const char *new, unsigned int flags)
  syscall_renameat2: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "i32", "buffer", "u32"],
    result: "i64",
    optional: true,
  },
  // int lstat (const char *path, struct stat *buffer): macOS only; Intel has two versions, of which this is the one
  // with 64-bit inodes
  lstat: {
    name: Deno.build.os === "darwin" && Deno.build.arch === "x86_64" ? "lstat$INODE64" : "lstat",
    parameters: ["buffer", "buffer"],
    result: "i32",
    optional: true,
  },
  // int renamex_np (const char *old, const char *new, unsigned int flags): macOS only
  renamex_np: { parameters: ["buffer", "buffer", "u32"], result: "i32", optional: true },
  // int sched_setscheduler (pid_t pid, int policy, const struct sched_param *param): Linux only; 0 is this thread
  sched_setscheduler: { parameters: ["i32", "i32", "buffer"], result: "i32", optional: true },
} as const;

/** libzmq's functions under their C names. */
export type Symbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
