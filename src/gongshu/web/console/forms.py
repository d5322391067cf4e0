"""Forms of the staff pages. They check shape only; what the law and the catalog demand is the domain's to say."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from gongshu.errors import Text

Words = dict[str, tuple[Text, Text | None]]


class PageForm(forms.Form):
    """A form in the reader's language: ``words`` gives each field's label and help."""

    words: ClassVar[Words] = {}

    def __init__(self, *args: Any, language: str = "zh", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language = language
        self.dress()

    def dress(self) -> None:
        """Labels, help and classes for all fields; a form that makes fields of its own calls it again."""
        for name, field in self.fields.items():
            label, help_text = self.words.get(name, (Text(field.label or name, field.label or name), None))
            field.label = label.say(self.language)
            field.help_text = help_text.say(self.language) if help_text else ""
            if isinstance(field.widget, forms.Select):
                field.widget.attrs.setdefault("class", "form-select")
            elif not isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
                field.widget.attrs.setdefault("class", "form-control")

    def choices(self, name: str, options: list[tuple[str, Text]]) -> None:
        self.fields[name].choices = [(value, text.say(self.language)) for value, text in options]  # type: ignore[attr-defined]
