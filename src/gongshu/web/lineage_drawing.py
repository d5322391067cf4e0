"""The graph of an entry as a picture: columns from source to user, boxes in them, lines between neighbours.

Numbers are pixels of the drawing. What it shows, the table below it says in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gongshu.errors import Text
from gongshu.web.lineage import Graph, Group, Kind, Node

SHOWN = 6  # boxes of a kind; the others are one box with their number
WIDTH, HEIGHT = 128, 46  # of a box
_ACROSS, _DOWN = 26, 12  # between columns and boxes
_HEAD, _EDGE = 26, 14
_SIGNS = 16  # half-width signs that fit into a box

_COLUMNS: tuple[tuple[Kind, ...], ...] = (
    (Kind.DEMAND, Kind.SYSTEM, Kind.RUN, Kind.RELATED),
    (Kind.ENTRY,),
    (Kind.ITEM,),
    (Kind.VERSION,),
    (Kind.INTERFACE, Kind.RELEASE),
    (Kind.GRANT, Kind.DISPUTE),
    (Kind.ORGANIZATION, Kind.CLIENT),
)


@dataclass(frozen=True)
class Box:
    """One thing, or with ``rest`` all that has no box of its own."""

    kind: str
    x: int
    y: int
    title: Text
    note: Text
    full: Text
    link: str
    rest: bool = False

    @property
    def text_x(self) -> int:
        return self.x + 10

    @property
    def title_y(self) -> int:
        return self.y + (19 if self.note.zh else 28)

    @property
    def note_y(self) -> int:
        return self.y + 36


@dataclass(frozen=True)
class Head:
    """What a column holds."""

    x: int
    y: int
    text: Text


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    heads: list[Head]
    boxes: list[Box]
    lines: list[str]  # paths of SVG
    box_width: int = WIDTH
    box_height: int = HEIGHT


def draw(graph: Graph) -> Picture:
    """``graph`` drawn; columns that hold nothing are left out."""
    columns = [[found for kind in kinds if (found := graph.group(kind)).total] for kinds in _COLUMNS]
    columns = [column for column in columns if column]
    heights = [sum(_height(group) for group in column) for column in columns]
    tallest = max(heights)
    heads: list[Head] = []
    boxes: list[Box] = []
    places: dict[str, tuple[int, int]] = {}  # of the left upper corner, by key
    for number, column in enumerate(columns):
        x = _EDGE + number * (WIDTH + _ACROSS)
        y = _EDGE + (tallest - heights[number]) // 2
        for group in column:
            heads.append(Head(x, y + 16, group.label))
            y += _HEAD
            for node in group.nodes[:SHOWN]:
                boxes.append(_box(node, x, y))
                places[node.key] = (x, y)
                y += HEIGHT + _DOWN
            rests = _rests(group, x, y)
            if rests:
                places |= {node.key: (x, y) for node in group.nodes[SHOWN:]}
            boxes += rests
            y += len(rests) * (HEIGHT + _DOWN)
    lines = dict.fromkeys(
        _line(places[edge.source], places[edge.target])
        for edge in graph.edges
        if edge.source in places and edge.target in places
    )
    width = 2 * _EDGE + len(columns) * (WIDTH + _ACROSS) - _ACROSS
    return Picture(width, tallest + 2 * _EDGE, heads, boxes, list(lines))


def _height(group: Group) -> int:
    boxes = min(len(group.nodes), SHOWN) + len(_rests(group, 0, 0))
    return _HEAD + boxes * (HEIGHT + _DOWN)


def _rests(group: Group, x: int, y: int) -> list[Box]:
    """Boxes for what is not drawn one by one: too many, or not for this viewer."""
    found: list[Box] = []
    more = group.more + max(len(group.nodes) - SHOWN, 0)
    if more:
        text = Text(f"还有 {more} 个", f"{more} more")
        link = group.link or f"#graph-{group.kind}"
        found.append(Box(str(group.kind), x, y, text, Text("", ""), text, link, rest=True))
    if group.withheld:
        text = Text(f"另有 {group.withheld} 项授权", f"other grants: {group.withheld}")
        why = Text("与本单位无关，不予显示", "not ours to see")
        full = Text(f"{text.zh}，{why.zh}", f"{text.en}, {why.en}")
        below = y + len(found) * (HEIGHT + _DOWN)
        found.append(Box(str(group.kind), x, below, text, _fit(why, 20), full, "", rest=True))
    return found


def _box(node: Node, x: int, y: int) -> Box:
    full = Text(*(f"{t} — {n}" if n else t for t, n in ((node.title.zh, node.note.zh), (node.title.en, node.note.en))))
    return Box(str(node.kind), x, y, _fit(node.title), _fit(node.note, 20), full, node.link)


def _fit(text: Text, room: int = _SIGNS) -> Text:
    return Text(_cut(text.zh, room), _cut(text.en, room))


def _cut(text: str, room: int) -> str:
    """``text``, or its beginning with … where it is wider than ``room`` half-width signs."""
    widths: Sequence[int] = [1 if sign.isascii() else 2 for sign in text]
    if sum(widths) <= room:
        return text
    kept, used = 0, 2
    while used + widths[kept] <= room:
        used += widths[kept]
        kept += 1
    return text[:kept].rstrip(" ·") + "…"


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    """A curve from the right side of one box to the left side of another; within a column round the outer side."""
    if start[0] == end[0]:
        side, turn = (start[0], -_EDGE) if start[0] == _EDGE else (start[0] + WIDTH, _EDGE)
        y1, y2 = start[1] + HEIGHT // 2, end[1] + HEIGHT // 2
        return f"M{side} {y1}C{side + turn} {y1} {side + turn} {y2} {side} {y2}"
    x1, y1, x2, y2 = start[0] + WIDTH, start[1] + HEIGHT // 2, end[0], end[1] + HEIGHT // 2
    bend = min(_ACROSS // 2, max((x2 - x1) // 2, 8))
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
