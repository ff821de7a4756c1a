"""What JSON cannot hold is refused by name before anything is sent."""

import datetime
import decimal
import uuid
from typing import Any

import pytest
from support.clients import USUAL, Maker
from support.server import Server

from sessions_for_redis._fields import fields_of


def loop() -> dict[str, Any]:
    made: dict[str, Any] = {"list": []}
    made["list"].append(made)
    return made


def levels(number: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(number - 1):
        made = {"a": made}
    return made


@pytest.mark.parametrize("make", USUAL, indirect=True, ids=lambda kind: kind.name)
def test_the_largest_numbers_and_the_deepest_data_are_stored(make: Maker, server: Server, app: str) -> None:
    sessions = make.single(server.path, app)
    data = {"a": levels(31), "n": [10**128 - 1, 1 - 10**127]}
    assert fields_of(data)
    assert sessions.get(sessions.create("u1", data=data)).d == data
    with pytest.raises(TypeError, match=r"a(\.a){31} is more than 32 levels deep"):
        fields_of({"a": levels(32)})


@pytest.mark.parametrize("make", USUAL, indirect=True, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"price": float("nan")}, "price is nan, which"),
        ({"price": [1, float("inf")]}, r"price\[1\] is inf, which"),
        ({"a": {"tags": {1}}}, r"a\.tags is a set, which"),
        ({"when": datetime.datetime(2026, 1, 1)}, "when is a datetime, which"),
        ({"day": datetime.date(2026, 1, 1)}, "day is a date, which"),
        ({"key": uuid.UUID(int=1)}, "key is a UUID, which"),
        ({"raw": b"secret"}, "raw is a bytes, which"),
        ({"sum": decimal.Decimal(1)}, "sum is a Decimal, which"),
        ({"call": print}, "call is a builtin_function_or_method, which"),
        ({"a": {1: 2}}, "a has a key that is a int"),
        ({1: 2}, "the data has a key that is a int"),
        ({"text": "\ud83d"}, "text contains half of a surrogate pair"),
        ({"\ud83d": 1}, "a key of the data contains half of a surrogate pair"),
        ({"n": [10**128]}, r"n\[0\] is a number of more than 128 characters"),
        ({"n": -(10**5000)}, "n is a number of more than 128 characters"),
        ({"a": levels(32)}, r"a(\.a){31} is more than 32 levels deep"),
        ({"a": levels(5000)}, "is more than 32 levels deep"),
        (loop(), r"list\[0\] is a reference to what contains it"),
        ([], "must be a dict, not a list"),
    ],
)
def test_data_that_json_cannot_hold_is_refused_by_name(
    make: Maker, server: Server, app: str, data: Any, text: str
) -> None:
    sessions = make.single(server.path, app)
    token = "0" * 64
    for use in (
        lambda: sessions.create("u1", data=data),
        lambda: sessions.set(token, data),
        lambda: sessions.save(token, data),
        lambda: sessions.rotate(token, data=data),
    ):
        with pytest.raises(TypeError, match=f"^session data: .*{text}") as caught:
            use()
        assert "secret" not in str(caught.value)
    assert sessions.count() == 0


@pytest.mark.parametrize("make", USUAL, indirect=True, ids=lambda kind: kind.name)
def test_an_argument_of_another_type_is_refused_by_name(make: Maker, server: Server, app: str) -> None:
    sessions = make.single(server.path, app)
    with pytest.raises(TypeError, match="^token must be a str or an int, not bytes$"):
        sessions.get(b"token")
    with pytest.raises(TypeError, match="^ttl must be a str or an int, not float$"):
        sessions.create("u1", ttl=1.5)
    with pytest.raises(TypeError, match="^id must be a str or an int, not UUID$"):
        sessions.soid(uuid.UUID(int=1))
