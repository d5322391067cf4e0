"""What the catalog of a new installation starts with: the table of synonyms of the search."""

from __future__ import annotations

from typing import Any

from gongshu import clock
from gongshu.catalog.search.synonyms import SEED


def after_migrating(*, using: str, **_: Any) -> None:
    """Fill an empty table of synonyms; one that the city has made its own stays as it is."""
    from gongshu.catalog.models import SynonymGroup

    groups = SynonymGroup.objects.using(using)
    if not groups.exists():
        groups.bulk_create(SynonymGroup(words=" ".join(words), changed_at=clock.now()) for words in SEED)
