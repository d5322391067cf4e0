"""How the story is told on the screen: Chinese first, English beside it, and the article behind each step."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from gongshu.errors import GongshuError, Text


class Narrator:
    """Prints steps and lines; knows nothing of what they mean."""

    def __init__(self, total: int) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._total = total
        self._number = 0

    def title(self, zh: str, en: str) -> None:
        self._console.print(f"\n[bold]{zh}[/bold]\n[dim]{en}[/dim]")

    def step(self, zh: str, en: str, *, again: bool = False) -> None:
        self._number += 1
        mark = " [dim]（此前已完成 done before）[/dim]" if again else ""
        self._console.print(
            f"\n[bold cyan]{self._number}/{self._total}[/bold cyan] [bold]{zh}[/bold]  [dim]{en}[/dim]{mark}"
        )

    def line(self, zh: str, en: str = "") -> None:
        self._console.print(f"    {zh}", markup=False, end="" if en else "\n")
        if en:
            self._console.print(f"  {en}", markup=False, style="dim")

    def articles(self, labels: Iterable[str]) -> None:
        """The articles behind a step, each once."""
        for label in dict.fromkeys(labels):
            self._console.print(f"    依据 {label}", markup=False, style="green")

    def refusal(self, error: GongshuError | Text, code: str = "") -> None:
        """The platform said no, as it should."""
        text = error.text if isinstance(error, GongshuError) else error
        name = error.code if isinstance(error, GongshuError) else code
        self._console.print(f"    ✗ {text.zh} [{name}]", markup=False, style="yellow")
        self._console.print(f"      {text.en}", markup=False, style="dim")
