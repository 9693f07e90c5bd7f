"""The key: mode 600, outside the warehouse, never overwritten, never shown."""

import errno
import io
import os
import stat

import pytest

from curation.pseudonym import Pseudonymizer
from flows.key import init_key, load_key, rotate_key
from flows.starter import write_starter
from schemas.config import Input, Pipeline, Pseudonym, Warehouse
from schemas.errors import ConfigError


def pipeline(tmp_path, **settings):
    return Pipeline(
        input=Input(table=tmp_path / "t.csv", images=tmp_path),
        warehouse=Warehouse(root=tmp_path / "warehouse"),
        pseudonym=Pseudonym(**settings),
    )


def test_a_new_key_is_private_and_never_overwritten(tmp_path):
    path = tmp_path / "sub" / "key"
    init_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(load_key(pipeline(tmp_path, key_file=path))) == 32
    with pytest.raises(ConfigError, match="exists already"):
        init_key(path)


def test_rotation_keeps_the_old_key_beside_and_changes_pseudonyms(tmp_path):
    path = tmp_path / "key"
    init_key(path)
    before = path.read_text()
    old = rotate_key(path)
    assert old.read_text() == before != path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rotate_key(path)
    assert (tmp_path / "key.2").exists()
    codes = {
        Pseudonymizer(bytes.fromhex(p.read_text())).code("case", "s", "1") for p in (path, old, tmp_path / "key.2")
    }
    assert len(codes) == 3


def test_rotating_nothing_says_so(tmp_path):
    with pytest.raises(ConfigError, match="key init"):
        rotate_key(tmp_path / "key")


def test_loading_refuses_what_is_unsafe(tmp_path, monkeypatch):
    monkeypatch.delenv("SONOCURATE_KEY", raising=False)
    path = tmp_path / "key"
    with pytest.raises(ConfigError, match="no key"):
        load_key(pipeline(tmp_path))
    with pytest.raises(ConfigError, match="key init"):
        load_key(pipeline(tmp_path, key_file=path))
    init_key(path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_key(pipeline(tmp_path, key_file=path))
    inside = tmp_path / "warehouse" / "key"
    init_key(inside)
    with pytest.raises(ConfigError, match="outside the warehouse"):
        load_key(pipeline(tmp_path, key_file=inside))


def test_the_environment_wins_and_a_bad_key_is_not_repeated(tmp_path, monkeypatch):
    monkeypatch.setenv("SONOCURATE_KEY", "ab" * 32)
    assert load_key(pipeline(tmp_path)) == b"\xab" * 32
    monkeypatch.setenv("SONOCURATE_KEY", "not-a-key-but-secret")
    with pytest.raises(ConfigError) as error:
        load_key(pipeline(tmp_path))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("write", [init_key, write_starter])
def test_a_file_that_a_full_disk_cut_short_does_not_stay_in_the_way(tmp_path, monkeypatch, write):
    class Full(io.StringIO):
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    def full(descriptor, *_, **__):
        if isinstance(descriptor, int):
            os.close(descriptor)
        else:
            descriptor.touch()
        return Full()

    path = tmp_path / "new"
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdopen", full)
        patched.setattr(type(path), "open", full)
        with pytest.raises(ConfigError, match="No space left"):
            write(path)
    assert not path.exists()
    write(path)
    assert path.stat().st_size > 0
