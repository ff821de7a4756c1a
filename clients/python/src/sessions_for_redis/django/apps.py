"""The application: what Django requires at its start."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class SessionsForRedisConfig(AppConfig):
    name = "sessions_for_redis.django"
    label = "sessions_for_redis"
    verbose_name = "Sessions for Redis"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from .checks import check_settings
        from .devices import note_device

        register(check_settings, Tags.security)
        user_logged_in.connect(note_device, dispatch_uid="sessions_for_redis.device")
