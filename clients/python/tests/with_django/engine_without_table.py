"""As the engine db where django.contrib.sessions is not in INSTALLED_APPS."""


class SessionStore:
    @classmethod
    def get_model_class(cls) -> None:
        raise RuntimeError("no app has this table.")
