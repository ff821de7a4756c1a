"""Requests that a test holds in the middle, to let others pass."""

import threading
from collections.abc import Callable
from typing import Any


class Gate:
    """The site waits here in a thread of its own; the test waits until it has arrived."""

    def __init__(self) -> None:
        self._arrived = threading.Event()
        self._go = threading.Event()

    def wait(self) -> None:
        self._arrived.set()
        assert self._go.wait(60)

    def hold(self, request: Callable[[], Any]) -> Callable[[], Any]:
        """Starts a request that waits at the gate, and returns the function that lets it go and
        returns its result.
        """
        results: list[Any] = []
        thread = threading.Thread(target=lambda: results.append(request()))
        thread.start()
        assert self._arrived.wait(60)

        def go() -> Any:
            self._go.set()
            thread.join()
            return results[0]

        return go
