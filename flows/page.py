"""Parts of the reports that a person opens in a browser: self-contained HTML without scripts or outside resources.

Flows in: numbers and words. Flows out: HTML text, escaped; tables in Markdown for artifacts.
"""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #d0d7de}
table{border-collapse:collapse;margin:.8rem 0}th,td{border:1px solid #d0d7de;padding:.25rem .7rem;text-align:right}
th:first-child,td:first-child{text-align:left}th{background:#f6f8fa}
.big{font-size:1.25rem;padding:.8rem 1rem;background:#eef6ee;border-left:5px solid #2da44e}
.big.leak{background:#ffeceb;border-color:#cf222e}.note{color:#57606a}
figure{display:inline-block;margin:.4rem;width:31rem}img{width:15.3rem}figcaption{font-size:.85rem;color:#57606a}
"""


def page(title: str, parts: Iterable[str]) -> str:
    """Put parts into one document."""
    body = "\n".join(parts)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<body>{body}</body></html>\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table; cells are escaped."""
    top = "".join(f"<th>{escape(str(cell))}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Give the lines of a table; no cell can end its row or its column."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(map(_cell, line)) + " |" for line in lines]


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("\\", "\\\\").replace("|", "\\|")


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share as a percentage."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"
