from django.apps import AppConfig


class FilingsConfig(AppConfig):
    name = "gongshu.filings"
    label = "filings"
    default_auto_field = "django.db.models.BigAutoField"
