"""The bundle that draws formulas is the one its sources make: nobody edits one without the other."""

import hashlib
import json
from typing import Any

from bot.maths.picture import BUNDLE

RECORD: dict[str, Any] = json.loads((BUNDLE / "bundle.json").read_text())


def hashed(name: str) -> str:
    return hashlib.sha256((BUNDLE / name).read_bytes()).hexdigest()


def test_what_went_in_is_what_is_there() -> None:
    """Where this fails, build again: the command is in bot/maths/bundle/build.mjs."""
    assert {name: hashed(name) for name in RECORD["sources"]} == RECORD["sources"]
    package = json.loads((BUNDLE / "package.json").read_text())
    assert package["devDependencies"] == RECORD["versions"]


def test_what_came_out_is_what_is_shipped() -> None:
    assert {name: hashed(name) for name in RECORD["built"]} == RECORD["built"]


def test_it_comes_with_its_licences() -> None:
    assert "Apache License" in (BUNDLE / "LICENSE-mathjax.txt").read_text()
    assert "SIL OPEN FONT LICENSE" in (BUNDLE / "LICENSE-cmu-serif.txt").read_text()
    assert f'"{RECORD["versions"]["mathjax-full"]}"' in (BUNDLE / "mathjax.js").read_text("utf-8")
