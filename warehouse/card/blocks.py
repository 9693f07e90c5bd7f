"""What a card is made of: headings, paragraphs, tables and charts; written as Markdown or as one page without scripts.

In: sections. Out: text. The same sections make both, so that the two never differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border: 1px solid #ccc; padding: .2rem .6rem; text-align: left }
th { background: #f3f3f3 } svg { max-width: 100%; height: auto } code { background: #f3f3f3 }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True, slots=True)
class Rows:
    """A table; columns are those of the first row."""

    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: a file beside the Markdown, inline in the page."""

    name: str
    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: Sequence["str | Rows | Chart"]


def markdown(title: str, sections: Sequence[Section]) -> str:
    """Write the sections as Markdown; charts are links to ``charts/NAME.svg``."""
    parts = [f"# {title}"]
    for section in sections:
        parts.append(f"## {section.title}")
        parts += [_markdown(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def page(title: str, sections: Sequence[Section]) -> str:
    """Write the sections as one page that loads nothing."""
    body = [f"<h1>{escape(title)}</h1>"]
    for section in sections:
        body.append(f"<h2>{escape(section.title)}</h2>")
        body += [_html(block) for block in section.blocks]
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    inside = "\n".join(body)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n{inside}\n</body></html>\n"
    )


def _markdown(block: "str | Rows | Chart") -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, Chart):
        return f"![{block.caption}](charts/{block.name}.svg)"
    if not block.rows:
        return "None."
    names = list(block.rows[0])
    lines = [names, ["---"] * len(names), *([_cell(row[name]) for name in names] for row in block.rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _html(block: "str | Rows | Chart") -> str:
    if isinstance(block, str):
        return f"<p>{escape(block).replace(chr(10), '<br>')}</p>"
    if isinstance(block, Chart):
        return f"<figure>{block.svg}<figcaption>{escape(block.caption)}</figcaption></figure>"
    if not block.rows:
        return "<p>None.</p>"
    names = list(block.rows[0])
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = ("".join(f"<td>{escape(_cell(row[name]))}</td>" for name in names) for row in block.rows)
    return f"<table><tr>{head}</tr>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def _cell(value: Any) -> str:  # noqa: ANN401 - any cell
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or "–"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
