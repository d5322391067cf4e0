"""Forms of the register of organisations and people; what may be entered is identity's to say."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from gongshu.errors import Text
from gongshu.identity.states import BODY_KIND_LABELS, PASSWORD_RULE, BodyKind, Office, Role
from gongshu.web.console.forms import PageForm, Words
from gongshu.web.parts import office_words

ROLES = tuple(role for role in Role if role is not Role.PUBLIC)
_PLAIN = {"spellcheck": "false", "autocapitalize": "none"}


class OrganizationForm(PageForm):
    """An organisation's entry in the register (luzhou-2, luzhou-5)."""

    words: ClassVar[Words] = {
        "code": (
            Text("机构代码", "Code"),
            Text("小写字母、数字和连字符，登记后不再改变", "lower-case letters, digits and -; never changes"),
        ),
        "name": (Text("机构名称", "Name"), None),
        "name_en": (Text("英文名称", "Name in English"), None),
        "office": (Text("职责", "Office"), Text("按本市规则中的称谓", "in the city's own words")),
        "body_kind": (Text("机构性质", "Kind of body"), None),
        "uscc": (Text("统一社会信用代码", "Credit code"), Text("18 位，可不填", "18 signs, optional")),
        "parent": (Text("上级机构", "Stands under"), None),
    }
    code = forms.CharField(max_length=64, widget=forms.TextInput(attrs=_PLAIN))
    name = forms.CharField(max_length=200)
    name_en = forms.CharField(max_length=200, required=False)
    office = forms.ChoiceField()
    body_kind = forms.ChoiceField()
    uscc = forms.CharField(max_length=18, required=False, widget=forms.TextInput(attrs=_PLAIN))
    parent = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, parents: list[tuple[str, Text]], fixed_code: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices("office", [(str(one), office_words(one)) for one in Office])
        self.choices("body_kind", [(str(one), text) for one, text in BODY_KIND_LABELS.items()])
        self.choices("parent", [("", Text("无（最上级）", "none (top)")), *parents])
        if fixed_code:
            del self.fields["code"]

    def values(self) -> dict[str, Any]:
        """What ``identity.actions.register_organization`` takes, but for the code."""
        typed = self.cleaned_data
        return {
            "name": typed["name"],
            "name_en": typed["name_en"],
            "office": Office(typed["office"]),
            "body_kind": BodyKind(typed["body_kind"]),
            "uscc": typed["uscc"].upper(),
            "parent": typed["parent"],
        }


def _new_password() -> forms.CharField:
    attrs = {"autocomplete": "new-password"}
    return forms.CharField(max_length=128, strip=False, widget=forms.PasswordInput(attrs=attrs))


class PersonForm(PageForm):
    """Somebody who may sign in, with a first password and roles."""

    words: ClassVar[Words] = {
        "display_name": (Text("姓名", "Name"), None),
        "username": (
            Text("用户名", "User name"),
            Text("登录用，字母、数字或 . @ + - _", "letters, digits or . @ + - _"),
        ),
        "password": (Text("初始密码", "First password"), PASSWORD_RULE),
        "roles": (Text("角色", "Roles"), None),
    }
    display_name = forms.CharField(max_length=60)
    username = forms.CharField(max_length=150, widget=forms.TextInput(attrs=_PLAIN | {"autocomplete": "off"}))
    password = _new_password()
    roles = forms.MultipleChoiceField(required=False, choices=[(str(role), str(role)) for role in ROLES])

    @property
    def chosen(self) -> list[Role]:
        return [Role(value) for value in self.cleaned_data["roles"]]


class PasswordForm(PageForm):
    """One's own password."""

    words: ClassVar[Words] = {
        "old": (Text("原密码", "Old password"), None),
        "password": (Text("新密码", "New password"), PASSWORD_RULE),
        "again": (Text("再输一次新密码", "New password again"), None),
    }
    old = forms.CharField(
        max_length=128, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    password = _new_password()
    again = _new_password()

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("password") and typed.get("again") and typed["password"] != typed["again"]:
            said = Text("两次输入的新密码不一致。", "The two new passwords differ.")
            self.add_error("again", said.say(self.language))
        return typed
