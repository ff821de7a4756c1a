"""Lists the sessions of a user, or ends them."""

from argparse import ArgumentParser
from datetime import datetime, timezone
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from ....errors import SessionsError
from ....session import Session
from ...users import end_all, sessions_of


class Command(BaseCommand):
    help = "Lists the sessions of a user, most recently active first, or ends one or all of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", nargs="?", help="the name that the user logs in with")
        parser.add_argument("--id", help="the id of the user, instead of the name")
        end = parser.add_mutually_exclusive_group()
        end.add_argument("--end", metavar="SID", help="end the session with this sid")
        end.add_argument("--end-all", action="store_true", help="end all of them")

    def handle(self, *_: Any, **options: Any) -> None:
        user = self._user(options["username"], options["id"])
        try:
            if options["end_all"] or options["end"]:
                self.stdout.write(f"Sessions ended: {end_all(user, only=options['end'])}")
                return
            for session in sessions_of(user):
                self.stdout.write(_line(session))
        except SessionsError as error:
            raise CommandError(str(error)) from None

    def _user(self, name: str | None, id: str | None) -> Any:
        if (name is None) == (id is None):
            raise CommandError("Give the user's name or --id.")
        if name is None:
            return id
        model: Any = get_user_model()
        try:
            return model._default_manager.get_by_natural_key(name)
        except model.DoesNotExist:
            raise CommandError(f"User {name} does not exist.") from None


def _line(session: Session) -> str:
    created = "" if session.created is None else datetime.fromtimestamp(session.created, timezone.utc).isoformat(" ")
    return "  ".join(
        (session.sid, f"active {session.idle} s ago", f"since {created}", session.ip or "-", session.ua or "-")
    )
