import pytest


@pytest.fixture(scope="session")
def engine():
    from curation.image.rapidocr import load_engine

    return load_engine(1)
