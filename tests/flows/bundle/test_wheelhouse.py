"""A bundle lists and proves what it holds, and installs without a network."""

import hashlib
import json
import subprocess
import sys
import zipfile
from importlib.metadata import version

import pytest

from flows.bundle.wheelhouse import CHECKOUT, LOCKS, pins, seal
from schemas.errors import ConfigError


def make_wheel(folder, name, number, body):
    """Write a real wheel of one module (PEP 427)."""
    module = name.replace("-", "_")
    records = f"{module}-{number}.dist-info"
    with zipfile.ZipFile(folder / f"{module}-{number}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{module}.py", body)
        wheel.writestr(f"{records}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")
        wheel.writestr(f"{records}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{records}/entry_points.txt", f"[console_scripts]\n{name} = {module}:main\n")
        wheel.writestr(f"{records}/RECORD", "")


@pytest.fixture
def number():
    """Not asked at import: the environment of the slow suites holds the checkout uninstalled."""
    return version("sonocurate")


@pytest.fixture
def bundle(tmp_path, number):
    out, locks = tmp_path / "out", tmp_path / "locks"
    (out / "wheels").mkdir(parents=True)
    locks.mkdir()
    (locks / "requirements.lock").write_text("One-Part==1.2.0\n# comment\n")
    (locks / "requirements-weights.lock").write_text("weights-part==3\n")
    make_wheel(out / "wheels", "one-part", "1.2.0", "")
    make_wheel(out / "wheels", "weights-part", "3", "")
    make_wheel(out / "wheels", "sonocurate", number, "def main():\n    print('it runs')\n")
    return out, locks


def test_the_manifest_names_every_pin_and_every_checksum_is_right(bundle, number):
    out, locks = bundle
    manifest = seal(out, locks)
    assert manifest == json.loads((out / "bundle.json").read_text())
    assert [(row["name"], row["version"]) for row in manifest["packages"]] == [
        ("sonocurate", number),
        ("One-Part", "1.2.0"),
        ("weights-part", "3"),
    ]
    for row in manifest["packages"]:
        assert hashlib.sha256((out / "wheels" / row["file"]).read_bytes()).hexdigest() == row["sha256"]
    sums = dict(reversed(line.split("  ", 1)) for line in (out / "checksums.sha256").read_text().splitlines())
    files = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    del files["checksums.sha256"]
    assert sums == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def test_a_pin_without_a_wheel_is_named(bundle):
    out, locks = bundle
    (locks / "requirements.lock").write_text("one-part==1.2.0\nabsent-part==9\n")
    with pytest.raises(ConfigError, match="absent-part==9"):
        seal(out, locks)
    assert not (out / "checksums.sha256").exists()


@pytest.mark.slow
def test_the_script_installs_from_the_folder_alone_and_refuses_what_was_changed(bundle, tmp_path):
    out, locks = bundle
    seal(out, locks)
    command = [out / "install.sh", tmp_path / "venv"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "PIP_NO_INDEX": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ran = subprocess.run([tmp_path / "venv" / "bin" / "sonocurate"], capture_output=True, text=True, check=True)
    assert ran.stdout == "it runs\n"
    with (out / "requirements.lock").open("a") as lock:
        lock.write("evil==1\n")
    done = subprocess.run(
        [command[0], tmp_path / "other"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert not (tmp_path / "other").exists()


def test_the_locks_of_this_checkout_can_be_read():
    for lock in LOCKS:
        lines = [line for line in (CHECKOUT / lock).read_text().splitlines() if line and not line.startswith("#")]
        assert len(pins(CHECKOUT / lock)) == len(lines) > 0
