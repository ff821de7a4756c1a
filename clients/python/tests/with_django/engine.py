"""A session engine of the site's own, derived as Django documents it: another time-out."""

from sessions_for_redis.django import SessionStore as Base


class SessionStore(Base):
    def get_session_cookie_age(self) -> int:
        return 86_400
