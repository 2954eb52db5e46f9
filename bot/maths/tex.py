r"""LaTeX as a model writes it, made ready for MathJax: `\tag` stands beside, siunitx is plain TeX."""

import re

from bot.maths.units import plain_units

LONGEST = 2_000
"""Characters of a formula that is drawn: 700 terms take half a second, and grow faster than their number."""
MISSING = 3
"""Exit status of the child where the packages that draw are missing: this platform has no wheel."""

_TAG = re.compile(r"\\tag(\*?)\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_LABEL = re.compile(r"\\(?:label|index)\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![a-zA-Z])")
_REFERENCE = re.compile(r"\\(eqref|ref)\s*\{([^{}]*)\}")
_MULTLINE = re.compile(r"\\(begin|end)\{multline(\*?)\}")


def drawable(tex: str) -> str:
    """The formula with what MathJax can't do as a single picture put in other words."""
    tex = _TAG.sub(lambda tag: rf"\qquad\text{{{tag[2]}}}" if tag[1] else rf"\qquad\text{{({tag[2]})}}", tex)
    tex = _REFERENCE.sub(lambda to: f"({to[2]})" if to[1] == "eqref" else to[2], _LABEL.sub("", tex))
    return plain_units(_MULTLINE.sub(r"\\\1{gather\2}", tex)).strip()
