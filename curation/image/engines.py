"""Which engine reads, and which one looks again.

Flows in: the settings. Flows out: loaded engines, once per process.
"""

from curation.image import easyocr
from curation.image.ocr import OcrEngine
from curation.image.overlay import Tools
from curation.image.rapidocr import load_engine
from schemas.config import Desensitize
from schemas.errors import ConfigError


def load_tools(config: Desensitize) -> Tools:
    """Load the engines that the settings name; EasyOCR looks again where it is installed.

    Raises: ConfigError where an engine is asked for that is not installed.
    """
    return Tools(load_engine(), config, load_second(config))


def check_engines(config: Desensitize) -> None:
    """See that the engines are installed, before any work.

    Raises: ConfigError.
    """
    if config.audit_engine == "easyocr" and not easyocr.is_available():
        raise ConfigError("desensitize.audit_engine: EasyOCR is not installed: pip install 'sonocurate[easyocr]'")


def load_second(config: Desensitize) -> OcrEngine | None:
    """Load the engine of the residual audit; None: the one that read the frame."""
    wanted = config.audit_engine == "easyocr" or (config.audit_engine == "auto" and easyocr.is_available())
    return easyocr.load_easyocr() if wanted else None
