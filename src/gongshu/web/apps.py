from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "gongshu.web"
    label = "web"

    def ready(self) -> None:
        from gongshu import wiring

        wiring.connect()
