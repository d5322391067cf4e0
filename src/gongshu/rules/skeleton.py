"""The first files of a city's own rule pack: it loads at once, inherits everything, and says that it is a draft."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from gongshu.errors import Conflict, GongshuError, Text
from gongshu.rules.citations import in_quotes
from gongshu.rules.pack import Pack
from gongshu.rules.reading import read_pack

_ID = re.compile(r"[a-z][a-z0-9_]{1,30}\Z")
_PACK = """\
# {title}
# 规则包骨架：目前没有自己的规定，全部沿用“{parent}”。办法正式印发后把 kind 改为 normative_document 并填写 valid_from。
# A skeleton: it has no rules of its own yet and inherits everything from “{parent}”. Once the text is issued, set kind to
# normative_document and fill in valid_from.
#
# 自己的数字写在按组命名的文件里，例如 sharing.yaml（每个数字都要有条款，并在 cases/ 写一个案例）：
# Its own numbers go into files named by group, for example sharing.yaml (each with its article, and a case in cases/):
#
#   reply_deadline:
#     values:
#       2027-01-01:
#         value: {{days: 8, words: {{zh: 8个工作日内, en: within 8 working days}}}}
#         reference: [{{article: 9, text: {{zh: 提供单位8个工作日内答复, en: the provider answers within 8 working days}}}}]
id: {id}
extends: {parent}
kind: draft
title: {{zh: {title}, en: {title_en}}}
region: {{zh: {region}, en: {region_en}}}
valid_from: null
valid_to: null
sources:
  {id}:
    title: {{zh: {title}, en: {title_en}}}
    kind: draft
    verified: false
"""
_CASES = """\
# 每个数字至少一个案例：哪一天、给定什么、应当得出什么、依据哪一条。
# At least one case per number: on which day, what is given, what is expected, because of which article.
- on: 2026-11-21
  given: {{pack: status}}
  expect: {{status: DRAFT, notice: true}}
  because: {id}-1
"""
_ARTICLES = """\
# 逐条登记平台要做什么：enforced | recorded | organisational | planned。
# What each article asks of the platform: enforced | recorded | organisational | planned. For example:
# - id: {id}-9
#   capabilities: [sharing]
#   state: planned
#   does: {{zh: 提供单位8个工作日内答复, en: The provider answers within 8 working days}}
[]
"""


def create(city: str, parent: Pack, to: Path, *, title: Text, region: Text) -> Path:
    """Write the skeleton of ``city`` over ``parent`` into ``to/city``, read it back, and return the folder.

    Raises:
        GongshuError: ``rules.bad_pack_id``.
        Conflict: ``rules.pack_exists``, when the folder is there already; nothing is overwritten.
    """
    if not _ID.match(city):
        raise GongshuError(
            "rules.bad_pack_id",
            f"“{city}”不能作规则包名称。请用小写字母开头，只含小写字母、数字和下划线。",
            f"“{city}” cannot name a rule pack. Begin with a small letter; use small letters, digits, underscores.",
        )
    folder = to / city
    if folder.exists():
        raise Conflict(
            "rules.pack_exists",
            f"文件夹“{city}”已经存在，未作改动。请换一个名称或位置。",
            f"The folder “{city}” exists already and was left alone. Choose another name or place.",
        )
    words = {
        "id": city,
        "parent": parent.id,
        "title": _scalar(title.zh),
        "title_en": _scalar(title.en),
        "region": _scalar(region.zh),
        "region_en": _scalar(region.en),
    }
    (folder / "cases").mkdir(parents=True)
    (folder / "pack.yaml").write_text(_PACK.format(**words), encoding="utf-8")
    (folder / "cases" / "all.yaml").write_text(_CASES.format(**words), encoding="utf-8")
    (folder / "articles.yaml").write_text(_ARTICLES.format(**words), encoding="utf-8")
    read_pack(folder, parent)
    return folder


def words_for(city: str, parent: Pack) -> tuple[Text, Text]:
    """A title and a region for a city that gave none: its id, and a draft after the measures that it extends."""
    name = city.replace("_", " ").title()
    zh = in_quotes(parent.title.zh)
    return Text(
        f"{name}公共数据管理规定（草稿，参照{zh}）", f"{name} rules on public data (draft after {parent.title.en})"
    ), Text(name, name)


def _scalar(word: str) -> str:
    """``word`` as one YAML scalar on one line."""
    dumped: str = yaml.safe_dump(word, allow_unicode=True, default_style='"', width=10_000)
    return dumped.strip()
