"""`make bench-scrub`: what scrubbing finds, destroys and costs, printed as tables. Run it with nothing else running.

Flows in: the labelled reports of ``tests/curation/text/labelled`` (development and test half by different authors) and,
where given, files of real text without patients. Flows out: lines on standard output.
"""

import argparse
import csv
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.table import Table

from curation.text.ner import load_redactor
from curation.text.redact import redact
from flows.page import percent
from flows.reports.audit.commands import audit_reports, print_figures
from flows.reports.audit.labelled import LabelledReport, read_labelled
from flows.reports.audit.methods import all_methods, ours, presidio
from flows.reports.scrub_file import scrub_file
from flows.show import console
from schemas.case import Language
from schemas.config import Scrub, Scrubbing

LABELLED = Path(__file__).parents[2] / "tests/curation/text/labelled"
#: Where the two halves of the labelled reports are.
HALVES = {"test": [LABELLED / "test.jsonl"], "development": sorted(LABELLED.glob("development_*.jsonl"))}

#: Reports before the clock starts: word lists and models are read at first use, automata grow with the first texts.
_WARM_UP = 200


def _half(name: str) -> list[LabelledReport]:
    return [report for path in HALVES[name] for report in read_labelled(path)]


def quality() -> None:
    """Print recall, precision and loss of both halves, and the gap between them."""
    recalls: dict[str, dict[str, float]] = {}
    for half in HALVES:
        numbers = audit_reports(_half(half), all_methods(ner=True, peers=half == "test"))
        console().print(f"\n{half} half, asked of the test half: recall >= 98 %, lost <= 1 %, survived >= 99 %")
        print_figures(numbers)
        found = numbers["methods"]["sonocurate"]
        recalls[half] = {language: found[language]["recall"]["value"] for language in found}
    table = Table("gap of recall, development - test", "points", "asked")
    for language, value in recalls["test"].items():
        table.add_row(language, f"{100 * (recalls['development'][language] - value):.1f}", "<= 2")
    console().print(table)


def real_text(files: Sequence[Path]) -> None:
    """Print how much of real text without patients is removed."""
    table = Table("real text without patients", "texts", "characters removed", "asked")
    for path in files:
        texts = list(_texts(path))
        spans = [span for text in texts for span in redact(text, engine=load_redactor(ner=True)).spans]
        share = sum(span.end - span.start for span in spans) / max(1, sum(map(len, texts)))
        table.add_row(path.name, str(len(texts)), percent(share, 3), "<= 0.3 %")
    console().print(table)


def _texts(path: Path) -> Iterable[str]:
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            yield from (row["text"] for row in csv.DictReader(file))
        else:
            yield from (json.loads(line)["text"] for line in file if line.strip())


def throughput() -> None:
    """Print reports per CPU second against Presidio's default English pipeline, on the same reports."""
    reports = _half("development")
    chinese = [r for r in reports if r.language is Language.ZH]
    english = [r for r in reports if r.language is Language.EN]
    base = _per_second(presidio, english)
    table = Table("throughput", "reports / CPU s", "times presidio default", "asked")
    table.add_row("presidio default, en", f"{base:.0f}", "1.0", "")
    for ner, asked in ((False, {"zh": ">= 20", "en": ">= 20"}), (True, {"zh": ">= 4", "en": ">= 1.5"})):
        for name, chosen in (("zh", chinese), ("en", english)):
            speed = _per_second(ours(ner=ner, known=True), chosen)
            label = f"sonocurate {'with' if ner else 'without'} NER, {name}"
            table.add_row(label, f"{speed:.0f}", f"{speed / base:.1f}", asked[name])
    console().print(table)


def _per_second(method: Callable[[LabelledReport], object], reports: Sequence[LabelledReport]) -> float:
    for report in reports[:_WARM_UP]:
        method(report)
    start = time.process_time()
    for report in reports:
        method(report)
    return len(reports) / (time.process_time() - start)


def workers(times: int) -> None:
    """Print how much faster two processes are than one."""
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        source = Path(scratch, "in.jsonl")
        rows = [{"case_id": r.case_id, "text": r.text} for r in _half("development")] * times
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        seconds = {}
        for count in (1, 2):
            start = time.monotonic()
            scrub_file(source, Path(scratch, f"out{count}"), config=Scrubbing(scrub=Scrub()), key=None, workers=count)
            seconds[count] = time.monotonic() - start
    table = Table("processes", "s", "times one", "asked")
    table.add_row("1", f"{seconds[1]:.1f}", "1.00", "")
    table.add_row("2", f"{seconds[2]:.1f}", f"{seconds[1] / seconds[2]:.2f}", ">= 1.7")
    console().print(table)


def main(arguments: Sequence[str]) -> None:
    """Run the parts that are asked for; all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["quality", "throughput", "workers"])
    parser.add_argument("--real", type=Path, nargs="*", default=[], help="CSV or JSONL files with a text column")
    options = parser.parse_args(arguments)
    runs: dict[str, Callable[[], None]] = {"quality": quality, "throughput": throughput, "workers": lambda: workers(3)}
    for part in options.parts:
        runs[part]()
    if options.real:
        real_text(options.real)


if __name__ == "__main__":
    main(sys.argv[1:])
