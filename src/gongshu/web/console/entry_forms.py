"""The form of a catalog entry and its items: every field of ``catalog.draft``, what was typed laid over what was there.

The forms check shape only. A field that the browser did not send keeps its value, so that a small form, or an older
page, never empties what it does not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django import forms

from gongshu import clock, rules
from gongshu.catalog.draft import EntryData, ItemData, RightData, as_plain, from_plain
from gongshu.catalog.labels import AS_ENTRY, BASIS_LABELS, ENTRY_LABELS, ITEM_LABELS
from gongshu.catalog.rights import rights_of
from gongshu.catalog.shape import ITEM_LENGTHS, LENGTHS, MOST_ITEMS
from gongshu.catalog.states import CHECK_LABELS, CYCLE_LABELS, THEMES, TYPE_LABELS, OpenType, ShareType
from gongshu.catalog.terms import (
    DIVISIONS,
    FORMAT_LABELS,
    FORMATS,
    GRADE_LABELS,
    KIND_LABELS,
    LEVEL_LABELS,
    METHOD_CATEGORY_LABELS,
    METHOD_LABELS,
    FormatCategory,
    ResourceKind,
    category_of,
)
from gongshu.errors import Text
from gongshu.grants.masking import LABELS as MASK_LABELS
from gongshu.web.console.forms import PageForm, Words
from gongshu.web.parts import open_tag, share_tag

_HELP: Mapping[str, Text] = {
    "title": Text("写数据的内容，不写系统名；不超过 50 字，全市不重名", "what the data are; at most 50 signs, unique"),
    "abstract": Text("说明内容、范围和用途，不超过 256 字", "content, scope and use, at most 256 characters"),
    "keywords": Text("用逗号分隔", "separated by commas"),
    "share_condition": Text("非无条件共享时填写", "needed unless shared without conditions"),
    "share_basis": Text("法律、法规、规章或政策的名称及条款", "law, regulation or policy, with its article"),
    "open_filing": Text("由无条件开放改为受限或不予开放时填写", "when what was open to all is restricted"),
    "classified": Text("涉及国家秘密的，不得编入本目录", "state secrets may not be cataloged here"),
    "level": Text("留空则取信息项的最高级别", "left empty, the highest of the items counts"),
    "related": Text("多个代码用逗号分隔", "several codes separated by commas"),
    "lead_department": Text("基础和主题信息资源填写", "for base and theme resources"),
    "division": Text("基础、主题信息资源从指南所列中选，也可另写", "from the guide's list, or another"),
    "source_item": Text("该项从哪个系统的哪个字段来", "which field of which system it comes from"),
}  # fmt: skip
SECTIONS: tuple[tuple[str, Text, tuple[str, ...]], ...] = (
    ("about", Text("基本信息", "About"), (
        "title", "abstract", "theme", "keywords", "update_cycle", "business_name", "source_system", "legal_basis",
    )),
    ("class", Text("分类与格式", "Classification and format"), (
        "kind", "division", "group", "subgroup", "lead_department", "format_type", "format_note", "encoding", "related",
    )),
    ("terms", Text("共享与开放", "Sharing and opening"), (
        "share_type", "share_condition", "share_basis", "share_basis_kind", "contains", "share_method_category",
        "share_method", "share_period", "open_type", "open_condition", "open_basis", "open_filing",
    )),
    ("grade", Text("分类分级与权利", "Grade and rights"), (
        "level", "grade", "classified", "rights", "contact_name", "contact_phone",
    )),
)  # fmt: skip
_AREAS = {"abstract", "share_condition", "share_basis", "open_condition", "open_basis", "legal_basis"}
_SELECTS: Mapping[str, Mapping[Any, Text]] = {
    "kind": KIND_LABELS,
    "update_cycle": CYCLE_LABELS,
    "share_basis_kind": BASIS_LABELS,
    "share_method_category": METHOD_CATEGORY_LABELS,
    "share_method": METHOD_LABELS,
    "level": LEVEL_LABELS,
    "grade": GRADE_LABELS,
}


def _options(table: Mapping[Any, Text]) -> list[tuple[str, Text]]:
    return [(str(int(key)) if isinstance(key, int) else str(key), text) for key, text in table.items()]


def _text(name: str, longest: int) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2}) if name in _AREAS else forms.TextInput()
    return forms.CharField(max_length=longest, required=False, widget=widget)


def _choices_of(parameter: str) -> list[tuple[str, Text]]:
    found = rules.active().find(parameter, on=clock.today())
    return [(choice.id, choice.label) for choice in found.value] if found else []


class EntryForm(PageForm):
    """The metadata of an entry (发改高技〔2017〕1272号, luzhou-11, yongjia-10, xian-6 to xian-9)."""

    words: ClassVar[Words] = {name: (label, _HELP.get(name)) for name, label in ENTRY_LABELS.items()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rights = [(one.id, one.label) for one in rights_of(rules.active(), clock.today()) if not one.by_grant_only]
        self.fields |= self._made()
        for name, (right, label) in zip(self.right_names, self.rights, strict=True):
            self.fields[name].label = label.say(self.language)
            self.fields[name].widget.attrs["list"] = "holders"
            self.initial.setdefault(name, _holder(self.initial.get("rights") or (), right))
        self.initial["related"] = "，".join(self.initial.get("related") or ())
        self.dress()

    @property
    def right_names(self) -> list[str]:
        return [f"right_{right}" for right, _ in self.rights]

    def _made(self) -> dict[str, forms.Field]:
        made: dict[str, forms.Field] = {
            name: _text(name, most) for name, most in LENGTHS.items() if name != "format_type"
        }
        made["title"].required = True
        made |= {
            name: forms.ChoiceField(required=False, choices=self.said(_options(t))) for name, t in _SELECTS.items()
        }
        themes = [("", Text("请选择", "Choose")), *((theme.zh, theme) for theme in THEMES)]
        if (kept := str(self.initial.get("theme") or "")) and kept not in {theme.zh for theme in THEMES}:
            themes.append((kept, Text(kept, kept)))
        made["theme"] = forms.ChoiceField(required=False, choices=self.said(themes))
        shares = [(str(one), share_tag(one).text) for one in ShareType]
        made["share_type"] = forms.ChoiceField(choices=self.said(shares))
        made["open_type"] = forms.ChoiceField(choices=self.said([(str(one), open_tag(one).text) for one in OpenType]))
        made["format_type"] = forms.ChoiceField(required=False, choices=self._formats())
        made["classified"] = forms.BooleanField(required=False)
        made["related"] = forms.CharField(required=False, max_length=1000)
        made["division"].widget.attrs["list"] = "divisions"
        if contents := _choices_of("catalog.unconditional_excludes"):
            made["contains"] = forms.MultipleChoiceField(
                required=False, choices=self.said(contents), widget=forms.CheckboxSelectMultiple
            )
        return made | {name: forms.CharField(max_length=100, required=False) for name in self.right_names}

    def _formats(self) -> list[Any]:
        groups: list[Any] = [
            (FORMAT_LABELS[category].say(self.language), [(one, one) for one in types])
            for category, types in FORMATS.items()
            if types
        ]
        other = FORMAT_LABELS[FormatCategory.SELF_DESCRIBED].say(self.language)
        kept = str(self.initial.get("format_type") or "")
        known = {one for types in FORMATS.values() for one in types}
        return [*groups, (other, [("", other)] + ([(kept, kept)] if kept and kept not in known else []))]

    def entry(self, items: tuple[ItemData, ...], before: EntryData) -> EntryData:
        """What was typed, over ``before``."""
        typed = {
            name: value
            for name, value in self.cleaned_data.items()
            if name in ENTRY_LABELS and (name in self.data or name in {"classified", "contains"}) and value is not None
        }
        for name in ("kind", "update_cycle", "share_method_category", "share_method", "level", "grade"):
            if typed.get(name) == "":
                del typed[name]
        if "level" in typed:
            typed["level"] = int(typed["level"])
        if "related" in typed:
            parts = typed["related"].replace("，", ",").replace("、", ",").split(",")
            typed["related"] = [part.strip() for part in parts if part.strip()]
        if "format_type" in typed:
            category = category_of(typed["format_type"]) or FormatCategory.SELF_DESCRIBED
            typed["format_category"] = str(category)
        if any(name in self.data for name in self.right_names):
            typed["rights"] = self._rights(before)
        return replace(from_plain({**as_plain(before), **typed}), items=items)

    def _rights(self, before: EntryData) -> list[dict[str, str]]:
        shown = {right for right, _ in self.rights}
        kept = [right for right in before.rights if right.right not in shown]
        typed = [
            RightData(right, self.cleaned_data[name])
            for name, (right, _) in zip(self.right_names, self.rights, strict=True)
            if self.cleaned_data.get(name)
        ]
        return [{"right": one.right, "holder": one.holder} for one in (*typed, *kept)]

    def said(self, options: Iterable[tuple[str, Text]]) -> list[tuple[str, str]]:
        return [(value, text.say(self.language)) for value, text in options]

    def sections(self) -> list[tuple[str, Text, list[Any]]]:
        """The form's fields as the page shows them."""
        shown = []
        for key, text, names in SECTIONS:
            fields = [self[one] for name in names for one in ([name] if name != "rights" else self.right_names)
                      if one in self.fields]  # fmt: skip
            shown.append((key, text, fields))
        return shown

    @staticmethod
    def divisions() -> list[str]:
        """项 to choose from: the guide's and the city's."""
        listed = [one.zh for kind in (ResourceKind.BASE, ResourceKind.THEME) for one in DIVISIONS[kind]]
        for parameter in ("catalog.base_data", "catalog.themes"):
            listed += [label.zh for _, label in _choices_of(parameter)]
        return list(dict.fromkeys(listed))


def _holder(rights: Iterable[Any], right: str) -> str:
    for one in rights:
        plain = one if isinstance(one, Mapping) else {"right": one.right, "holder": one.holder}
        if plain["right"] == right:
            return str(plain["holder"])
    return ""


class ItemForm(PageForm):
    """One information item; an empty row is ignored."""

    words: ClassVar[Words] = {
        **{
            name: (label, _HELP["source_item"] if name == "source_item" else None)
            for name, label in ITEM_LABELS.items()
        },
        "DELETE": (Text("删除", "Remove"), None),
        "ORDER": (Text("次序", "Order"), None),
        "chosen": (Text("选中", "Choose"), None),
    }
    MORE = (
        "share_type", "share_condition", "share_basis", "share_basis_kind", "open_type", "open_condition", "open_basis",
        "update_cycle", "level", "grade", "source_item",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        as_entry = ("", AS_ENTRY)
        made: dict[str, forms.Field] = {name: _text("", most) for name, most in ITEM_LENGTHS.items() if name != "mask"}
        made["name"].widget.attrs |= {"spellcheck": "false", "autocapitalize": "none"}
        made["length"] = forms.IntegerField(min_value=1, max_value=2_000_000_000, required=False)
        choices: dict[str, list[tuple[str, Text]]] = {
            "data_type": _options(TYPE_LABELS),
            "check": _options(CHECK_LABELS),
            "mask": list(MASK_LABELS.items()),
            "share_type": [as_entry, *((str(one), share_tag(one).text) for one in ShareType)],
            "open_type": [as_entry, *((str(one), open_tag(one).text) for one in OpenType)],
            "update_cycle": [as_entry, *_options(CYCLE_LABELS)],
            "share_basis_kind": _options(BASIS_LABELS),
            "level": _options(LEVEL_LABELS),
            "grade": _options(GRADE_LABELS),
        }
        for name, options in choices.items():
            made[name] = forms.ChoiceField(
                required=name in {"data_type", "mask"}, choices=[(v, t.say(self.language)) for v, t in options]
            )
        for name in ("required", "is_key", "sensitive", "sensitive_personal", "chosen"):
            made[name] = forms.BooleanField(required=False)
        self.fields |= made
        self.dress()

    @property
    def is_blank(self) -> bool:
        return not (self.cleaned_data.get("title") or self.cleaned_data.get("name"))

    @property
    def more(self) -> list[Any]:
        """The item's own terms, which stand folded below it."""
        return [self[name] for name in self.MORE]

    @property
    def has_more(self) -> bool:
        """Whether the item has terms of its own."""
        return any(self[name].value() not in {None, "", "0", 0, "GENERAL"} for name in self.MORE)

    def item(self, known: Mapping[str, ItemData]) -> ItemData:
        """What was typed, over the item of that name as it was."""
        sent = {name.removeprefix(f"{self.prefix}-") for name in self.data}
        booleans = {"required", "is_key", "sensitive"} | ({"sensitive_personal"} if "level" in sent else set())
        typed = {
            name: value
            for name, value in self.cleaned_data.items()
            if name in ITEM_LABELS and (name in sent or name in booleans)
        }
        for name in ("share_type", "open_type", "update_cycle"):
            if name in typed:
                typed[name] = typed[name] or None
        if typed.get("level", "") == "":
            typed.pop("level", None)
        else:
            typed["level"] = int(typed["level"])
        if typed.get("grade") == "":
            del typed["grade"]
        before = known.get(str(typed.get("name", "")), ItemData("", ""))
        plain = as_plain(EntryData("", "", "", items=(before,)))
        plain["items"] = [{**plain["items"][0], **typed}]
        return from_plain(plain).items[0]


ItemFormSet = forms.formset_factory(
    ItemForm,
    extra=0,
    can_delete=True,
    can_order=True,
    max_num=MOST_ITEMS,
    absolute_max=MOST_ITEMS + 1,
    validate_max=True,
)


def items_of(formset: Any, before: EntryData | None) -> tuple[ItemData, ...]:
    """The items that were typed, in the order that was given; empty and removed rows are left out."""
    known = {item.name: item for item in before.items} if before else {}
    rows = [row for row in formset.forms if not row.cleaned_data.get("DELETE") and not row.is_blank]
    numbered = [(row.cleaned_data.get("ORDER") or place, place, row) for place, row in enumerate(rows, start=1)]
    return tuple(row.item(known) for _, _, row in sorted(numbered, key=lambda one: one[:2]))


def chosen_of(formset: Any) -> set[str]:
    """The names of the items whose box is ticked."""
    return {row.cleaned_data["name"] for row in formset.forms if row.cleaned_data.get("chosen")}
