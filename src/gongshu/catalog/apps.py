from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    name = "gongshu.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongshu.catalog import seeding

        post_migrate.connect(seeding.after_migrating, sender=self, dispatch_uid="catalog.seeding")
