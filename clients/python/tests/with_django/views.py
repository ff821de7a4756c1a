"""What the requests of the tests do.

The arguments of /write are JSON, and `hold` makes it wait in the middle.
"""

import asyncio
import json
from threading import Event
from typing import Any

from django.contrib.auth import aauthenticate, alogin, alogout, authenticate, login, logout
from django.http import HttpRequest, HttpResponse, JsonResponse


class Gate:
    """A request waits here until the test lets it continue."""

    def __init__(self) -> None:
        self.has_come = Event()
        self.may_go = Event()


gates: dict[str, Gate] = {}


def gate(name: str) -> Gate:
    return gates.setdefault(name, Gate())


def _wait(name: str) -> None:
    gate(name).has_come.set()
    assert gate(name).may_go.wait(60), "the test does not let the request go on"


def _written(request: HttpRequest) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in request.GET.items() if name != "hold"}


def read(request: HttpRequest) -> HttpResponse:
    return JsonResponse(dict(request.session.items()))


async def aread(request: HttpRequest) -> HttpResponse:
    return JsonResponse(dict(await request.session.aitems()))


def write(request: HttpRequest) -> HttpResponse:
    request.session.get("read first")
    if "hold" in request.GET:
        _wait(request.GET["hold"])
    request.session.update(_written(request))
    return HttpResponse("written")


async def awrite(request: HttpRequest) -> HttpResponse:
    await request.session.aget("read first")
    if "hold" in request.GET:
        await asyncio.to_thread(_wait, request.GET["hold"])
    await request.session.aupdate(_written(request))
    return HttpResponse("written")


def log_in(request: HttpRequest) -> HttpResponse:
    user = authenticate(request, username=request.GET["user"], password="secret")
    assert user is not None
    login(request, user)
    return HttpResponse("in")


async def alog_in(request: HttpRequest) -> HttpResponse:
    user = await aauthenticate(request, username=request.GET["user"], password="secret")
    assert user is not None
    await alogin(request, user)
    return HttpResponse("in")


def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponse("out")


async def alog_out(request: HttpRequest) -> HttpResponse:
    await alogout(request)
    return HttpResponse("out")


def fail(request: HttpRequest) -> HttpResponse:
    request.session["failed"] = True
    return HttpResponse("failed", status=500)


async def afail(request: HttpRequest) -> HttpResponse:
    await request.session.aset("failed", True)
    return HttpResponse("failed", status=500)


def _shown(sessions: Any) -> HttpResponse:
    return JsonResponse([{"sid": each.sid, "ip": each.ip, "ua": each.ua} for each in sessions], safe=False)


def others(request: HttpRequest) -> HttpResponse:
    return _shown(request.session.others())  # type: ignore[attr-defined]


async def aothers(request: HttpRequest) -> HttpResponse:
    return _shown(await request.session.aothers())  # type: ignore[attr-defined]


def end_others(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.session.end_others()))  # type: ignore[attr-defined]


async def aend_others(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(await request.session.aend_others()))  # type: ignore[attr-defined]
