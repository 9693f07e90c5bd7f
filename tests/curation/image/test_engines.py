import pytest

from curation.image import easyocr
from curation.image.engines import check_engines, load_second
from schemas.config import Desensitize
from schemas.errors import ConfigError


def test_an_engine_that_is_not_installed_is_refused_before_any_work():
    with pytest.raises(ConfigError, match="EasyOCR is not installed"):
        check_engines(Desensitize(audit_engine="easyocr"))
    check_engines(Desensitize())
    assert load_second(Desensitize()) is None


def test_rapidocr_can_look_again_by_itself():
    assert load_second(Desensitize(audit_engine="rapidocr")) is None


@pytest.mark.easyocr
def test_easyocr_looks_again_where_it_is_installed():
    assert isinstance(load_second(Desensitize()), easyocr.EasyOcr)
