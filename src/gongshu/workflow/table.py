"""Transition tables: states, actions that lead from one to another, and who may take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gongshu.errors import Conflict, NotAllowed, Text


@dataclass(frozen=True, slots=True)
class Transition:
    """``name`` leads from ``source`` (one state or several) to ``target``; ``by`` names the roles that may do it."""

    name: str
    source: str | tuple[str, ...]
    target: str
    by: str | tuple[str, ...]
    label: Text

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,) if isinstance(self.source, str) else tuple(self.source)

    @property
    def roles(self) -> tuple[str, ...]:
        return (self.by,) if isinstance(self.by, str) else tuple(self.by)


class Table:
    """One life cycle.

    ``states`` is a mapping from state to its label, or an iterable of states (a ``StrEnum`` class, say) whose members may
    carry a ``label``. ``title`` names the thing in sentences ("申请", "application").

    Raises:
        ValueError: a transition names an unknown state, two transitions of one name leave one state, or a state cannot
            be reached. A table is written by a programmer, so this is a defect and not a user's error.
    """

    def __init__(
        self,
        name: str,
        *,
        states: Mapping[str, Text] | Iterable[str],
        initial: str,
        transitions: Iterable[Transition],
        title: Text | None = None,
    ) -> None:
        self.name = name
        self.title = title or Text("事项", "item")
        self.initial = initial
        self.transitions = tuple(transitions)
        if isinstance(states, Mapping):
            self.states: dict[str, Text] = dict(states)
        else:
            self.states = {state: getattr(state, "label", None) or Text(str(state), str(state)) for state in states}
        self._steps: dict[tuple[str, str], Transition] = {}
        for transition in self.transitions:
            for source in transition.sources:
                if (source, transition.name) in self._steps:
                    raise ValueError(f"{name}: two transitions {transition.name!r} leave {source!r}")
                self._steps[(source, transition.name)] = transition
        self._check_states()

    def _check_states(self) -> None:
        named = {self.initial} | {state for t in self.transitions for state in (*t.sources, t.target)}
        if unknown := sorted(str(state) for state in named - set(self.states)):
            raise ValueError(f"{self.name}: unknown states {unknown}")
        reached, frontier = {self.initial}, [self.initial]
        while frontier:
            state = frontier.pop()
            for (source, _), transition in self._steps.items():
                if source == state and transition.target not in reached:
                    reached.add(transition.target)
                    frontier.append(transition.target)
        if lost := sorted(str(state) for state in set(self.states) - reached):
            raise ValueError(f"{self.name}: states that nothing leads to: {lost}")

    @property
    def final(self) -> tuple[str, ...]:
        """States that nothing leaves."""
        left = {source for source, _ in self._steps}
        return tuple(state for state in self.states if state not in left)

    def label(self, state: str) -> Text:
        """How people read ``state``."""
        return self.states[state]

    def actions(self, state: str, role: str | None = None) -> tuple[Transition, ...]:
        """What can be done in ``state`` (by ``role``, when given), in the order of the table."""
        return tuple(
            transition
            for transition in self.transitions
            if state in transition.sources and (role is None or role in transition.roles)
        )

    def can(self, state: str, action: str, role: str | None = None) -> bool:
        """Whether ``action`` is possible in ``state`` (and open to ``role``, when given)."""
        transition = self._steps.get((state, action))
        return transition is not None and (role is None or role in transition.roles)

    def check(self, state: str, action: str, role: str | None = None) -> str:
        """The state that ``action`` leads to from ``state``.

        Raises:
            Conflict: ``workflow.not_now``, the sentence names the present state and what is possible in it.
            NotAllowed: ``workflow.not_yours``, ``role`` was given and the table does not name it.
            KeyError: the table knows no such action or state (a defect).
        """
        transition = self._steps.get((state, action))
        if transition is None:
            wanted = next(t for t in self.transitions if t.name == action) if self._knows(action) else None
            if wanted is None or state not in self.states:
                raise KeyError(f"{self.name}: no action {action!r} or no state {state!r}")
            raise self._not_now(state, wanted)
        if role is not None and role not in transition.roles:
            raise NotAllowed(
                "workflow.not_yours",
                f"您的角色不能对该{self.title.zh}执行“{transition.label.zh}”。请联系有权办理的单位。",
                f"Your role may not “{transition.label.en}” this {self.title.en}. Ask the body that may.",
                table=self.name,
                action=action,
            )
        return transition.target

    def _knows(self, action: str) -> bool:
        return any(transition.name == action for transition in self.transitions)

    def _not_now(self, state: str, wanted: Transition) -> Conflict:
        here = self.states[state]
        open_to = self.actions(state)
        zh = "、".join(f"“{t.label.zh}”" for t in open_to)
        en = ", ".join(f"“{t.label.en}”" for t in open_to)
        return Conflict(
            "workflow.not_now",
            f"该{self.title.zh}现为“{here.zh}”，不能“{wanted.label.zh}”。"
            + (f"现在可以：{zh}。" if zh else "它已办结。"),
            f"This {self.title.en} is “{here.en}” and cannot “{wanted.label.en}” now. "
            + (f"Possible now: {en}." if en else "It is closed."),
            table=self.name,
            state=str(state),
            action=wanted.name,
        )

    def mermaid(self, language: str = "zh") -> str:
        """The table as a Mermaid state diagram, deterministic, for the documentation."""
        lines = ["stateDiagram-v2"]
        lines += [f'    state "{label.say(language)}" as {state}' for state, label in self.states.items()]
        lines.append(f"    [*] --> {self.initial}")
        for transition in self.transitions:
            text = transition.label.say(language)
            lines += [f"    {source} --> {transition.target}: {text}" for source in transition.sources]
        lines += [f"    {state} --> [*]" for state in self.final]
        return "\n".join(lines) + "\n"
