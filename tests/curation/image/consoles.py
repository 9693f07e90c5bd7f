"""Draws ultrasound consoles with burned-in text and knows where every item stands: the ruler of these tests."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

EN_NAMES = ["ZHANG, WEI", "Smith John", "LONG PAN", "O'Neil Mary", "Li Ming", "GARCIA^ANA", "Wu, Min", "Johnson Stone"]
ZH_NAMES = ["张伟", "欧阳娜娜", "王芳", "高宫", "李建国", "左小燕"]
EN_HOSPITALS = ["St. Mary Medical Center", "BAPTIST MED CTR", "University Hospital", "Kidney Care Clinic"]
ZH_HOSPITALS = ["市第一人民医院", "妇幼保健院超声科", "协和医院", "城关镇卫生院"]
RESULTS = [
    [("1 IVSd", "1.12 cm"), ("LVIDd", "4.56 cm"), ("EF(Teich)", "62.3 %"), ("LVPWd", "0.98 cm")],
    [("BPD", "85.2 mm"), ("HC", "301.4 mm"), ("AC", "285.1 mm"), ("FL", "64.0 mm"), ("GA", "33w2d"), ("EFW", "2104 g")],
    [("PS", "70.64 cm/s"), ("ED", "12.30 cm/s"), ("RI", "0.83"), ("PI", "1.92"), ("S/D", "5.74")],
    [("D1", "23.1 mm"), ("D2", "14.5 mm"), ("Vol", "8.3 ml"), ("Area", "3.21 cm²")],
    [("1 Dist", "2.31 cm"), ("2 Dist", "1.08 cm")],
]
ZH_RESULTS = [
    [("双顶径", "85.2 mm"), ("头围", "301.4 mm"), ("股骨长", "64.0 mm"), ("孕周", "33周2天")],
    [("距离", "23.1 mm"), ("面积", "3.21 cm²"), ("体积", "8.3 ml")],
    [("收缩期峰值流速", "70.6 cm/s"), ("阻力指数", "0.83")],
]
LANDMARKS = [
    "RT KIDNEY SAG", "LIVER", "GB", "LT LOBE TRV", "Common Bile Duct", "RT BREAST 3:00", "PLAX", "A4C", "LONG RK",
    "Left Ovary Trans", "CFA PROX", "SPLEEN LONG", "Bladder", "THYROID ISTH", "RUQ", "Pancreas head",
]  # fmt: skip
ZH_LANDMARKS = [
    "右肾 纵切",
    "甲状腺右叶横切",
    "胆囊",
    "左乳 3点",
    "子宫",
    "肝左叶",
    "左侧颈总动脉",
    "膀胱",
    "胎盘",
    "脾脏",
]
SETTINGS = [
    "MI 1.2",
    "TIS 0.4",
    "FR 45Hz",
    "Gn 50",
    "DR 65",
    "D 16.0cm",
    "PRF 4.0kHz",
    "WF 100Hz",
    "C5-1",
    "Map 3",
    "Frq 3.5MHz",
]


@dataclass
class Item:
    """One drawn text."""

    text: str
    kind: str
    box: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass
class Console:
    """A frame with its items."""

    pixels: np.ndarray
    items: list[Item] = field(default_factory=list)
    known: dict = field(default_factory=dict)


def font_path(zh: bool) -> Path | None:
    try:
        import pylopdf_fonts_zh_cn as fonts
    except ImportError:
        return None
    return Path(fonts.__file__).parent / ("NotoSansSC-Regular.otf" if zh else "NotoSerifSC-Regular.otf")


def load_font(size: int, zh: bool):
    path = font_path(zh)
    return ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)


class Painter:
    def __init__(self, rng: random.Random, cols: int, rows: int) -> None:
        self.rng, self.cols, self.rows = rng, cols, rows
        self.image = Image.new("RGB", (cols, rows))
        self.draw = ImageDraw.Draw(self.image)
        self.items: list[Item] = []

    def sector(self) -> None:
        seed = np.random.default_rng(self.rng.randrange(1 << 30))
        noise = seed.gamma(2.0, 22.0, (self.rows // 2, self.cols // 2)).clip(0, 255).astype(np.uint8)
        speckle = Image.fromarray(noise).resize((self.cols, self.rows), Image.Resampling.BILINEAR)
        shape = Image.new("L", (self.cols, self.rows))
        c, r = self.cols, self.rows
        ImageDraw.Draw(shape).pieslice((c * 0.1, -r * 0.6, c * 0.9, r * 0.9), 40, 140, fill=255)
        self.image.paste(Image.merge("RGB", [speckle] * 3), (0, 0), shape)

    def text(self, xy: tuple[int, int], text: str, kind: str, size: int, fill=(230, 230, 230), zh=False) -> int:
        font = load_font(size, zh)
        self.draw.text(xy, text, font=font, fill=fill)
        box = self.draw.textbbox(xy, text, font=font)
        self.items.append(Item(text, kind, tuple(int(v) for v in box)))
        return int(box[2])


def draw_console(seed: int, zh: bool = False) -> Console:
    """Draw one console; everything varies with the seed."""
    rng = random.Random(seed)
    cols, rows = rng.choice([(640, 480), (800, 600), (1024, 768), (960, 720)])
    p = Painter(rng, cols, rows)
    p.sector()
    size = max(12, int(rows * rng.uniform(0.022, 0.03)))
    grey = rng.choice([(240, 240, 240), (180, 180, 180), (250, 220, 90), (120, 200, 250)])
    name = rng.choice(ZH_NAMES if zh else EN_NAMES)
    hospital = rng.choice(ZH_HOSPITALS if zh else EN_HOSPITALS)
    ident = str(rng.randrange(10**7, 10**8))
    date = rng.choice(["2024-03-09", "09/03/2024", "2024.03.09", "24-MAY-02"])
    cue = rng.choice(["", "姓名:" if zh else "Name: ", ""])
    x = p.text((8, 4), cue + name, "phi", size, grey, zh)
    x = p.text((x + size, 4), rng.choice(["", "ID:"]) + ident, "phi", size, grey, zh)
    p.text((x + size, 4), hospital, "phi", size, grey, zh)
    p.text((cols - size * 7, 4), date, "phi", size, grey, zh)
    p.text((cols - size * 7, 6 + size), "14:28:25", "phi", size, grey, zh)
    p.text((cols // 2, 6 + size), f"{rng.choice(SETTINGS[:2])}", "setting", size, grey, zh)
    _settings(p, rng, size, grey, zh)
    _results(p, rng, size, grey, zh)
    _landmarks(p, rng, size, grey, zh, name)
    for step in range(6):
        p.text(
            (cols - int(1.8 * size), int(rows * (0.35 + 0.08 * step))), str(step * 2 + 2), "tick", size - 2, grey, zh
        )
    if rng.random() < 0.4:
        p.text(
            (8, rows - size - 6),
            ("操作者: " if zh else "Op: ") + rng.choice(["JLK", "陈静" if zh else "Dr. Chen"]),
            "phi",
            size,
            grey,
            zh,
        )
    known = {"names": [name], "ids": [ident], "institutions": [hospital]} if rng.random() < 0.5 else {}
    return Console(np.asarray(p.image).copy(), p.items, known)


def _settings(p: Painter, rng: random.Random, size: int, grey, zh: bool) -> None:
    y = int(p.rows * 0.18)
    for text in rng.sample(SETTINGS, 5):
        p.text((6, y), text, "setting", size - 1, grey, zh)
        y += int(size * 1.35)


def _results(p: Painter, rng: random.Random, size: int, grey, zh: bool) -> None:
    pairs = rng.choice(ZH_RESULTS if zh and rng.random() < 0.7 else RESULTS)
    split = rng.random() < 0.6
    x, y = rng.choice([int(p.cols * 0.68), int(p.cols * 0.16)]), int(p.rows * 0.18)
    for label, value in pairs:
        if split:
            p.text((x, y), label, "measurement", size, grey, zh)
            p.text((x + size * 8, y), value, "measurement", size, grey, zh)
        else:
            p.text((x, y), f"{label} {value}", "measurement", size, grey, zh)
        y += int(size * rng.choice([1.25, 1.4, 1.6]))


def _landmarks(p: Painter, rng: random.Random, size: int, grey, zh: bool, name: str) -> None:
    pool = ZH_LANDMARKS if zh else LANDMARKS
    p.text((int(p.cols * 0.42), int(p.rows * 0.93)), rng.choice(pool), "landmark", size, grey, zh)
    end = p.text((int(p.cols * 0.3), int(p.rows * 0.8)), rng.choice(pool), "landmark", size, grey, zh)
    if rng.random() < 0.3:
        p.text((end + 3 * size, int(p.rows * 0.8)), name, "phi", size, grey, zh)


def visible_share(item: Item, source: np.ndarray, output: np.ndarray) -> float:
    """Share of an item's ink (pixels brighter than their ground) that is unchanged."""
    x0, y0, x1, y1 = item.box
    part, out = source[y0:y1, x0:x1].max(axis=2), output[y0:y1, x0:x1].max(axis=2)
    ink = part > 90
    return float(((part == out) & ink).sum() / max(1, ink.sum()))
