"""The provider's kind of body says which texts bind it: a company that holds public data is not a government department."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from factories import SEED, City, request
from gongshu import rules
from gongshu.identity import actions as identity
from gongshu.identity.states import BodyKind
from gongshu.opening import queries as opening
from gongshu.sharing import actions as sharing
from gongshu.sharing import queries

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
PACKS = {name: Path(rules.folder_of(name)) for name in ("national", "xian", "yongjia", "luzhou")}


@pytest.fixture
def usual() -> Iterator[None]:
    before = rules.active().id
    yield
    rules.configure(before)


def body(kind: BodyKind) -> str:
    code = f"body-{kind.replace('_', '-')}"
    identity.register_organization(by=SEED, code=code, name=f"某单位{kind}", body_kind=kind)
    return code


@pytest.mark.article("yongjia-2", "yongjia-49")
@pytest.mark.parametrize(
    ("city", "bound"),
    [
        ("yongjia", {BodyKind.GOVERNMENT_DEPARTMENT, BodyKind.PUBLIC_INSTITUTION, BodyKind.PUBLIC_UTILITY}),
        ("xian", set()),  # lapsed: it still answers and binds nobody
        ("luzhou", set()),
        ("dazhou", set()),  # a draft
        ("zaozhuang", set()),  # an interpretation
        ("national", set()),  # its numbers were not compared with the texts
    ],
)
def test_whom_a_city_s_text_binds(usual: None, city: str, bound: set[BodyKind]) -> None:
    City()
    rules.configure(city)
    for kind in BodyKind:
        way = queries.route(share_type="CONDITIONAL", mode="query", provider=body(kind), on=DAY)
        assert way.binding == (kind in bound), kind


@pytest.mark.parametrize(
    ("city", "kind", "days"),
    [
        ("xian", BodyKind.GOVERNMENT_DEPARTMENT, 1),
        ("xian", BodyKind.PUBLIC_UTILITY, 10),
        ("yongjia", BodyKind.GOVERNMENT_DEPARTMENT, 1),
        ("yongjia", BodyKind.PUBLIC_UTILITY, 7),
        ("luzhou", BodyKind.GOVERNMENT_DEPARTMENT, 1),
        ("luzhou", BodyKind.ENTERPRISE, None),
    ],
)
def test_once_a_national_limit_is_verified_it_times_departments_and_leaves_companies_their_city_s(
    usual: None, city: str, kind: BodyKind, days: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shipped packs with one change: somebody compared the regulations of 2025 with their text."""
    for name, folder in PACKS.items():
        shutil.copytree(folder, tmp_path / name)
    head = tmp_path / "national" / "pack.yaml"
    text = head.read_text(encoding="utf-8")
    start = text.index("  sc809:")
    head.write_text(text[:start] + text[start:].replace("verified: false", "verified: true", 1), encoding="utf-8")
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    rules.configure(city)
    limit = rules.active().value("sharing.reply_deadline", on=DAY, body_kind=kind, **_case(city))
    assert limit.value.days == days, [c.id for c in limit.citations]


def _case(city: str) -> dict[str, object]:
    return {"share_type": "UNCONDITIONAL", "collected": False}


@pytest.mark.article("luzhou-2", "yongjia-49")
def test_an_application_to_a_company_is_timed_for_a_company(usual: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is filed, shown beforehand and opened asks the pack for the provider's kind of body."""
    rules.configure("yongjia")
    city = City()
    identity.register_organization(
        by=SEED, code="market", name="市自来水公司", body_kind=BodyKind.PUBLIC_UTILITY, only_new=False
    )
    entry = city.collected()
    asked: list[str | None] = []
    pack_type = type(rules.active())
    plain = pack_type._route
    monkeypatch.setattr(
        pack_type,
        "_route",
        lambda self, name, on, given, kind=None: asked.append(kind) or plain(self, name, on, given, kind),
    )
    sharing.apply(by=city.consumer, code=entry.code, request=request())
    opening.route(open_type="UNCONDITIONAL", provider="market")
    assert asked
    assert set(asked) == {"public_utility"}
