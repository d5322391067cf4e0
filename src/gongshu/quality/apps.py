from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "gongshu.quality"
    label = "quality"
    default_auto_field = "django.db.models.BigAutoField"
