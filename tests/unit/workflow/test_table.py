"""Transition tables: what they allow, what they say when they do not, and their picture."""

from __future__ import annotations

from enum import StrEnum

import pytest

from gongshu.errors import Conflict, NotAllowed, Text
from gongshu.workflow import Table, Transition


class Status(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


LABELS = {
    Status.DRAFT: Text("草稿", "draft"),
    Status.SUBMITTED: Text("待审核", "submitted"),
    Status.PUBLISHED: Text("已发布", "published"),
    Status.WITHDRAWN: Text("已撤回", "withdrawn"),
}
TRANSITIONS = [
    Transition("submit", Status.DRAFT, Status.SUBMITTED, "PROVIDER", Text("提交", "submit")),
    Transition("publish", Status.SUBMITTED, Status.PUBLISHED, "DATA_AUTHORITY", Text("发布", "publish")),
    Transition("send_back", Status.SUBMITTED, Status.DRAFT, "DATA_AUTHORITY", Text("退回", "send back")),
    Transition(
        "withdraw",
        (Status.DRAFT, Status.SUBMITTED),
        Status.WITHDRAWN,
        ("PROVIDER", "DATA_AUTHORITY"),
        Text("撤回", "withdraw"),
    ),
]


@pytest.fixture(scope="module")
def table() -> Table:
    return Table("entry", states=LABELS, initial=Status.DRAFT, transitions=TRANSITIONS, title=Text("目录", "entry"))


def test_an_action_leads_to_its_target(table):
    assert table.check(Status.DRAFT, "submit") == Status.SUBMITTED
    assert table.check("submitted", "withdraw") == Status.WITHDRAWN


def test_what_is_not_possible_now_is_said_with_what_is(table):
    with pytest.raises(Conflict) as caught:
        table.check(Status.DRAFT, "publish")
    assert caught.value.code == "workflow.not_now"
    assert caught.value.text.zh == "该目录现为“草稿”，不能“发布”。现在可以：“提交”、“撤回”。"
    assert "“submit”, “withdraw”" in caught.value.text.en


def test_a_closed_item_says_so(table):
    with pytest.raises(Conflict) as caught:
        table.check(Status.PUBLISHED, "submit")
    assert "已办结" in caught.value.text.zh
    assert "closed" in caught.value.text.en


def test_a_role_that_may_not_is_told(table):
    with pytest.raises(NotAllowed) as caught:
        table.check(Status.SUBMITTED, "publish", role="PROVIDER")
    assert caught.value.code == "workflow.not_yours"
    assert table.check(Status.SUBMITTED, "publish", role="DATA_AUTHORITY") == Status.PUBLISHED


@pytest.mark.parametrize(("state", "action"), [("draft", "explode"), ("nowhere", "submit")])
def test_an_unknown_action_or_state_is_a_defect(table, state, action):
    with pytest.raises(KeyError):
        table.check(state, action)


def test_can_is_the_twin_of_check(table):
    for state in Status:
        for transition in TRANSITIONS:
            for role in (None, "PROVIDER", "DATA_AUTHORITY", "PUBLIC"):
                try:
                    table.check(state, transition.name, role)
                    possible = True
                except (Conflict, NotAllowed):
                    possible = False
                assert table.can(state, transition.name, role) == possible


def test_actions_of_a_state(table):
    assert [t.name for t in table.actions(Status.SUBMITTED)] == ["publish", "send_back", "withdraw"]
    assert [t.name for t in table.actions(Status.SUBMITTED, "PROVIDER")] == ["withdraw"]
    assert table.actions(Status.PUBLISHED) == ()
    assert table.final == (Status.PUBLISHED, Status.WITHDRAWN)


def test_the_picture(table):
    picture = table.mermaid()
    assert picture.startswith('stateDiagram-v2\n    state "草稿" as draft\n')
    assert "    [*] --> draft\n" in picture
    assert "    draft --> withdrawn: 撤回\n    submitted --> withdrawn: 撤回\n" in picture
    assert picture.endswith("    published --> [*]\n    withdrawn --> [*]\n")
    assert "submit" in table.mermaid("en")


def test_states_may_be_an_enum_without_labels():
    assert Table("t", states=Status, initial=Status.DRAFT, transitions=TRANSITIONS).label(Status.DRAFT).zh == "draft"


@pytest.mark.parametrize(
    ("states", "transitions", "words"),
    [
        (["a"], [Transition("go", "a", "b", "R", Text("去", "go"))], "unknown states"),
        (["a", "b"], [], "nothing leads to"),
        (["a", "b"], [Transition("go", "a", "b", "R", Text("去", "go"))] * 2, "two transitions"),
        (["b"], [], "unknown states"),
    ],
)
def test_a_wrong_table_is_refused_when_it_is_built(states, transitions, words):
    with pytest.raises(ValueError, match=words):
        Table("t", states=states, initial="a", transitions=transitions)
