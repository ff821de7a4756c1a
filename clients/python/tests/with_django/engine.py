"""A site's own session engine, derived as Django documents it, with another timeout."""

from sessions_for_redis.django import SessionStore as Base


class SessionStore(Base):
    def get_session_cookie_age(self) -> int:
        return 86_400
