"""The commented config that `sonocurate init` writes."""

from pathlib import Path

from schemas.errors import ConfigError

STARTER = """\
# sonocurate pipeline. Relative paths are relative to this file. Unknown keys are errors.

[input]
table = "export/cases.csv"      # CSV, TSV, JSONL, Parquet or Excel; one row per exam
images = "export/images"        # DICOM (any or no extension), png, jpg, bmp, tif
# encoding = "auto"             # or utf-8, utf-16, gb18030
# site = "site-1"               # code of the hospital, where the table has no site column

# [input.columns]               # ours = "theirs"; only what is called differently in your table
# case_id = "检查号"
# patient_id = "病历号"
# findings = "超声所见"
# impression = "超声提示"
# images = "图像路径"            # paths or globs relative to input.images, separated by ;

[pseudonym]
key_file = "pseudonym.key"      # make it with: sonocurate key init pseudonym.key
# key_env = "SONOCURATE_KEY"    # the variable wins over the file
# secret_block = "sonocurate-key"  # a Prefect Secret block

[warehouse]
root = "warehouse/data"

# [run]
# task_runner = "threads"       # or processes, or dask
# workers = 2                   # chunks that are worked on at the same time
# dask_scheduler = "tcp://scheduler:8786"  # without it, dask makes a cluster on this machine
# worker_memory_mb = 4096       # of a worker process; threads share one, which has no limit

# [desensitize]
# workers = 2                   # chunks that are read by OCR at the same time

# [generate]
# closed_per_case = 2
# open_per_case = 1
# budget_usd = 50.0             # spending stops here, cleanly; raise it to go on
# shortcut_twins = true         # repeat pairs whose answer stands on the screen, with the measurements masked

# Without endpoints the demo model (SmolLM2-135M, in this process) writes questions, and everything it writes is
# marked tier = "demo". Any OpenAI-compatible server can be listed; off this machine its host must be allowed below.
# [[endpoints]]
# name = "qwen"
# base_url = "http://127.0.0.1:8000/v1"
# model = "Qwen/Qwen2.5-VL-7B-Instruct"
# api_key_env = "QWEN_API_KEY"  # name of the variable, never the key
# capabilities = ["text", "vision", "json_schema"]
# max_concurrency = 32
# rpm = 600                     # limits hold over any sliding minute; also tpm_input, tpm_output
# price_output_usd_per_mtok = 0.5
# [[generate.allowed]]
# host = "llm.example.org"      # as in base_url; refused unless listed here
# agreement = "DPA 2026-03"     # reference of the data-processing agreement

[release]
name = "demo"                   # immutable: give every release a new name
tier = "demo"                   # demo, research or production
# split_validation = 0.1
# split_test = 0.1
# k = 5                         # fewest patients that a published combination of attributes may have

# [release.system_weights]      # copies of training rows in stage1 and stage2
# vessel = 3.0

# [release.governance]          # needed for research and production
# ethics_reference = "EC 2026/17"
# consent_basis = "waiver of consent"
# licence = "CC-BY-NC-4.0"
# sites = ["site-1"]            # other sites stay behind
"""


def write_starter(path: Path) -> None:
    """Write the starter config.

    Raises: ConfigError when the file exists or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER)
    except FileExistsError:
        raise ConfigError(f"{path} exists already") from None
    except OSError as error:
        if path.is_file():
            path.unlink()  # part of a config would stand in the way
        raise ConfigError(f"{path} cannot be written ({error.strerror})") from None
