"""Forms that change a duty's time. They check shape; what the article allows is said by ``gongshu.duties``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django import forms

from gongshu.duties import actions
from gongshu.duties.queries import Options
from gongshu.duties.states import STOP_LABELS, StopReason
from gongshu.errors import Text
from gongshu.identity.actor import Actor
from gongshu.web.console.forms import PageForm, Words

LONGEST_REASON = 500
_WHY = Text("会告知等待的单位，并随存证保留", "told to those who wait, and kept")


def _reason() -> forms.CharField:
    return forms.CharField(max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}))


class ChangeForm(PageForm):
    """One change of time; ``act`` is its name in the form and in the transition table."""

    act: ClassVar[str]
    label: ClassVar[Text]
    verb: ClassVar[Text]
    icon: ClassVar[str] = "clock"
    tone: ClassVar[str] = "agree"

    def __init__(self, *args: Any, offered: Options, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{self.act}-%s", **kwargs)
        self.offered = offered


class StopForm(ChangeForm):
    act, label = "stop", Text("中止计时", "Stop the clock")
    verb, tone = Text("查看中止后的期限", "See what it does"), "return"
    words: ClassVar[Words] = {
        "cause": (Text("中止原因", "Why it stops"), None),
        "reason": (Text("说明", "Explanation"), _WHY),
    }
    cause = forms.ChoiceField()
    reason = _reason()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices("cause", [("", Text("请选择", "Choose")), *((str(one), say) for one, say in STOP_LABELS.items())])


class ResumeForm(ChangeForm):
    act, label = "resume", Text("恢复计时", "Let the clock run again")
    verb = Text("查看恢复后的期限", "See the new due date")


class ExtendForm(ChangeForm):
    act, label = "extend", Text("延长期限", "Extend")
    verb, icon = Text("查看延长后的期限", "See the new due date"), "plus"
    words: ClassVar[Words] = {
        "days": (Text("延长的工作日数", "Working days more"), None),
        "reason": (Text("理由", "Reasons"), _WHY),
        "head": (
            Text("同意延长的本单位负责人", "Head of the body who agreed"),
            Text(
                "条款要求经本单位负责人同意，请填写姓名和职务", "the article asks for the head's consent: name and post"
            ),
        ),
    }
    days = forms.IntegerField(min_value=1, widget=forms.NumberInput(attrs={"inputmode": "numeric"}))
    reason = _reason()
    head = forms.CharField(max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = self.offered.extension
        if terms is None or terms.consent != "provider":
            del self.fields["head"]
        if terms is not None:
            said = Text(f"1 至 {terms.most} 个工作日，只能延长一次", f"1 to {terms.most} working days, once")
            self.fields["days"].help_text = said.say(self.language)
            self.fields["days"].widget.attrs["max"] = str(terms.most)


class ShortenForm(ChangeForm):
    act, label = "shorten", Text("业务紧急，缩短期限", "Urgent business: a shorter limit")
    verb, tone, icon = Text("查看缩短后的期限", "See the new due date"), "return", "flame"
    words: ClassVar[Words] = {
        "days": (
            Text("缩短后的期限（工作日）", "Limit (working days)"),
            Text("自起算日起计，0 为当日", "from the first day on; 0 is the same day"),
        ),
        "reason": (Text("紧急情形", "What is urgent"), _WHY),
    }
    days = forms.IntegerField(min_value=0, widget=forms.NumberInput(attrs={"inputmode": "numeric"}))
    reason = _reason()


class EmergencyForm(ChangeForm):
    act, label = "emergency", Text("突发事件，立即办理", "Emergency: due at once")
    verb, tone, icon = Text("查看立即办理的期限", "See what it does"), "refuse", "alert-triangle"
    words: ClassVar[Words] = {
        "kind": (Text("突发事件种类", "Kind of emergency"), None),
        "reason": (Text("情况说明", "What happened"), _WHY),
    }
    kind = forms.ChoiceField()
    reason = _reason()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.offered.emergencies.value if self.offered.emergencies else ()
        self.choices("kind", [("", Text("请选择", "Choose")), *((one.id, one.label) for one in known)])


FORMS: dict[str, type[ChangeForm]] = {
    form.act: form for form in (StopForm, ResumeForm, ExtendForm, ShortenForm, EmergencyForm)
}


def offered(found: Options) -> list[str]:
    """The names of the changes that a page offers."""
    shown = {
        "stop": found.stop,
        "resume": found.resume,
        "extend": found.extension,
        "shorten": found.urgent,
        "emergency": found.emergencies,
    }
    return [act for act, may in shown.items() if may]


def change(form: ChangeForm, by: Actor, duty_id: int) -> Callable[[], Any]:
    """The change that a valid form asks for, ready to be made or only looked at."""
    typed: dict[str, Any] = {"by": by, "duty_id": duty_id, **form.cleaned_data}
    if isinstance(form, StopForm):
        cause, note = StopReason(typed.pop("cause")), typed.pop("reason")
        return partial(actions.stop, **typed, reason=cause, note=note)
    made = {
        ResumeForm.act: actions.resume,
        ExtendForm.act: actions.extend,
        ShortenForm.act: actions.shorten,
        EmergencyForm.act: actions.declare_emergency,
    }
    return partial(made[form.act], **typed)
