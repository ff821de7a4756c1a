"""Real servers for the tests: each has its own folder, and a Unix socket or free ports, and ends
with its user.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_REPOSITORY = Path(__file__).parents[4]
_MODULE = os.environ.get("SESSIONS_MODULE", str(_REPOSITORY / "target/debug/libsessions.so"))
_PROGRAM = os.environ.get("REDIS_SERVER", "redis-server")


def until(what: str, happened: Callable[[], T], seconds: float = 60) -> T:
    """Waits until `happened` returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        result = happened()
        if result:
            return result
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.01)


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


class Server:
    """A server: its folder, its Unix socket and, with `port`, its port."""

    def __init__(self, folder: Path, words: list[str], port: int = 0) -> None:
        self.folder = folder
        self.port = port
        self.path = str(folder / "redis.sock")
        self._words = words
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def _connection(self) -> socket.socket:
        if self.port:
            return socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(60)
            connection.connect(self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def ask(self, line: str) -> str:
        """Sends one inline command and returns what comes back within the first reply, as text."""
        with self._connection() as connection:
            connection.sendall(f"{line}\r\n".encode())
            return connection.recv(1 << 20).decode().strip()

    def _is_up(self) -> bool:
        assert self.process.poll() is None, f"the server has ended: {self.log()}"
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False

    def start(self) -> None:
        self._process = subprocess.Popen(
            [_PROGRAM, *self._words], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until("the server replies", self._is_up)

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text()[-2000:] if path.exists() else ""

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def _started(make: Callable[[Path], Server]) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="sessions-python-"))
    server = make(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _words(folder: Path, *lines: str, module: bool = True) -> list[str]:
    common = ["--dir", str(folder), "--logfile", str(folder / "log"), "--save", "", "--appendonly", "no"]
    loaded = ["--loadmodule", _MODULE] if module else []
    return [*common, "--bind", "127.0.0.1", *loaded, *lines]


@contextmanager
def a_server(*, module: bool = True, tcp: bool = False) -> Iterator[Server]:
    port = free_ports(1)[0] if tcp else 0

    def make(folder: Path) -> Server:
        own = ["--port", str(port), "--unixsocket", str(folder / "redis.sock")]
        return Server(folder, _words(folder, *own, module=module), port)

    with _started(make) as server:
        yield server


@contextmanager
def a_cluster(*, module: bool = True) -> Iterator[list[Server]]:
    """Three primaries, each with a third of the hash slots."""
    ports = free_ports(6)

    def maker(number: int) -> Callable[[Path], Server]:
        port, bus = ports[number], ports[number + 3]
        own = ["--port", str(port), "--cluster-enabled", "yes", "--cluster-port", str(bus)]
        own += ["--cluster-config-file", "nodes.conf"]
        return lambda folder: Server(folder, _words(folder, *own, module=module), port)

    with ExitStack() as stack:
        nodes = [stack.enter_context(_started(maker(number))) for number in range(3)]
        bounds = [0, 5461, 10923, 16384]
        for number, node in enumerate(nodes):
            node.ask(f"CLUSTER ADDSLOTSRANGE {bounds[number]} {bounds[number + 1] - 1}")
            if number > 0:
                node.ask(f"CLUSTER MEET 127.0.0.1 {ports[0]} {ports[3]}")

        def is_joined(node: Server) -> bool:
            info = node.ask("CLUSTER INFO")
            return "cluster_state:ok" in info and "cluster_known_nodes:3" in info

        for node in nodes:
            until("all nodes know all slots", lambda node=node: is_joined(node))  # type: ignore[misc]
        yield nodes


@contextmanager
def a_sentinel(watched: Server) -> Iterator[Server]:
    """A sentinel that watches one server under the name `mymaster`."""
    port = free_ports(1)[0]

    def make(folder: Path) -> Server:
        config = folder / "sentinel.conf"
        config.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor mymaster 127.0.0.1 {watched.port} 1\n"
        )
        return Server(folder, [str(config), "--sentinel"], port)

    with _started(make) as sentinel:
        until("a quorum", lambda: sentinel.ask("SENTINEL ckquorum mymaster").startswith("+OK"))
        yield sentinel
