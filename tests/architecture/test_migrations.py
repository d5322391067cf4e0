"""The migrations say what the models say."""

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_tests_run_in_an_installation_of_their_own(tmp_path):
    from django.conf import settings

    assert "gongshu-tests-" in str(settings.HOME.root)
