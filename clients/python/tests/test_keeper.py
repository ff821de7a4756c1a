"""What the frameworks share: what is stored of a session, when, and under which token."""

import asyncio
from typing import Any

import pytest
from support.clients import USUAL, Maker
from support.server import Server

from sessions_for_redis import ConflictError, LimitError, SessionsError, UnavailableError
from sessions_for_redis._before import moved_value
from sessions_for_redis._cookies import SignedForm, cookie_value, form
from sessions_for_redis._keeper import Keeper
from sessions_for_redis._loaded import Device, Loaded, Saving, device
from sessions_for_redis._options import Options

FORMS: list[dict[str, Any]] = [
    {"cookie": "token"},
    {"cookie": "sha256"},
    {"cookie": "signed", "secrets": ["new", "old"]},
]


def user(data: Any) -> object:
    return data.get("user")


class Store:
    """A keeper with its sessions; each function takes its steps to the end."""

    def __init__(self, sessions: Any, **options: Any) -> None:
        self.sessions = sessions
        self.sender = getattr(sessions, "awaited", sessions).sender
        self._loop = getattr(sessions, "loop", None)
        self.options = Options(**options)
        self.keeper = Keeper(sessions.site, self.options, user)

    def run(self, steps: Any) -> Any:
        taken = self.sender.run(steps)
        return self._loop.run_until_complete(taken) if self._loop else taken

    def read(self, value: str | None) -> tuple[Loaded, dict[str, Any]]:
        found = self.run(self.keeper.read(value))
        assert found is not None
        return found[0], found[1].d

    def is_there(self, value: str | None) -> bool:
        return self.run(self.keeper.read(value)) is not None

    def save(self, loaded: Loaded, data: dict[str, Any], ttl: int = 600, **saving: Any) -> bool:
        client = device(saving.pop("ip", None), saving.pop("ua", None))
        saved = self.run(self.keeper.save(loaded, Saving(data=data, ttl=ttl, device=client, **saving)))
        assert isinstance(saved, bool)
        return saved

    def made(self, data: dict[str, Any], **saving: Any) -> str:
        loaded = self.keeper.fresh()
        assert self.save(loaded, data, **saving)
        assert loaded.value
        return loaded.value

    def stored(self, value: str) -> Any:
        return self.sessions.peek(form(self.options.cookie, self.options.secrets).token(value))


@pytest.fixture(params=FORMS, ids=lambda options: options["cookie"])
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


@pytest.fixture
def store(make: Maker, server: Server, app: str, options: dict[str, Any]) -> Store:
    return Store(make.single(server.path, app), **options)


both = pytest.mark.parametrize("make", USUAL, indirect=True, ids=lambda kind: kind.name)


class Asked:
    """How many commands the server got, by name."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = self._counts()

    def _counts(self) -> dict[str, int]:
        lines = self._server.ask("INFO commandstats").splitlines()
        pairs = (line.partition(":calls=") for line in lines if line.startswith("cmdstat_sessions."))
        return {name.removeprefix("cmdstat_sessions."): int(rest.partition(",")[0]) for name, _, rest in pairs}

    def since(self) -> dict[str, int]:
        now = self._counts()
        counts = {name: now[name] - self._before.get(name, 0) for name in now}
        self._before = now
        return {name: count for name, count in counts.items() if count}


@both
def test_a_session_is_made_at_its_first_save_and_read_by_its_cookie(store: Store, server: Server) -> None:
    value = store.made({"a": 1, "b": None}, ip="203.0.113.7", ua="test")
    loaded, data = store.read(value)
    assert data == {"a": 1, "b": None}
    assert (loaded.value, loaded.is_new, loaded.stored_id, loaded.ttl) == (value, False, "", 600)
    stored = store.stored(value)
    assert (stored.ip, stored.ua, stored.id) == ("203.0.113.7", "test", None)
    assert not store.is_there(None)
    for foreign in ("", "x", "0" * 64, "s:x.y", "ä\udc80", "%ff%"):
        assert not store.is_there(foreign)
    if store.options.cookie != "sha256":
        # What cannot be a session's costs no command.
        asked = Asked(server)
        assert not store.is_there("x")
        assert asked.since() == {}


@both
def test_two_requests_that_change_different_keys_lose_nothing(store: Store) -> None:
    value = store.made({"a": 1, "b": 1, "c": 1})
    (one, first), (two, second) = store.read(value), store.read(value)
    first["a"] = 2
    del first["c"]
    second["b"] = {"deep": [1]}
    assert store.save(one, first)
    assert store.save(two, second)
    assert store.read(value)[1] == {"a": 2, "b": {"deep": [1]}}


@both
def test_an_untouched_number_is_no_change_and_an_unchanged_session_is_not_written(store: Store, server: Server) -> None:
    value = store.made({"a": 1})
    token = store.stored(value) and form(store.options.cookie, store.options.secrets).token(value)
    text = '{"big":12345678901234567890,"one":1.0,"e":1E2,"long":0.12345678901234567890123}'
    server.ask(
        f"SESSIONS.SAVE {store.sessions.app} {token} {text} XX".replace('"', r"\"")
        .replace("{", '"{')
        .replace("}", '}"')
    )
    asked = Asked(server)
    loaded, data = store.read(value)
    assert store.save(loaded, data)
    assert asked.since() == {"get": 1}
    data["new"] = 1
    assert store.save(loaded, data)
    shown = server.ask(f"SESSIONS.PEEK {store.sessions.app} {token} JSON")
    assert '"big":12345678901234567890,"one":1.0,"e":1E2,"long":0.12345678901234567890123,"new":1' in shown


@both
def test_another_time_out_alone_is_a_touch(store: Store, server: Server) -> None:
    value = store.made({"a": 1})
    loaded, data = store.read(value)
    asked = Asked(server)
    assert store.save(loaded, data, ttl=900)
    assert store.save(loaded, data, ttl=900)
    assert asked.since() == {"touch": 1}
    assert store.stored(value).ttl == 900
    assert store.save(loaded, {**data, "b": 1}, ttl=60)
    assert store.stored(value).ttl == 60


@both
def test_a_session_that_has_ended_stays_dead_whatever_is_saved(store: Store) -> None:
    for change in ({"b": 1}, {"b": None}):
        value = store.made({"a": 1})
        loaded, data = store.read(value)
        store.sessions.kill_all()
        assert store.save(loaded, {**data, **change}) is False
        assert store.sessions.count() == 0
    value = store.made({"a": 1})
    loaded, _ = store.read(value)
    store.sessions.kill_all()
    assert store.save(loaded, {}) is False
    assert store.save(loaded, {"a": 1}, ttl=60) is False
    assert store.run(store.keeper.renew(loaded)) is False
    assert store.sessions.count() == 0


@both
def test_a_null_and_an_empty_session_are_stored_whole_and_others_changes_stay(store: Store) -> None:
    value = store.made({"a": 1, "b": 1})
    (one, first), (two, second) = store.read(value), store.read(value)
    assert store.save(one, {**first, "c": 3})
    assert store.save(two, {**second, "a": None})
    assert store.read(value)[1] == {"a": None, "b": 1, "c": 3}
    loaded, _ = store.read(value)
    assert store.save(loaded, {})
    assert store.read(value)[1] == {}
    assert store.save(loaded, {"again": 1})
    assert store.read(value)[1] == {"again": 1}


@both
def test_a_whole_write_tries_three_times_and_then_gives_up(store: Store) -> None:
    value = store.made({"a": 1})
    loaded, data = store.read(value)
    steps = store.keeper.save(loaded, Saving(data={**data, "b": None}, ttl=600))
    names = []
    call = next(steps)
    with pytest.raises(ConflictError):
        for number in range(10):
            names.append(call.name.removeprefix("SESSIONS."))
            if call.name == "SESSIONS.SAVE":
                other, others = store.read(value)
                assert store.save(other, {**others, "n": number})
            try:
                result = store.run(one_call(call))
            except ConflictError as error:
                call = steps.throw(error)
            else:
                call = steps.send(result)
    assert names == ["SAVE", "PEEK", "SAVE", "PEEK", "SAVE"]


def one_call(call: Any) -> Any:
    return (yield call)


@both
def test_a_log_in_gets_a_new_token_with_the_cart_and_the_old_one_is_dead(store: Store) -> None:
    visitor = store.made({"cart": [1], "gone": 1}, ip="203.0.113.7")
    (loaded, data), (slow, slows) = store.read(visitor), store.read(visitor)
    other, others = store.read(visitor)
    assert store.save(other, {**others, "seen": 1})
    del data["gone"]
    assert store.save(loaded, {**data, "user": "ann", "nothing": None})
    assert loaded.value != visitor
    assert not store.is_there(visitor)
    again, now = store.read(loaded.value)
    assert now == {"cart": [1], "seen": 1, "user": "ann", "nothing": None}
    assert again.stored_id == "ann"
    assert [session.id for session in store.run(store.keeper.sessions_of("ann"))] == ["ann"]
    # The request that began before the log-in changes nothing after it.
    assert store.save(slow, {**slows, "cart": []}) is False
    assert store.read(loaded.value)[1] == now
    assert store.save(loaded, {**now, "more": 1})
    assert store.read(loaded.value)[1] == {**now, "more": 1}


@both
def test_a_log_in_whose_visitor_was_ended_meanwhile_begins_with_its_own_data(store: Store) -> None:
    value = store.made({"secret": 1, "cart": 1})
    loaded, data = store.read(value)
    store.sessions.kill_all()
    data = {**data, "user": "ann", "cart": 2}
    assert store.save(loaded, data)
    assert loaded.value != value
    assert store.read(loaded.value)[1] == {"user": "ann", "cart": 2}
    # A later write does not bring the rest back, not even a whole one.
    assert store.save(loaded, {**data, "nothing": None})
    assert store.read(loaded.value)[1] == {"user": "ann", "cart": 2, "nothing": None}
    assert store.sessions.count() == store.sessions.count_soid("ann") == 1


@both
def test_a_log_in_that_is_sent_twice_logs_in(store: Store) -> None:
    visitor = store.made({"cart": 1})
    (one, first), (two, second) = store.read(visitor), store.read(visitor)
    assert store.save(one, {**first, "user": "ann"})
    assert store.save(two, {**second, "user": "ann"})
    assert store.read(two.value)[1]["user"] == "ann"
    if store.options.cookie == "token":
        # The server knows that it is the same one.
        assert one.value == two.value
        assert store.read(two.value)[1] == {"cart": 1, "user": "ann"}
    assert not store.is_there(visitor)
    thief, stolen = store.keeper.fresh(), {"user": "mallory"}
    assert store.save(thief, stolen)
    assert store.read(one.value)[1]["user"] == "ann"


def killed_in_vain(store: Store, steps: Any) -> Any:
    """Takes steps to their end with a server that is away when a session is to be killed."""
    call = next(steps)
    with pytest.raises(StopIteration) as end:
        while True:
            if call.name == "SESSIONS.KILL":
                call = steps.throw(UnavailableError("away", "UNAVAILABLE"))
            else:
                call = steps.send(store.run(one_call(call)))
    return end.value.value


@both
def test_if_the_visitors_session_cannot_be_killed_it_stays_a_visitors(
    make: Maker, server: Server, cluster: list[Server], app: str, options: dict[str, Any]
) -> None:
    is_token = options["cookie"] == "token"
    sessions = make.cluster(cluster[0].port, app) if is_token else make.single(server.path, app)
    store = Store(sessions, **options)
    visitor = store.made({"cart": 1})
    loaded, data = store.read(visitor)
    assert killed_in_vain(store, store.keeper.save(loaded, Saving(data={**data, "user": "ann"}, ttl=600))) is True
    assert store.read(loaded.value)[1] == {"cart": 1, "user": "ann"}
    assert store.read(visitor)[1] == {"cart": 1}
    assert store.sessions.count_soid("ann") == 1


@both
def test_a_session_that_another_program_renewed_is_found_by_its_old_token_and_gets_the_new_cookie(
    make: Maker, server: Server, app: str
) -> None:
    store = Store(make.single(server.path, app))
    value = store.made({"a": 1})
    present = store.sessions.rotate(value, grace=20)
    loaded, data = store.read(value)
    assert (loaded.value, data) == (present, {"a": 1})
    assert store.save(loaded, {"a": 2})


@both
def test_a_session_that_was_never_stored_needs_no_end(store: Store, server: Server) -> None:
    asked = Asked(server)
    assert store.run(store.keeper.end(store.keeper.fresh())) is False
    assert asked.since() == {}


@both
def test_false_and_an_empty_text_are_nobody(store: Store) -> None:
    for nobody in (False, "", None):
        value = store.made({"user": nobody})
        assert store.stored(value).id is None
    assert store.stored(store.made({"user": 0})).id == "0"


@both
def test_a_log_out_that_keeps_the_session_makes_it_anonymous(store: Store) -> None:
    value = store.made({"user": 7, "cart": 1})
    loaded, data = store.read(value)
    assert store.sessions.count_soid("7") == 1
    del data["user"]
    assert store.save(loaded, data)
    assert loaded.value == value
    assert store.sessions.count_soid("7") == 0
    assert store.read(value)[1] == {"cart": 1}
    assert store.save(loaded, {**data, "cart": 2})


@both
def test_a_user_that_another_program_gave_the_session_stays(store: Store) -> None:
    value = store.made({"a": 1})
    store.sessions.save(
        form(**{"name": store.options.cookie, "secrets": store.options.secrets}).token(value),
        {"a": 1},
        xx=True,
        id="ann",
    )
    loaded, data = store.read(value)
    assert store.save(loaded, {**data, "b": None})
    assert store.save(loaded, {**data, "b": 2})
    assert store.stored(value).id == "ann"


@both
def test_a_request_from_before_a_log_in_that_another_program_did_changes_nothing(store: Store) -> None:
    value = store.made({"a": 1})
    loaded, data = store.read(value)
    token = form(store.options.cookie, store.options.secrets).token(value)
    assert store.sessions.save(token, {"a": 1, "user": "ann"}, xx=True, id="ann") == 1
    for change in ({"b": 1}, {"b": None}):
        assert store.save(loaded, {**data, **change}) is False
    assert store.read(value)[1] == {"a": 1, "user": "ann"}
    if store.options.cookie != "token":
        assert store.save(loaded, {**data, "user": "bob"})
        assert store.read(value)[1] == {"a": 1, "user": "ann"}
        assert store.read(loaded.value)[1] == {"user": "bob"}


@both
def test_a_cookie_value_that_is_taken_makes_no_session(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    if store.options.cookie == "token":
        return  # The server draws it.
    value = store.made({"a": 1})
    monkeypatch.setattr(type(store.keeper.form), "draw", lambda form: value)
    with pytest.raises(SessionsError) as caught:
        store.made({"b": 1})
    assert caught.value.code == "EXISTS"
    assert store.read(value)[1] == {"a": 1}


@both
def test_a_session_of_another_store_is_taken_over_once(store: Store) -> None:
    value = moved_value(store.keeper.form, "the cookie of before")
    saving = Saving(data={"a": 1, "user": "ann"}, ttl=600, device=Device("::1", "test"))
    assert store.run(store.keeper.take_over(value, saving)) is True
    loaded, data = store.read(value)
    assert store.save(loaded, {**data, "a": 2})
    assert store.run(store.keeper.take_over(value, saving)) is False
    assert store.read(value)[1] == {"a": 2, "user": "ann"}
    [session] = store.run(store.keeper.sessions_of("ann"))
    assert (session.ip, session.ua) == ("::1", "test")


@both
def test_another_user_in_the_same_session_gets_another_token(store: Store) -> None:
    value = store.made({"user": "ann"})
    loaded, data = store.read(value)
    assert store.save(loaded, {**data, "user": "bob"})
    assert loaded.value != value
    assert not store.is_there(value)
    assert (store.sessions.count_soid("ann"), store.sessions.count_soid("bob")) == (0, 1)


@both
def test_the_others_of_a_user_whom_another_framework_has_logged_in_are_ended(store: Store) -> None:
    value = store.made({"cart": 1})
    token = store.keeper.form.token(value)
    store.sessions.save(token, {"cart": 1}, xx=True, id="ann")
    store.sessions.create("ann")
    loaded, data = store.read(value)
    assert store.run(store.keeper.end_others(loaded, data)) == 1
    assert store.is_there(value)
    loaded.owner = "ann"
    assert store.run(store.keeper.end_others(loaded, data)) == 0, "this request has logged the user out"


@both
def test_the_others_and_all_sessions_of_a_user_are_ended(store: Store) -> None:
    values = [store.made({"user": "ann", "n": number}) for number in range(3)]
    loaded, data = store.read(values[0])
    assert store.run(store.keeper.end_others(loaded, data)) == 2
    assert [store.is_there(value) for value in values] == [True, False, False]
    assert store.run(store.keeper.end_others(loaded, {})) == 0
    [session] = store.run(store.keeper.sessions_of("ann"))
    assert session.d == {}
    assert store.run(store.keeper.end_all("ann", "0" * 16)) == 0
    assert store.run(store.keeper.end_all("ann", session.sid)) == 1
    store.made({"user": "ann"})
    assert store.run(store.keeper.end_all("ann", None)) == 1


@both
def test_max_ends_the_idlest_and_reject_refuses_the_log_in(
    make: Maker, server: Server, app: str, options: dict[str, Any]
) -> None:
    sessions = make.single(server.path, app)
    store = Store(sessions, max=2, lifetime=3600, **options)
    values = [store.made({"n": number}) for number in range(3)]
    for value in values:
        loaded, data = store.read(value)
        assert store.save(loaded, {**data, "user": 7})
    assert sessions.count_soid(7) == 2
    assert all(session.until for session in sessions.soid(7))
    short = Store(sessions, **options)
    loaded, data = store.read(short.made({"n": 0}))
    assert store.save(loaded, {**data, "user": 8})
    assert sessions.soid(8)[0].until
    refusing = Store(sessions, max=2, reject=True, **options)
    value = refusing.made({"n": 4})
    loaded, data = refusing.read(value)
    with pytest.raises(LimitError):
        refusing.save(loaded, {**data, "user": 7})
    with pytest.raises(LimitError):
        refusing.made({"user": 7})
    assert refusing.read(value)[1] == {"n": 4}


@both
def test_a_renewed_session_is_the_same_under_another_cookie(store: Store) -> None:
    value = store.made({"user": "ann", "a": 1}, ip="203.0.113.7", lifetime=1000)
    loaded, data = store.read(value)
    assert store.run(store.keeper.renew(loaded))
    assert loaded.value not in (None, value)
    assert not store.is_there(value)
    stored = store.stored(loaded.value or "")
    assert (stored.id, stored.d, stored.ip, stored.ttl) == ("ann", data, "203.0.113.7", 600)
    assert stored.until is not None
    assert store.save(loaded, {**data, "b": 1})
    assert store.run(store.keeper.renew(store.keeper.fresh()))


@both
@pytest.mark.parametrize("reject", [False, True])
def test_a_renewed_session_does_not_count_as_one_more(
    make: Maker, server: Server, app: str, options: dict[str, Any], reject: bool
) -> None:
    store = Store(make.single(server.path, app), max=2, reject=reject, **options)
    first, second = store.made({"user": "ann", "n": 1}), store.made({"user": "ann", "n": 2})
    for value in (first, second):
        loaded, data = store.read(value)
        assert store.run(store.keeper.renew(loaded))
        assert store.read(loaded.value)[1] == data
    assert store.sessions.count_soid("ann") == 2


@both
def test_a_log_in_gets_another_cookie_where_sessions_are_nobodys(
    make: Maker, server: Server, app: str, options: dict[str, Any]
) -> None:
    store = Store(make.single(server.path, app), id=False, **options)
    planted = store.made({"cart": 1})
    loaded, data = store.read(planted)
    assert store.save(loaded, {**data, "user": "ann"})
    assert not store.is_there(planted)
    mine = loaded.value or ""
    assert store.read(mine)[1] == {"cart": 1, "user": "ann"}
    assert store.stored(mine).id is None
    assert store.save(loaded, {**data, "user": "ann", "cart": 2})
    assert loaded.value == mine, "a log-in alone changes it"
    loaded, data = store.read(mine)
    store.sessions.kill_all()
    assert store.save(loaded, {"user": "bob"}) is False
    assert store.sessions.count() == 0


@both
@pytest.mark.parametrize("is_log_in", [False, True], ids=["renew", "log-in"])
def test_after_another_cookie_nothing_of_other_requests_is_lost(store: Store, is_log_in: bool) -> None:
    value = store.made({"a": 1})
    (loaded, data), (other, others) = store.read(value), store.read(value)
    assert store.save(other, {**others, "b": 2})
    if is_log_in:
        data["user"] = "ann"
        assert store.save(loaded, data)
    else:
        assert store.run(store.keeper.renew(loaded))
    assert store.save(loaded, {**data, "a": None})
    assert store.read(loaded.value)[1] == {**data, "a": None, "b": 2}


@both
def test_a_time_out_of_nothing_ends_the_session(store: Store) -> None:
    value = store.made({"a": 1})
    loaded, data = store.read(value)
    assert store.save(loaded, data, ttl=0) is False
    assert not store.is_there(value)
    assert store.save(store.keeper.fresh(), {"a": 1}, ttl=-1) is False
    assert store.sessions.count() == 0


@both
def test_a_session_that_use_does_not_extend_keeps_its_end(store: Store) -> None:
    value = store.made({"a": 1}, no_resave=True, ttl=100)
    loaded, data = store.read(value)
    assert loaded.is_fixed
    # Another program, which does not know of it.
    assert store.save(loaded, {**data, "b": 1}, ttl=600)
    assert store.save(loaded, {**data, "b": None}, ttl=600)
    assert store.stored(value).ttl <= 100
    # The one that made it so sets its end each time that it saves.
    assert store.save(loaded, {**data, "c": 1}, ttl=600, no_resave=True)
    assert 100 < store.stored(value).ttl <= 600
    sliding = store.made({"a": 1}, ttl=600)
    loaded, data = store.read(sliding)
    assert store.save(loaded, {**data, "b": 1}, ttl=600, no_resave=True)
    assert store.stored(sliding).no_resave is True


@both
def test_without_merge_the_request_stores_all_that_it_has(
    make: Maker, server: Server, app: str, options: dict[str, Any]
) -> None:
    store = Store(make.single(server.path, app), merge=False, **options)
    value = store.made({"a": 1})
    (one, first), (two, second) = store.read(value), store.read(value)
    assert store.save(one, {**first, "b": 1})
    assert store.save(two, {**second, "c": 1})
    assert store.read(value)[1] == {"a": 1, "c": 1}
    loaded, data = store.read(value)
    assert store.save(loaded, {**data, "user": "ann"})
    assert store.read(loaded.value)[1] == {"a": 1, "c": 1, "user": "ann"}
    loaded, data = store.read(loaded.value)
    store.sessions.kill_all()
    assert store.save(loaded, {**data, "d": 1}) is False
    assert store.sessions.count() == 0


@both
def test_what_is_stored_opens_no_session_of_a_hashed_form(store: Store) -> None:
    value = store.made({"a": 1})
    [session] = store.sessions.soapp(0, with_tokens=True)
    assert store.is_there(session.token) == (store.options.cookie == "token")
    assert (session.token == value) == (store.options.cookie == "token")


@both
def test_in_a_cluster_a_log_in_gets_another_cookie_in_each_form(
    make: Maker, cluster: list[Server], app: str, options: dict[str, Any]
) -> None:
    store = Store(make.cluster(cluster[0].port, app), **options)
    planted = store.made({"cart": 1})
    loaded, data = store.read(planted)
    assert store.save(loaded, {**data, "user": "ann"})
    assert not store.is_there(planted)
    assert store.read(loaded.value)[1] == {"cart": 1, "user": "ann"}


@both
def test_in_a_cluster_tokens_of_the_store_move_a_log_in_to_the_users_slot(
    make: Maker, cluster: list[Server], app: str
) -> None:
    sessions = make.cluster(cluster[0].port, app)
    store = Store(sessions, max=2)
    loaded, data = store.keeper.fresh(), {}
    for number in range(3):
        value = store.made({"cart": number, "null": None})
        loaded, data = store.read(value)
        other, others = store.read(value)
        assert store.save(other, {**others, "seen": 1})
        assert store.save(loaded, {**data, "user": "ann"})
        assert not store.is_there(value)
        assert store.read(loaded.value)[1] == {"cart": number, "null": None, "seen": 1, "user": "ann"}
    assert sessions.count_soid("ann") == 2
    loaded, data = store.read(loaded.value)
    assert store.run(store.keeper.end_others(loaded, data)) == 1
    assert store.run(store.keeper.renew(loaded))
    del data["user"]
    assert store.save(loaded, data)
    assert sessions.count_soid("ann") == 0
    assert sessions.count() == 1


@both
def test_in_a_cluster_a_visitors_session_that_ended_during_a_log_in_stays_dead(
    make: Maker, cluster: list[Server], app: str
) -> None:
    store = Store(make.cluster(cluster[0].port, app))
    loaded, data = store.read(store.made({"cart": 1}))
    visitor = loaded.token
    steps = store.keeper.save(loaded, Saving(data={**data, "user": "ann"}, ttl=600))
    call = next(steps)
    with pytest.raises(StopIteration) as end:
        while True:
            if call.name == "SESSIONS.CREATE":
                store.sessions.kill(visitor)
            call = steps.send(store.run(one_call(call)))
    assert end.value.value is True
    assert store.read(loaded.value)[1] == {"user": "ann"}
    assert store.sessions.count() == 1


@both
def test_in_a_cluster_the_hashed_forms_have_no_users(make: Maker, cluster: list[Server], app: str) -> None:
    sessions = make.cluster(cluster[0].port, app)
    with pytest.raises(ValueError, match="`id` cannot be used in a cluster"):
        Store(sessions, cookie="sha256", id=user)
    store = Store(sessions, cookie="sha256")
    loaded, data = store.read(store.made({"a": 1}))
    assert store.save(loaded, {**data, "user": "ann"})
    assert store.run(store.keeper.renew(loaded))
    assert store.read(loaded.value)[1] == {"a": 1, "user": "ann"}
    assert sessions.count_soid("ann") == 0


def test_the_signed_form_reads_what_express_session_and_fastify_write() -> None:
    # Made with Node.js: sign("AbC-_74", …) of cookie-signature.
    first = "AbC-_74.I/GByb2CUzvt2GntDeAczU/OxRFtS8eOLimduXNDN+U"
    second = "AbC-_74.RTmb5Mpr+F2fdme9GYY9XIKZ2KQ8LiCUJC/Bbp+EF7o"
    both_secrets = SignedForm(["first secret", "second secret"])
    token = "759be9068cdd84d169c0053f016071d4b7d8c911461f6e55d827851f85736d04"
    for text in (first, second):
        escaped = text.replace("+", "%2B").replace("/", "%2f")
        for value in (text, f"s:{text}", f"s%3A{escaped}", f"s%3a{escaped}", escaped):
            assert both_secrets.token(value) == token
    start, _, signature = first.rpartition(".")
    for value in (
        "",
        ".",
        "s:",
        "s:.",
        start,
        f"{start}.",
        f"{start}.{signature}=",
        f"{start}2.{signature}",
        f".{signature}",
    ):
        assert both_secrets.token(value) is None
    assert SignedForm(["another"]).token(first) is None
    drawn = SignedForm(["second secret", "x"]).draw()
    assert drawn.startswith("s%3A")
    assert both_secrets.token(drawn) == both_secrets.token(drawn.replace("s%3A", "", 1))
    assert SignedForm(["x"]).token(drawn) is None
    assert "first" not in repr(both_secrets)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["sid=x"], "x"),
        (["a=1; sid=x"], "x"),
        (["a=1", " sid = x ;c=3"], "x"),
        (['sid="x"'], "x"),
        (["SID=y; xsid=y; a=sid=y; sid=x"], "x"),
        (["sid=a=b=="], "a=b=="),
        (["sid=x; sid=x"], "x"),
        (["sid=x", "sid=y"], None),
        (["sid=; sid=x"], None),
        (["sid"], None),
        (['sid=""'], None),
        ([], None),
    ],
)
def test_a_cookie_is_found_by_its_whole_name_and_two_values_are_none(headers: list[str], expected: str | None) -> None:
    assert cookie_value([header.encode() for header in headers], "sid") == expected


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"ttl": 0}, "ttl must be"),
        ({"ttl": 1.5}, "ttl must be"),
        ({"ttl": None}, "ttl must be a whole number from 1 to 315360000"),
        ({"lifetime": 315_360_001}, "lifetime must be a whole number from 1 to 315360000"),
        ({"max": 101}, "max must be a whole number from 1 to 100"),
        ({"max": 1, "reject": "no"}, "reject must be True or False"),
        ({"merge": None}, "merge must be True or False"),
        ({"id": "user"}, "id must be a function, without async"),
        ({"id": True}, "id must be a function, without async"),
        ({"id": asyncio.sleep}, "id must be a function, without async"),
        ({"lifetime": -1}, "lifetime must be"),
        ({"max": True}, "max must be"),
        ({"reject": True}, "reject requires max"),
        ({"cookie": "plain"}, "cookie must be"),
        ({"cookie": "signed"}, "requires secrets"),
        ({"cookie": "signed", "secrets": "text"}, "requires secrets"),
        ({"secrets": ["x"]}, "only the cookie form signed"),
    ],
)
def test_wrong_options_are_value_errors_at_the_start(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Options(**given)


def test_odd_addresses_and_agents_do_not_stop_a_log_in() -> None:
    assert device("1.2.3.4\r\n\x00" + "x" * 99, "agent") == ("1.2.3.4" + "x" * 57, "agent")
    # The frameworks read a header as Latin-1.
    assert device(None, "Zoë".encode().decode("latin-1")).ua == "Zoë"
    assert [device(None, text).ua for text in ("Zoë", "日本", "\ud800")] == ["Zoë", "日本", "\ud800"]
    assert device(None, "") == (None, None)
