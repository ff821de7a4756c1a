"""bench.py [--quick]: Django on this package against django-redis' cached sessions: commands and
time of a request.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from rounds import Use, compare
from shop import Site, configure
from support.server import Server, a_server

ROUNDS, SECONDS = (3, 0.4) if "--quick" in sys.argv else (7, 2.0)
VISITORS = 500

# What a request does, its page, and settings of Django.
REQUESTS = [
    ("session read", "/read", {}),
    ("session read, and renewed at every request", "/read", {"SESSION_SAVE_EVERY_REQUEST": True}),
    ("session read and changed", "/change", {}),
    ("new visitor", "/change", {}),
]


def row(*cells: object) -> None:
    sys.stdout.write(f"| {' | '.join(map(str, cells))} |\n")


def commands(server: Server) -> tuple[int, int]:
    """How many commands the server has run since the last time, and its microseconds for them."""
    lines = [line for line in server.ask("INFO commandstats").splitlines() if line.startswith("cmdstat_")]
    fields = [dict(pair.split("=") for pair in line.split(":")[1].split(",")) for line in lines]
    own = [each for line, each in zip(lines, fields, strict=True) if "info" not in line and "config" not in line]
    server.ask("CONFIG RESETSTAT")
    return sum(int(each["calls"]) for each in own), sum(int(each["usec"]) for each in own)


def use(site: Site, page: str, cookies: list[str]) -> Use:
    if not cookies:
        return lambda number: site.ask(page)
    return lambda number: site.ask(page, cookies[number % len(cookies)])


def main() -> None:
    from django.test import override_settings

    with a_server() as server:
        configure(f"unix://{server.path}")
        sites = {name: Site(name) for name in ("ours", "django-redis")}
        row("request", "commands", "django-redis", "ms", "django-redis", "ratio", "p99, ms", "django-redis")
        row("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:")
        for what, page, settings in REQUESTS:
            sliding = {"SESSIONS_SLIDING": "SESSION_SAVE_EVERY_REQUEST" in settings}
            with override_settings(**settings, **sliding):
                is_new = what == "new visitor"
                cookies = {name: [site.ask("/change") for _ in range(VISITORS)] for name, site in sites.items()}
                uses = {name: use(site, page, [] if is_new else cookies[name]) for name, site in sites.items()}
                counts = {}
                for name, one in uses.items():
                    commands(server)
                    for number in range(VISITORS):
                        one(number)
                    counts[name] = commands(server)[0] / VISITORS
                found = compare(uses, ROUNDS, SECONDS)
            ours, other = found["ours"], found["django-redis"]
            row(
                what,
                *(f"{counts[name]:.1f}" for name in sites),
                f"{ours.usual:.3f}",
                f"{other.usual:.3f}",
                f"{ours.usual / other.usual:.2f}",
                f"{ours.slow:.2f}",
                f"{other.slow:.2f}",
            )


main()
