"""Invented gold and answers of any number, for speed: mixed as U2-BENCH is, or as a release's test split.

In: a suite and a number. Out: two JSONL files. The same seed gives the same bytes. Every answer of a text is its own:
no part of the work is saved by equal texts.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmark.parse.location import CELLS
from benchmark.records import Suite

_ENGLISH = """the liver is normal in size with homogeneous parenchyma and smooth surface no focal lesion seen
gallbladder wall thickened a hypoechoic nodule measuring 1.2 cm irregular margins microcalcifications right lobe mild
dilated duct blood flow increased cyst anechoic posterior enhancement kidney stone shadowing left bladder"""
TEXT_WORDS = _ENGLISH.split()
_CHINESE = """肝脏大小正常， 包膜光滑， 实质回声均匀， 未见明显占位， 胆囊壁增厚， 甲状腺右叶见低回声结节， 边界清晰，
形态规则， 血流信号丰富， 双肾未见异常， 左房增大， 颈动脉斑块形成，"""
_ZH = _CHINESE.split()
#: Shares of tasks: most cases of U2-BENCH are closed; a tenth are texts.
_U2 = {"DD": 0.30, "VRA": 0.20, "LL": 0.08, "OD": 0.22, "KD": 0.02, "CVE": 0.08, "RG": 0.05, "CG": 0.05}
_DATASETS = {
    "DD": ["21", "23", "42", "66"],
    "VRA": ["03", "10", "69"],
    "LL": ["04", "23"],
    "OD": ["09", "13", "18"],
    "KD": ["48"],
    "CVE": ["18", "57"],
    "RG": ["39"],
    "CG": ["10", "44"],
}
_ORGANS = ("liver", "kidney", "thyroid", "vessel", "gynaecology", "heart", "breast")
_OPTIONS = ("benign", "malignant", "normal")


def write_answers(folder: Path, suite: Suite, count: int, seed: int = 0) -> tuple[Path, Path]:
    """Write gold and answers."""
    paths = folder / f"{suite.value}-gold.jsonl", folder / f"{suite.value}-answers.jsonl"
    rng = random.Random(seed)
    with paths[0].open("w", encoding="utf-8") as gold, paths[1].open("w", encoding="utf-8") as answers:
        for item, answer in _pairs(suite, count, rng):
            gold.write(json.dumps(item, ensure_ascii=False) + "\n")
            answers.write(json.dumps({"id": item["id"], "answer": answer}, ensure_ascii=False) + "\n")
    return paths


def _pairs(suite: Suite, count: int, rng: random.Random) -> Iterator[tuple[dict[str, Any], str]]:
    tasks, weights = list(_U2), list(_U2.values())
    for number in range(count):
        base = {"id": f"i{number}", "patient_id": f"p{rng.randrange(count // 3)}", "anatomy": rng.choice(_ORGANS)}
        if suite is Suite.U2:
            task = rng.choices(tasks, weights)[0]
            more, answer = _u2(task, rng)
            yield {**base, "task": task, "dataset": rng.choice(_DATASETS[task]), **more}, answer
        elif rng.random() < 0.2:
            text, answer = _texts(rng)
            yield {**base, "task": "report", "dataset": "test", "gold": text}, answer
        else:
            gold, answer = _choice(rng)
            yield {**base, "task": "vqa", "dataset": "test", "options": list(_OPTIONS), "gold": gold}, answer


def _u2(task: str, rng: random.Random) -> tuple[dict[str, Any], str]:
    if task in ("RG", "CG"):
        text, answer = _texts(rng)
        return {"gold": text}, answer
    if task in ("DD", "VRA"):
        gold, answer = _choice(rng)
        return {"gold": gold, "options": list(_OPTIONS)}, answer
    if task == "CVE":
        value = rng.uniform(10, 75)
        stated = rng.choice([f"{value:.1f}", f"about {value:.0f} %", "60-65", "I cannot measure this."])
        return {"gold": [{"value": value}]}, stated
    cell = rng.choice(CELLS)
    answer = rng.choice([cell, f"The lesion is in the {rng.choice(CELLS)} of the image.", "I cannot see the image."])
    return {"gold": [rng.random(), rng.random()]}, answer


def _choice(rng: random.Random) -> tuple[str, str]:
    gold = rng.choice(_OPTIONS)
    stated = rng.choice(
        [gold, f"The lesion is most likely {rng.choice(_OPTIONS)}.", "B", "I'm sorry, I can't help.", "A or B"]
    )
    return gold, stated


def _texts(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.5:
        parts = rng.choices(_ZH, k=rng.randint(6, 14))
        other = [part if rng.random() < 0.6 else rng.choice(_ZH) for part in parts]
        return "".join(parts) + f"大小{rng.randint(1, 10**6)}mm。", "".join(other) + f"约{rng.randint(1, 10**6)}mm。"
    words = rng.choices(TEXT_WORDS, k=rng.randint(30, 80))
    return " ".join(words), " ".join(word if rng.random() < 0.6 else rng.choice(TEXT_WORDS) for word in words)
