"""Inspect AI itself reads our samples. It brings eighty packages, so this runs where it is installed."""

import importlib
import os
from pathlib import Path
from typing import Any

import pytest

from tests.exporting import exported, released, whole_record

if "LABJAM_INSPECT" in os.environ:  # then it was to be installed
    importlib.import_module("inspect_ai")
dataset: Any = pytest.importorskip("inspect_ai.dataset")


async def test_inspect_ai_loads_the_samples(tmp_path: Path) -> None:
    files, _ = await exported(map(released, whole_record()), "inspect", tmp_path)
    path = tmp_path / "samples.jsonl"
    path.write_text(files["inspect.jsonl"])
    [sample] = dataset.json_dataset(str(path))
    assert [message.role for message in sample.input] == ["user"]
    assert sample.target.startswith("the expected_answer ")
    assert sample.id == sample.metadata["turn"]
