"""What two readers found in the sample: counts, what both may have missed, an upper bound, their agreement.

In: the folder of ``draw_sample`` with both sheets filled in. Out: one row per site and one in total.
The bound is on the larger of what was seen by either reader and Chapman's estimate of what there is, so that a leak
both missed does not make the archive look better. The sample is proportional to the sites: the total needs no weights.
"""

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from curation.statistics import chapman, clopper_pearson, cohen_kappa
from flows.masks.readers.real import MANIFEST, READERS
from flows.masks.readers.sheets import read_sheet
from schemas.errors import ConfigError

ALL_SITES = "all sites"  # no site's code has a space
YES = frozenset({"y", "yes", "1", "是"})
NO = frozenset({"n", "no", "0", "否"})
CONFIDENCE = 0.95

Answers = Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class ReaderScore:
    """What the readers found in the exams of a site.

    ``leaks_estimate``: exams with a leak, seen or not (Chapman). ``leak_rate_upper``: 95 % upper bound on their share.
    ``kappa`` is None where both readers gave one and the same answer throughout.
    """

    site: str
    exams: int
    reader_1: int
    reader_2: int
    both: int
    union: int
    leaks_estimate: float
    leak_rate_upper: float
    kappa: float | None


def score_readers(out_dir: Path) -> list[ReaderScore]:
    """Read both sheets back and score them: a row per site, then all sites.

    Raises: ConfigError when the folder is no finished sample or an answer is missing or unreadable; it names the row.
    """
    sites = _sites(out_dir)
    first, second = (_answers(out_dir / f"{reader}.csv", sites) for reader in READERS)
    by_site = {site: [p for p, home in sites.items() if home == site] for site in sorted(set(sites.values()))}
    rows = [_score(site, pictures, first, second) for site, pictures in by_site.items()]
    return [*rows, _score(ALL_SITES, list(sites), first, second)]


def render(scores: Sequence[ReaderScore]) -> Table:
    """Show scores as a table for the terminal."""
    names = (
        "site",
        "exams",
        "reader 1",
        "reader 2",
        "both",
        "either",
        "leaks, estimated",
        "leak rate, at most",
        "kappa",
    )
    table = Table(*names, title="Exams with identity left in the picture, by two readers")
    for score in scores:
        counts = (score.exams, score.reader_1, score.reader_2, score.both, score.union)
        kappa = "" if score.kappa is None else f"{score.kappa:.2f}"
        rates = (f"{score.leaks_estimate:.1f}", f"{100 * score.leak_rate_upper:.2f} %", kappa)
        table.add_row(score.site, *map(str, counts), *rates)
    return table


def _sites(out_dir: Path) -> dict[str, str]:
    """Give the site of every picture of the sample."""
    try:
        pictures = json.loads((out_dir / MANIFEST).read_text(encoding="utf-8"))["pictures"]
        sites = {str(row["picture"]): str(row["site"]) for row in pictures}
    except (OSError, ValueError, KeyError, TypeError):
        sites = {}
    if not sites:
        raise ConfigError(
            f"{out_dir} holds no finished sample: draw one with `sonocurate audit-masks --real N OUT_DIR`"
        )
    return sites


def _answers(path: Path, sites: Mapping[str, str]) -> Answers:
    answers: dict[str, bool] = {}
    for number, row in read_sheet(path, ("picture", "identity_seen", "n_items")):
        picture, where = row["picture"], f"{path.name}, row {number}"
        if picture not in sites:
            raise ConfigError(f"{where}: this picture is not in the sample; restore its name")
        if picture in answers:
            raise ConfigError(f"{where}: {picture} is answered twice; delete one of the rows")
        answers[picture] = _answer(row["identity_seen"], row["n_items"], f"{where} ({picture})")
    missing = sorted(set(sites) - set(answers))
    if missing:
        raise ConfigError(f"{path.name}: no row for {missing[0]} ({len(missing)} missing): add it with an answer")
    return answers


def _answer(seen: str, items: str, where: str) -> bool:
    """Read an answer; the number of items may be left out and must not contradict it."""
    word = _plain(seen)
    if not word:
        raise ConfigError(f"{where}: identity_seen is empty; answer y or n")
    if word not in YES | NO:
        raise ConfigError(f"{where}: identity_seen must be y or n")
    count = _plain(items)
    if count and not (count.isascii() and count.isdigit()):
        raise ConfigError(f"{where}: n_items must be a whole number or empty")
    if count and (int(count) > 0) != (word in YES):
        raise ConfigError(f"{where}: identity_seen and n_items contradict each other")
    return word in YES


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().lower()


def _score(site: str, pictures: Sequence[str], first: Answers, second: Answers) -> ReaderScore:
    pairs = [(first[picture], second[picture]) for picture in pictures]
    found_1, found_2 = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    both = sum(a and b for a, b in pairs)
    union, n = found_1 + found_2 - both, len(pairs)
    estimate = chapman(found_1, found_2, both)
    leaks = min(n, max(union, math.ceil(estimate)))
    upper = clopper_pearson(leaks, n, confidence=CONFIDENCE, sided="upper").high
    kappa = cohen_kappa(both, found_1 - both, found_2 - both, n - union)
    return ReaderScore(site, n, found_1, found_2, both, union, estimate, upper, kappa)
