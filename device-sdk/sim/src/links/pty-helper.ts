/**
 * Node cannot open a pseudo-terminal; Python's standard library can. This program opens as many as it is told, prints the path
 * of each, and carries bytes between them and the sockets that it has from descriptor 3 on. It ends with its standard input.
 */
export const PTY_HELPER = `
import os, selectors, sys, tty
CHUNK = 4096
MOST = 65536

class Pipe:
    def __init__(self, source, target):
        self.source, self.target, self.waiting = source, target, b""

count = int(sys.argv[1])
pipes = []
for index in range(count):
    master, slave = os.openpty()
    tty.setraw(slave)
    # The other end stays open here as well, so that the terminal does not hang up while the gateway is away.
    wire = 3 + index
    os.set_blocking(master, False)
    os.set_blocking(wire, False)
    pipes += [Pipe(wire, master), Pipe(master, wire)]
    print(os.ttyname(slave), flush=True)

selector = selectors.DefaultSelector()
def watch(fd):
    wanted = 0
    for pipe in pipes:
        if pipe.source == fd and len(pipe.waiting) < MOST: wanted |= selectors.EVENT_READ
        if pipe.target == fd and pipe.waiting: wanted |= selectors.EVENT_WRITE
    known = selector.get_map().get(fd)
    if wanted and known is None: selector.register(fd, wanted)
    elif wanted and known.events != wanted: selector.modify(fd, wanted)
    elif not wanted and known is not None: selector.unregister(fd)

by_fd = {}
for pipe in pipes:
    for fd in (pipe.source, pipe.target):
        by_fd.setdefault(fd, []).append(pipe)
for fd in by_fd: watch(fd)
selector.register(0, selectors.EVENT_READ)
while True:
    for key, events in selector.select():
        if key.fd == 0:
            sys.exit(0)
        for pipe in by_fd[key.fd]:
            try:
                if events & selectors.EVENT_READ and pipe.source == key.fd:
                    data = os.read(key.fd, CHUNK)
                    if not data: sys.exit(0)
                    pipe.waiting += data
                if pipe.waiting and (events & selectors.EVENT_WRITE or pipe.source == key.fd):
                    pipe.waiting = pipe.waiting[os.write(pipe.target, pipe.waiting):]
            except BlockingIOError:
                pass
            watch(pipe.source)
            watch(pipe.target)
`;
