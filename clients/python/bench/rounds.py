"""Measures in turns, so that whatever else the machine does falls on all of them alike."""

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

Use = Callable[[int], object]


class Found(NamedTuple):
    #: Uses a second.
    rate: float
    #: Milliseconds: the median, and the 99th percentile.
    usual: float
    slow: float


def _measure(use: Use, seconds: float) -> Found:
    taken: list[float] = []
    begin = time.perf_counter()
    end = begin + seconds
    now = begin
    while now < end:
        use(len(taken))
        after = time.perf_counter()
        taken.append(after - now)
        now = after
    taken.sort()
    return Found(len(taken) / (now - begin), median(taken) * 1000, taken[len(taken) * 99 // 100] * 1000)


def compare(uses: dict[str, Use], rounds: int, seconds: float) -> dict[str, Found]:
    """The medians of each of `uses`, by name."""
    for use in uses.values():
        _measure(use, seconds / 4)  # warm
    found: dict[str, list[Found]] = {name: [] for name in uses}
    for _ in range(rounds):
        for name, use in uses.items():
            found[name].append(_measure(use, seconds))
    return {
        name: Found(*(median(getattr(each, field) for each in all_of_it) for field in Found._fields))
        for name, all_of_it in found.items()
    }
