"""Sources and citations: which text says so, and where in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gongshu.errors import Text

_DIGITS = "零一二三四五六七八九"


class Kind(StrEnum):
    """What sort of text a pack or a source is, from the strongest to the weakest."""

    LAW = "law"
    REGULATION = "regulation"  # of the State Council, or local
    RULE = "rule"  # 规章
    NORMATIVE_DOCUMENT = "normative_document"
    DRAFT = "draft"
    INTERPRETATION = "interpretation"

    @property
    def label(self) -> Text:
        return _KINDS[self]

    @property
    def binds(self) -> bool:
        """Whether a decision may rest on it at all."""
        return self not in (Kind.DRAFT, Kind.INTERPRETATION)


_KINDS = {
    Kind.LAW: Text("法律", "law"),
    Kind.REGULATION: Text("法规", "regulation"),
    Kind.RULE: Text("规章", "government rule"),
    Kind.NORMATIVE_DOCUMENT: Text("规范性文件", "normative document"),
    Kind.DRAFT: Text("征求意见稿", "draft for comment"),
    Kind.INTERPRETATION: Text("政策解读", "official interpretation"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A text that parameters cite. ``verified``: its wording was compared on ``last_checked_on``.

    ``binds``: the kinds of bodies that the text addresses (:data:`gongshu.rules.words.BODY_KINDS`); empty means everyone.
    """

    id: str
    title: Text
    kind: Kind
    number: str | None
    issuer: Text | None
    issued: date | None
    verified: bool
    last_checked_on: date | None
    binds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """One article of one source, with what it says in a sentence.

    ``verified`` is False where the wording was not compared with the text; such a citation decides nothing alone.
    """

    pack: str
    source: Source
    article: str
    text: Text
    verified: bool
    last_checked_on: date | None

    @property
    def title(self) -> Text:
        return self.source.title

    @property
    def id(self) -> str:
        """For example ``xian-20``: the row of the requirements that it stands for."""
        return f"{self.source.id}-{self.article}"

    def label(self, language: str = "zh") -> str:
        """《西安市政务数据资源共享管理办法》第二十条, or in English “…, art. 20”."""
        whole = self.article == "0"
        if language.startswith("en"):
            return self.title.en if whole else f"{self.title.en}, {article_name(self.article).en}"
        title = in_quotes(self.title.zh)
        return title if whole else title + article_name(self.article).zh

    def as_json(self) -> dict[str, str | bool | None]:
        return {
            "id": self.id,
            "pack": self.pack,
            "title": self.title.zh,
            "title_en": self.title.en,
            "article": self.article,
            "label": self.label("zh"),
            "label_en": self.label("en"),
            "text": self.text.zh,
            "text_en": self.text.en,
            "verified": self.verified,
            "last_checked_on": self.last_checked_on.isoformat() if self.last_checked_on else None,
        }


def article_name(article: str) -> Text:
    """``"20"`` is 第二十条, ``"15(3)"`` is 第十五条第（三）项, ``"5.2"`` (a text without articles) is 第五部分第2项."""
    if "." in article:
        part, _, item = article.partition(".")
        if item == "0":
            return Text(f"第{numeral(int(part))}部分", f"part {part}")
        return Text(f"第{numeral(int(part))}部分第{item}项", f"part {part}, item {item}")
    number, _, item = article.partition("(")
    if item:
        item = item.rstrip(")")
        return Text(f"第{numeral(int(number))}条第（{numeral(int(item))}）项", f"art. {number}({item})")
    return Text(f"第{numeral(int(number))}条", f"art. {number}")


def in_quotes(title: str) -> str:
    """A title in 书名号, unless it brings its own (《…办法》解读)."""
    return title if title.startswith("《") else f"《{title}》"


def numeral(number: int) -> str:
    """1 to 999 in Chinese: 20 is 二十, 105 is 一百零五."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "") or _DIGITS[0]
