"""`sonocurate audit-masks` end to end, by the real step, on three frames; and on frames of one's own."""

import json

import numpy as np
import pytest
from PIL import Image

from flows.masks.audit import commands, planted
from flows.masks.audit.planted import OURS, Plan, run_audit
from flows.planted.frame import PlantedFrame
from schemas.config import Desensitize, Masking
from schemas.errors import ConfigError
from tests.flows.masks.folder.test_tree import NAME_BOX, screen


def nothing(pixels):
    """Mask nothing."""
    return pixels


def everything(pixels):
    return np.zeros_like(pixels)


@pytest.mark.slow
def test_an_audit_writes_its_page_and_numbers_and_compares_on_the_same_frames(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(commands, "find_peers", lambda: ({"nothing": nothing, "everything": everything}, ["easyocr"]))
    plan = commands.plan_of(n=3, seed=5, frames=None, language=None, stress=False)
    commands.audit_planted(tmp_path / "out", plan, config=None, with_peers=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [commands.PAGE, commands.NUMBERS]
    numbers = json.loads((tmp_path / "out" / commands.NUMBERS).read_text(encoding="utf-8"))
    assert list(numbers["methods"]) == [OURS, "nothing", "everything"]
    ours, bare, black = numbers["methods"].values()
    published = 3 - sum(numbers["quarantined"].values())
    assert numbers["plan"]["frames"] == 3
    assert published > 0
    assert bare["phi_items"] == black["phi_items"] >= ours["phi_items"] > 0
    assert bare["leaked_items"] >= 0.9 * bare["phi_items"]
    assert (bare["kept"]["measurement"]["share"], bare["scan_pixels_changed_outside_phi"]) == (1.0, 0.0)
    assert (black["leaked_items"], black["kept"]["measurement"]["share"]) == (0, 0.0)
    assert ours["leaked_items"] <= 0.1 * ours["phi_items"]
    assert ours["kept"]["measurement"]["share"] > 0.3
    assert numbers["absent_peers"] == ["easyocr"]
    page = (tmp_path / "out" / commands.PAGE).read_text(encoding="utf-8")
    assert page.count("<figure>") == published
    shown = capsys.readouterr().out
    assert "PHI items leaked" in shown
    assert str(tmp_path / "out" / commands.PAGE) in shown


@pytest.mark.slow
def test_own_frames_are_masked_before_anything_is_planted_on_them(tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    console = screen(4)
    Image.fromarray(console).save(tmp_path / "own" / "console.png")
    seen = []

    def plant(pixels, seed, *, language):
        seen.append(pixels)
        return PlantedFrame(f"f-{seed}", "given", language, "given", pixels, (), {})

    monkeypatch.setattr(planted, "plant_on", plant)
    audit = run_audit(Plan(9, 1, frames=tmp_path / "own"), Masking(desensitize=Desensitize(workers=1)), {})
    assert audit.frames == 1
    x0, y0, x1, y1 = NAME_BOX
    assert console[y0:y1, x0:x1].max() > 150
    assert all(pixels[y0:y1, x0:x1].max() < 60 for pixels in seen)


def test_a_folder_without_images_is_a_config_error(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "notes.txt").touch()
    with pytest.raises(ConfigError, match="no readable image"):
        run_audit(Plan(2, 1, frames=tmp_path / "own"), Masking(desensitize=Desensitize(workers=1)), {})
