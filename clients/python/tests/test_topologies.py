"""Sentinel and a cluster: where commands go, and that whole-app calls cover all primaries."""

import re
import threading
from collections.abc import Iterator

import pytest
from support.clients import KINDS, USUAL, Maker
from support.server import Server, a_sentinel, a_server, until

from sessions_for_redis import CrossSlotError, SessionsError


@pytest.fixture(scope="module")
def sentinel() -> Iterator[Server]:
    with a_server(tcp=True) as watched, a_sentinel(watched) as started:
        yield started


def errors(node: Server, code: str) -> int:
    found = re.search(rf"errorstat_{code}:count=(\d+)", node.ask("INFO errorstats"))
    return int(found[1]) if found else 0


@pytest.mark.parametrize("make", [KINDS[0], KINDS[4]], indirect=True, ids=lambda kind: kind.name)
def test_in_a_cluster_commands_go_to_the_node_of_the_token_or_id_and_whole_app_calls_to_all(
    make: Maker, cluster: list[Server], app: str
) -> None:
    sessions = make.cluster(cluster[0].port, app)
    assert sessions.is_cluster is True
    assert sessions.count() == 0
    moved = sum(errors(node, "MOVED") for node in cluster)
    tokens = {}
    for number in range(30):
        id = f"u{number}"
        token = tokens[id] = sessions.create(id, data={"n": number})
        assert sessions.get(token).d["n"] == number
        assert sessions.set(token, {"n": number + 1}).w == 2
        assert sessions.count_soid(id) == 1
    visitors = make.cluster(cluster[0].port, f"{app}-visitors")
    for _ in range(30):
        visitors.create(None)
        sessions.create(None)
    assert sum(errors(node, "MOVED") for node in cluster) == moved
    for node in cluster:
        assert node.ask(f"SESSIONS.COUNT {app}-visitors") != ":0", "visitors spread"

    assert sessions.count() == 60
    assert sessions.activity(600) == 30
    assert sorted(sessions.users(600)) == sorted(tokens)
    listed = sessions.soapp(600, no_data=True)
    assert len(listed) == 60

    def each_once() -> bool:
        pages = [sessions.soapp(600, offset=offset, limit=20) for offset in range(0, 60, 20)]
        assert [len(page) for page in pages] == [20, 20, 20]
        return len({session.sid for page in pages for session in page}) == 60

    # The order moves when a second passes between two pages, or between two nodes of one.
    until("three pages that show each session once", each_once)
    # The users are in the order of the nodes.
    users = [id for offset in range(0, 30, 7) for id in sessions.users(600, offset=offset, limit=7)]
    assert len(set(users)) == 30

    for number in range(0, 30, 2):
        for node in cluster:
            for key in re.findall(r"rs:\S+", node.ask(f"KEYS *:{tokens[f'u{number}']}")):
                node.ask(f"HINCRBY {key} la {-number}")
    idle = [session.idle for session in sessions.soapp(600)]
    assert idle[-1] >= 28
    assert idle == sorted(idle)

    with pytest.raises(CrossSlotError):
        for number in range(30):
            sessions.rotate(tokens["u0"], id=f"other{number}")
    assert sessions.kill_soid("u7") == 1
    assert sessions.kill_all() == 59


@pytest.mark.parametrize("make", [KINDS[0], KINDS[4]], indirect=True, ids=lambda kind: kind.name)
def test_kill_all_is_sent_to_every_primary_and_the_error_says_what_was_done(
    make: Maker, cluster: list[Server], app: str
) -> None:
    sessions = make.cluster(cluster[0].port, app)
    for failing in cluster:
        for _ in range(30):
            sessions.create(None)
        left = int(failing.ask(f"SESSIONS.COUNT {app}")[1:])
        assert 0 < left < 30
        failing.ask("CONFIG SET min-replicas-to-write 1")
        try:
            with pytest.raises(SessionsError) as raised:
                sessions.kill_all()
        finally:
            failing.ask("CONFIG SET min-replicas-to-write 0")
        assert raised.value.code == "NOREPLICAS"
        done = f"(2 of 3 primaries ended {30 - left} sessions; repeat the call for the others)"
        assert str(raised.value).endswith(done)
        assert sessions.count() == left
        assert sessions.kill_all() == left


@pytest.mark.parametrize("make", USUAL, indirect=True, ids=lambda kind: kind.name)
def test_a_command_waits_while_its_hash_slot_moves(make: Maker, cluster: list[Server], app: str) -> None:
    sessions = make.cluster(cluster[0].port, app)
    slot = int(cluster[0].ask(f"CLUSTER KEYSLOT {app}")[1:])
    owner = cluster[int(slot / 5461.34)]
    target = next(node for node in cluster if node is not owner)
    names = {node: node.ask("CLUSTER MYID").split("\r\n")[1] for node in (owner, target)}
    token = sessions.create(app)
    before = errors(target, "TRYAGAIN")
    target.ask(f"CLUSTER SETSLOT {slot} IMPORTING {names[owner]}")
    owner.ask(f"CLUSTER SETSLOT {slot} MIGRATING {names[target]}")

    def end_the_move() -> None:
        # redis-py itself tries no more than 16 times.
        until("many refusals", lambda: errors(target, "TRYAGAIN") > before + 17)
        for node in (owner, target):
            node.ask(f"CLUSTER SETSLOT {slot} STABLE")

    mover = threading.Thread(target=end_the_move)
    mover.start()
    session = sessions.get(token)
    mover.join()
    assert session.id == app


@pytest.mark.parametrize("make", KINDS, indirect=True, ids=lambda kind: kind.name)
def test_sentinel_is_served(make: Maker, sentinel: Server, app: str) -> None:
    sessions = make.sentinel(sentinel.port, app)
    assert sessions.is_cluster is False
    token = sessions.create("u1", data={"a": 1})
    assert sessions.get(token).d == {"a": 1}
    assert sessions.kill_all() == 1
