r"""Numbers with units as siunitx writes them (`\SI{5}{\metre\per\second}`), in plain TeX."""

import re

_PREFIXES = {
    "quecto": "q", "ronto": "r", "yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p",
    "nano": "n", "micro": "µ", "milli": "m", "centi": "c", "deci": "d", "deca": "da", "hecto": "h",
    "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "exa": "E", "zetta": "Z", "yotta": "Y",
}  # fmt: skip
_UNITS = {
    "metre": "m", "meter": "m", "gram": "g", "second": "s", "ampere": "A", "kelvin": "K", "mole": "mol",
    "candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C",
    "volt": "V", "farad": "F", "ohm": "Ω", "siemens": "S", "weber": "Wb", "tesla": "T", "henry": "H",
    "lumen": "lm", "lux": "lx", "becquerel": "Bq", "gray": "Gy", "sievert": "Sv", "katal": "kat",
    "radian": "rad", "steradian": "sr", "degreeCelsius": "°C", "celsius": "°C", "degree": "°",
    "arcminute": "\u2032", "arcsecond": "\u2033", "minute": "min", "hour": "h", "day": "d",
    "litre": "L", "liter": "L",
    "tonne": "t", "electronvolt": "eV", "dalton": "Da", "atomicmassunit": "u", "bar": "bar", "barn": "b",
    "angstrom": "Å", "hectare": "ha", "neper": "Np", "bel": "B", "decibel": "dB", "percent": "%",
    "astronomicalunit": "au", "parsec": "pc", "lightyear": "ly", "clight": "c", "hbar": "ħ", "bit": "bit",
    "byte": "B", "gauss": "G", "torr": "Torr", "atm": "atm", "mmHg": "mmHg", "kilogram": "kg", "molar": "M",
    "kg": "kg", "g": "g", "mg": "mg", "ug": "µg", "m": "m", "km": "km", "cm": "cm", "mm": "mm", "um": "µm",
    "nm": "nm", "pm": "pm", "fm": "fm", "s": "s", "ms": "ms", "us": "µs", "ns": "ns", "ps": "ps", "fs": "fs",
    "mol": "mol", "mmol": "mmol", "A": "A", "mA": "mA", "K": "K", "N": "N", "kN": "kN", "Pa": "Pa",
    "kPa": "kPa", "MPa": "MPa", "GPa": "GPa", "J": "J", "kJ": "kJ", "W": "W", "kW": "kW", "MW": "MW",
    "V": "V",
    "mV": "mV", "kV": "kV", "eV": "eV", "keV": "keV", "meV": "meV", "MeV": "MeV", "GeV": "GeV", "TeV": "TeV",
    "Hz": "Hz", "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "THz": "THz", "L": "L", "mL": "mL",
    "T": "T", "C": "C",
}  # fmt: skip
_POWERS = {"squared": "2", "cubed": "3", "square": "2", "cubic": "3"}

_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_QUANTITY = re.compile(rf"\\(?:SI|qty)(?![a-zA-Z])(?:\[[^\]]*\])?{_GROUP}{_GROUP}")
_RANGE = re.compile(rf"\\(?:SIrange|qtyrange)(?![a-zA-Z])(?:\[[^\]]*\])?{_GROUP}{_GROUP}{_GROUP}")
_UNIT = re.compile(rf"\\(?:si|unit)(?![a-zA-Z])(?:\[[^\]]*\])?{_GROUP}")
_NUMBER = re.compile(rf"\\num(?![a-zA-Z])(?:\[[^\]]*\])?{_GROUP}")
_ANGLE = re.compile(rf"\\ang(?![a-zA-Z]){_GROUP}")
_EXPONENT = re.compile(r"(?<=[\d.)])\s*[eEdD]\s*([+-]?\d+)")
_TOKEN = re.compile(r"\\([a-zA-Z]+)|\^(\{[^{}]*\}|\S)|([^\\^~.{}\s]+)|.", re.DOTALL)


def plain_units(tex: str) -> str:
    """The same formula without siunitx's commands."""
    if "\\" not in tex:
        return tex
    tex = _RANGE.sub(
        lambda found: (
            f"{_number(found[1])}\\text{{ to }}{_number(found[2])}{_space(found[3])}{_unit(found[3])}"
        ),
        tex,
    )
    tex = _QUANTITY.sub(lambda found: f"{_number(found[1])}{_space(found[2])}{_unit(found[2])}", tex)
    tex = _UNIT.sub(lambda found: _unit(found[1]), tex)
    tex = _NUMBER.sub(lambda found: _number(found[1]), tex)
    return _ANGLE.sub(lambda found: _angle(found[1]), tex)


def _number(text: str) -> str:
    text = text.strip().replace("+-", r"\pm ").replace("+/-", r"\pm ")
    text = re.sub(r"(\d)\((\d+)\)", r"\1(\2)", text)
    return _EXPONENT.sub(lambda found: rf" \times 10^{{{found[1].lstrip('+')}}}", text)


def _space(unit: str) -> str:
    return "" if unit.strip() in {r"\degree", r"\arcminute", r"\arcsecond", "°"} else r"\,"


def _angle(text: str) -> str:
    marks = ["^{\\circ}", "'", "''"]
    return "".join(f"{part}{mark}" for part, mark in zip(text.split(";"), marks, strict=False) if part)


def _unit(text: str) -> str:
    """Unit names as symbols with their powers, in the order written."""
    parts: list[str] = []
    prefix = power = ""
    per = False
    for name, raised, literal in _TOKEN.findall(text):
        if name == "per":
            per = True
        elif name in _PREFIXES and not (name == "micro" and prefix):
            prefix = _PREFIXES[name]
        elif name in {"square", "cubic"}:
            power = _POWERS[name]
        elif name in {"squared", "cubed"}:
            _raise(parts, _POWERS[name])
        elif name == "tothe" or raised:
            _raise(parts, raised.strip("{}") or "n")
        elif symbol := _symbol(name, literal):
            parts.append(_part(prefix + symbol, power, per=per))
            prefix, power, per = "", "", False
    return r"\,".join(parts)


def _symbol(name: str, literal: str) -> str:
    return _UNITS.get(name, rf"\{name} " if name else "") or literal


def _part(symbol: str, power: str, *, per: bool) -> str:
    exponent = ("-" if per else "") + (power or ("1" if per else ""))
    return rf"\mathrm{{{_tex(symbol)}}}" + (f"^{{{exponent}}}" if exponent else "")


def _tex(symbol: str) -> str:
    for mark, command in (
        ("%", r"\%"),
        ("°", r"{}^{\circ}"),
        ("µ", r"\upmu "),
        ("Ω", r"\Omega "),
        ("ħ", r"\hbar "),
    ):
        symbol = symbol.replace(mark, command)
    return symbol.replace("Å", r"\mathring{A}")


def _raise(parts: list[str], power: str) -> None:
    if not parts:
        return
    base, _, before = parts[-1].partition("^{") if parts[-1].endswith("}") else (parts[-1], "", "")
    minus = "-" if before.startswith("-") else ""
    parts[-1] = f"{base}^{{{minus}{power}}}" if before or "^" not in parts[-1] else parts[-1]
