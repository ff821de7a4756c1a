"""No server, a server that hangs, no module, an old module, no permission, and values that are
not clients.
"""

import inspect
import pickle
import re
import socketserver
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from signal import SIGCONT, SIGSTOP
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)
from support.clients import USUAL, Maker, maker
from support.server import Server, a_cluster, a_server, until

import sessions_for_redis
from sessions_for_redis import (
    AsyncSessions,
    NoModuleError,
    NoPermissionError,
    Session,
    Sessions,
    SessionsError,
    TryAgainError,
    UnavailableError,
)
from sessions_for_redis._translate import translated

both = pytest.mark.parametrize("make", USUAL, indirect=True, ids=lambda kind: kind.name)


def replies(use: Callable[[], Any]) -> bool:
    try:
        use()
    except UnavailableError:
        return False
    return True


@both
def test_a_server_without_the_module_is_named_at_the_first_command(make: Maker) -> None:
    with a_server(module=False) as server:
        sessions = make.single(server.path, "webapp")
        for use in (lambda: sessions.get("x"), sessions.count, lambda: sessions.create("u1")):
            with pytest.raises(NoModuleError, match="has no SESSIONS commands.*loadmodule") as caught:
                use()
            assert caught.value.code == "NOMODULE"


@pytest.fixture(scope="module")
def bare_cluster() -> Iterator[list[Server]]:
    with a_cluster(module=False) as nodes:
        yield nodes


@both
def test_a_cluster_without_the_module_is_named_at_the_first_command(make: Maker, bare_cluster: list[Server]) -> None:
    sessions = make.cluster(bare_cluster[0].port, "webapp")
    for use in (lambda: sessions.get("x"), sessions.count):
        with pytest.raises(NoModuleError, match="has no SESSIONS commands.*loadmodule"):
            use()


@contextmanager
def a_program_that_replies(reply: Callable[[str], bytes]) -> Iterator[int]:
    """A server of the test's own; the function gets the name of a command."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while data := self.request.recv(65_536):
                names = re.findall(rb"\*\d+\r\n\$\d+\r\n([\w.]+)", data)
                self.request.sendall(b"".join(reply(name.decode().upper()) for name in names))

    class Program(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Program(("127.0.0.1", 0), Handler) as program:
        threading.Thread(target=program.serve_forever, args=(0.01,), daemon=True).start()
        yield program.server_address[1]
        program.shutdown()


def bulk(text: str) -> bytes:
    return f"${len(text)}\r\n{text}\r\n".encode()


@both
def test_a_server_that_is_too_old_for_the_module_is_named_with_its_version(make: Maker) -> None:
    def reply(name: str) -> bytes:
        return bulk("redis_version:6.2.14\r\n") if name == "INFO" else b"-ERR unknown command\r\n"

    with a_program_that_replies(reply) as port:
        sessions = make.tcp(port, "webapp", protocol=2)
        with pytest.raises(NoModuleError, match=r"This one is Redis 6\.2\.14\."):
            sessions.get("x")


@both
def test_a_module_that_is_too_old_is_named(make: Maker) -> None:
    def reply(name: str) -> bytes:
        if name == "INFO":
            return bulk("redis_version:7.0.15\r\n")
        if name == "SESSIONS.HELP":
            return b"*1\r\n+HELP\r\n"
        if name == "SESSIONS.SET":
            return b"-ERR syntax error: unknown option at argument 4; usage: SESSIONS.SET app token json\r\n"
        return b"-ERR unknown command 'SESSIONS.SAVE', with args beginning with: 'webapp' 'secret'\r\n"

    with a_program_that_replies(reply) as port:
        sessions = make.tcp(port, "webapp", protocol=2)
        for use in (lambda: sessions.save("x", {}), lambda: sessions.set("x", {"a": 1}, if_id="u")):
            with pytest.raises(NoModuleError, match="The sessions module in the Redis server is too old"):
                use()


@both
def test_commands_fail_while_the_server_is_away_and_work_when_it_is_back(make: Maker) -> None:
    with a_server() as server:
        sessions = make.single(server.path, "webapp")
        sessions.create("u1")
        server.stop()
        assert not replies(lambda: sessions.create("u1"))
        assert not replies(sessions.count)
        server.start()
        until("a reply again", lambda: replies(lambda: sessions.create("u1")))
        assert sessions.count_soid("u1") == 1


@both
def test_a_server_that_hangs_is_a_failure_after_the_clients_time_out(make: Maker) -> None:
    with a_server() as server:
        sessions = make.single(server.path, "webapp", socket_timeout=0.05)
        until("the first reply", lambda: replies(sessions.count))
        server.process.send_signal(SIGSTOP)
        try:
            for use in (lambda: sessions.create("u1"), lambda: sessions.get("x"), sessions.count):
                with pytest.raises(UnavailableError):
                    use()
        finally:
            server.process.send_signal(SIGCONT)
        until("a reply again", lambda: replies(sessions.count))


def shown(error: BaseException) -> str:
    """All that a log or a report of the error could show, with its chain."""
    text = "".join(traceback.TracebackException.from_exception(error).format())
    related = (error.args, error.__dict__, error.__cause__, error.__context__)
    return text + repr(error) + repr(related)


@both
def test_no_error_shows_a_token(make: Maker, server: Server, app: str) -> None:
    sessions = make.single(server.path, app)
    token = sessions.create("u1")
    odd = "a" * 64
    server.ask(f"SET rs:{app}:{odd} x")
    for use in (
        lambda: sessions.touch(token, ttl=-1),
        lambda: sessions.set(token, {}),
        lambda: sessions.get(odd),
        lambda: sessions.set(token, {"a": {1}}),
    ):
        with pytest.raises((SessionsError, TypeError)) as caught:
            use()
        assert token not in shown(caught.value)
        assert odd not in shown(caught.value)


@both
def test_no_error_of_a_server_without_the_module_shows_a_token(make: Maker) -> None:
    token = "b" * 64
    with a_server(module=False) as server:
        sessions = make.single(server.path, "webapp")
        with pytest.raises(NoModuleError) as caught:
            sessions.get(token)
        assert token not in shown(caught.value)
    with pytest.raises(UnavailableError) as away:
        sessions.get(token)
    assert token not in shown(away.value)


@both
def test_a_server_without_the_module_is_named_to_a_user_who_may_not_ask_for_its_version(make: Maker) -> None:
    token = "d" * 64
    with a_server(module=False) as server:
        server.ask("ACL SETUSER shop on >pass ~* +@all -info")
        sessions = make.single(server.path, "webapp", username="shop", password="pass")
        with pytest.raises(NoModuleError, match="has no SESSIONS commands") as caught:
            sessions.get(token)
        assert token not in shown(caught.value)


@pytest.mark.parametrize(
    ("failure", "kind", "code"),
    [
        (RedisClusterException("No targets were found to execute ('SESSIONS.GET', b'secret')"), UnavailableError, None),
        (RedisError("SESSIONS.GET command doesn't exist in Redis commands"), NoModuleError, "NOMODULE"),
        (
            ResponseError("unknown command 'SESSIONS.GET', with args beginning with: 'secret'"),
            NoModuleError,
            "NOMODULE",
        ),
        (ClusterError("TTL exhausted."), TryAgainError, "TRYAGAIN"),
        (BusyLoadingError("Redis is loading the dataset in memory"), SessionsError, "LOADING"),
        (OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), SessionsError, "OOM"),
        (ReadOnlyError("You can't write against a read only replica."), SessionsError, "READONLY"),
        (AuthenticationError("Authentication required."), SessionsError, "NOAUTH"),
        (ResponseError("UNBLOCKED force unblock from blocking operation"), SessionsError, "UNBLOCKED"),
        (ResponseError("internal error"), SessionsError, "ERR"),
        (redis.exceptions.TimeoutError(), UnavailableError, None),
        (ConnectionResetError("secret"), UnavailableError, None),
        (TimeoutError(), UnavailableError, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_redis_py_raises_is_an_error_of_ours_with_a_code_and_without_arguments(
    failure: Exception, kind: type[SessionsError], code: str | None
) -> None:
    error = translated(failure)
    assert (type(error), error.code) == (kind, code or "UNAVAILABLE")
    assert "secret" not in str(error)
    assert str(error)
    if code not in (None, "NOMODULE"):
        assert str(error).startswith(f"{code} ")


def test_no_error_of_a_cluster_that_is_away_shows_a_token() -> None:
    token = "c" * 64
    with ExitStack() as stack:
        makers = [stack.enter_context(maker(kind)) for kind in USUAL]
        with a_cluster() as nodes:
            made = [make.cluster(nodes[0].port, "webapp") for make in makers]
            assert [sessions.get(token) for sessions in made] == [None, None]
        for sessions in made:
            for use in (lambda sessions=sessions: sessions.get(token), sessions.count):
                with pytest.raises(UnavailableError) as caught:
                    use()
                assert token not in shown(caught.value)


def test_a_session_does_not_show_its_token() -> None:
    session = Session(sid="0123", r=1, w=1, ttl=60, idle=0, token="secret")
    assert session.token == "secret"
    assert "secret" not in repr(session)


@both
def test_a_user_without_permission_gets_an_error_of_its_own(make: Maker, server: Server) -> None:
    server.ask("ACL SETUSER shop on >pass ~rs:shop:* +@all")
    login = {"username": "shop", "password": "pass"}
    make.single(server.path, "shop", **login).create("u1")
    with pytest.raises(NoPermissionError) as caught:
        make.single(server.path, "other", **login).create("u1")
    assert caught.value.code == "NOPERM"
    assert str(caught.value).startswith("NOPERM ")


def test_what_is_no_client_is_a_type_error_at_once() -> None:
    waiting, awaited = redis.Redis(), redis.asyncio.Redis()
    for client in (None, {}, "redis://", object(), waiting.pipeline(), redis.Redis):
        with pytest.raises(TypeError, match="^client must be a redis.Redis"):
            Sessions(client, app="webapp")  # type: ignore[arg-type]
    for client in (None, {}, awaited.pipeline()):
        with pytest.raises(TypeError, match="^client must be a redis.asyncio.Redis"):
            AsyncSessions(client, app="webapp")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="use AsyncSessions$"):
        Sessions(awaited, app="webapp")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="use Sessions$"):
        AsyncSessions(waiting, app="webapp")  # type: ignore[arg-type]


@pytest.mark.parametrize("app", ["", "a b", "ä", "x" * 65, None, 1, "a\n"])
def test_an_app_of_another_form_is_a_value_error_at_once(app: Any) -> None:
    with pytest.raises(ValueError, match="^app must be a str of 1 to 64"):
        Sessions(redis.Redis(), app=app)


def test_errors_can_be_pickled_as_task_queues_do() -> None:
    for name in sessions_for_redis.__all__:
        kind = getattr(sessions_for_redis, name)
        if inspect.isclass(kind) and issubclass(kind, SessionsError):
            copy = pickle.loads(pickle.dumps(kind("text", "CODE")))
            assert (type(copy), str(copy), copy.code) == (kind, "text", "CODE")


def test_both_classes_have_the_same_methods_with_the_same_arguments() -> None:
    for name, method in inspect.getmembers(Sessions, inspect.isfunction):
        if name.startswith("_"):
            continue
        other = getattr(AsyncSessions, name)
        assert inspect.signature(method) == inspect.signature(other), name
        assert method.__doc__ == other.__doc__
        assert method.__doc__, name
    assert list(inspect.signature(Sessions.kill_soid).parameters) == ["self", "id", "except_", "only"]
