"""The config: unknown keys fail, paths are relative to the file, fingerprints cover meaning only."""

import pytest

from flows.starter import STARTER, write_starter
from schemas.config import Deduplicate, Desensitize, language_of
from schemas.endpoint import Endpoint
from schemas.errors import ConfigError
from schemas.load import load, root_of

MINIMAL = '[input]\ntable = "cases.csv"\nimages = "images"\n'


def write(tmp_path, text):
    path = tmp_path / "pipeline.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file(tmp_path):
    config = load(write(tmp_path, MINIMAL + '[pseudonym]\nkey_file = "key"\n'))
    assert config.input.table == tmp_path / "cases.csv"
    assert config.warehouse.root == tmp_path / "warehouse/data"
    assert config.pseudonym.key_file == tmp_path / "key"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[input\n", "not valid TOML"),
        ("x = " + "1" * 5000, "too many digits"),
        ("x = " + "[" * 5000, "nested too deep"),
        ("", "input: Field required"),
        (MINIMAL + "[scrubb]\n", "scrubb: unknown key"),
        (MINIMAL + "[scrub]\nmax_char = 3\n", "scrub.max_char: unknown key"),
        (MINIMAL + "[deduplicate]\nrouge_threshold = 7\n", "deduplicate.rouge_threshold"),
        (MINIMAL + "[input.columns]\nreport = 'x'\n", "unknown column names on the left side: report"),
        (MINIMAL + "[release]\nname = '../x'\n", "release.name"),
        (
            MINIMAL + "[[endpoints]]\nname = 'a'\nbase_url = 'http://x/v1'\nmodel = 'm'\nweight = -1\n",
            "endpoint a: weight",
        ),
        (
            MINIMAL + "[[endpoints]]\nname = 'a'\nbase_url = 'http://x/v1'\nmodel = 'm'\ncapabilities = ['smell']\n",
            "endpoint a: capabilities.0",
        ),
    ],
)
def test_mistakes_are_one_line_that_names_the_key(tmp_path, text, message):
    with pytest.raises(ConfigError) as error:
        load(write(tmp_path, text))
    assert message in str(error.value)
    assert "\n" not in str(error.value).strip() or "TOML" in message


def test_hosts_off_this_machine_are_listed_with_their_agreement(tmp_path):
    table = "[[generate.allowed]]\nhost = 'llm.example.org'\n"
    config = load(write(tmp_path, MINIMAL + table + "agreement = 'DPA-1'\n"))
    assert config.generate.allowed[0].agreement == "DPA-1"
    with pytest.raises(ConfigError, match="generate.allowed.0.agreement"):
        load(write(tmp_path, MINIMAL + table))


def test_a_missing_config_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="sonocurate init"):
        load(tmp_path / "absent.toml")


def test_the_starter_config_is_valid_and_never_overwrites(tmp_path):
    path = tmp_path / "pipeline.toml"
    write_starter(path)
    assert load(path).release.name == "demo"
    uncommented = "\n".join(line[2:] if line.startswith("# [") else line for line in STARTER.splitlines())
    for table in ("[[endpoints]]", "[[generate.allowed]]"):
        uncommented = uncommented.replace(table, "")
    assert load(write(tmp_path, uncommented)).input.table
    with pytest.raises(ConfigError, match="exists already"):
        write_starter(path)


def test_fingerprints_cover_meaning_only():
    assert Desensitize(workers=1).fingerprint() == Desensitize(workers=8).fingerprint()
    assert Desensitize(margin_px=4).fingerprint() != Desensitize().fingerprint()
    assert Deduplicate(rouge_threshold=0.8).fingerprint() != Deduplicate().fingerprint()
    endpoint = Endpoint(name="a", base_url="http://127.0.0.1/v1", model="m")
    assert endpoint.model_copy(update={"max_concurrency": 9}).fingerprint() == endpoint.fingerprint()


@pytest.mark.parametrize(
    ("cell", "language"), [("ZH", "zh"), ("中文", "zh"), ("English", "en"), ("fr", None), (None, None)]
)
def test_languages(cell, language):
    assert language_of(cell) == language


def test_a_place_that_cannot_exist_is_one_line(tmp_path):
    long = tmp_path / ("x" * 300)
    for config, root in ((long, None), (tmp_path, long)):
        with pytest.raises(ConfigError, match=r"cannot be read \(File name too long\)"):
            root_of(config, root)
    assert root_of(tmp_path / "none.toml", None).name == "data"
    assert root_of(long, tmp_path) == tmp_path
