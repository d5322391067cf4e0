from django.apps import AppConfig


class OperationConfig(AppConfig):
    name = "gongshu.operation"
    label = "operation"
    default_auto_field = "django.db.models.BigAutoField"
