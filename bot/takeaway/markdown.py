"""A document as Markdown, as it was written: but no link hides its address, no image loads, no HTML acts."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt

from bot.reply import Keeps
from bot.takeaway.document import NOTICE, Document
from bot.takeaway.reading import tokens

_FENCE = {"fence", "code_block"}
_CODE = re.compile(r"(?<![`\\])(`{1,40})(?!`)(.{0,4000}?[^`])\1(?!`)", re.DOTALL)
_BRACKET = re.compile(r"\\.|!?\[|\]", re.DOTALL)
_TARGET = re.compile(
    r"\(\s{0,20}(?:<([^<>\n]{0,2000})>|((?:[^\s()<>]|\([^\s()<>]{0,500}\)){1,2000}))"
    r"(?:\s{1,20}(?:\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|\([^()\n]{0,500}\)))?\s{0,20}\)"
)
_MARKS = re.compile(r"[\[\]<>!`\\]")
_READER = MarkdownIt("commonmark").enable("table")
_KEPT = re.compile(r"https://([a-zA-Z0-9.-]+)(?::\d+)?(?:[/?#].*)?")
_BEGINS_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!https?://[^\s<>]*>)")


def markdown(document: Document) -> str:
    """The whole file."""
    parts = [f"# {document.title}", f"*{NOTICE}*"]
    for exchange in document.exchanges:
        about = f"*{exchange.model}, {document.when(exchange.at)}*"
        answer = "One more answer" if exchange.again else "Answer"
        parts += ["## Question", disarmed(exchange.question, document.keeps), f"## {answer}", about]
        parts.append(disarmed(exchange.answer, document.keeps))
        if exchange.note:
            parts.append(f"*{exchange.note}*")
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def disarmed(text: str, keeps: Keeps) -> str:
    """Markdown that reads the same, with addresses beside their labels; code stays as it is.

    A reader of Markdown has the last word: where it still finds a link that hides its address, what we
    took for code in a line is disarmed, too, and in the end every mark.
    """
    cut = list(pieces(text))
    shown = "".join(piece if is_code else prose(piece, keeps) for piece, is_code in cut)
    if is_harmless(shown, keeps):
        return shown
    shown = "".join(piece if is_code else _plain(piece, keeps) for piece, is_code in cut)
    return shown if is_harmless(shown, keeps) else _MARKS.sub(r"\\\g<0>", text)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Code blocks and what is between them, whole lines each; joined they are the text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").splitlines(keepends=True)
    lines = "".join(lines).split("\n")
    whole = [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    at = 0
    for token in tokens("".join(whole)):
        if token.type in _FENCE and token.map and token.map[0] >= at:
            if token.map[0] > at:
                yield "".join(whole[at : token.map[0]]), False
            yield "".join(whole[token.map[0] : token.map[1]]), True
            at = token.map[1]
    if at < len(whole):
        yield "".join(whole[at:]), False


def is_harmless(text: str, keeps: Keeps) -> bool:
    """Whether a reader finds no image, no HTML, and no link but those that show or may hide their address."""
    for block in _READER.parse(text):
        if block.type == "html_block":
            return False
        children = block.children or []
        for token in children:
            if token.type in {"image", "html_inline"}:
                return False
            if token.type == "link_open":
                address = str(token.attrGet("href") or "")
                host = _KEPT.fullmatch(address)
                if not (host and keeps(host[1].lower())) and token.markup != "autolink":
                    return False
    return True


def prose(text: str, keeps: Keeps) -> str:
    """What stands between code blocks, paragraph by paragraph: no code in a line goes over an empty one."""
    return "".join(
        paragraph if not paragraph.strip() else _words(paragraph, keeps)
        for paragraph in re.split(r"(\n[ \t]*\n)", text)
    )


def _words(text: str, keeps: Keeps) -> str:
    written: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        written += _plain(text[at : code.start()], keeps), code[0]
        at = code.end()
    return "".join([*written, _plain(text[at:], keeps)])


def _plain(text: str, keeps: Keeps) -> str:
    """Words without code: links are found by their brackets, each of which is looked at once."""
    opened: list[tuple[str, list[str]]] = [("", [])]
    at = 0
    while found := _BRACKET.search(text, at):
        opened[-1][1].append(_no_tags(text[at : found.start()]))
        at = found.end()
        if found[0][0] == "\\":
            opened[-1][1].append(found[0])
        elif found[0] != "]":
            opened.append((found[0], []))
        elif len(opened) == 1:
            opened[-1][1].append(_closed(text, at))
        else:
            mark, label = opened.pop()
            target = _TARGET.match(text, at)
            at = target.end() if target else at
            inside = "".join(label)
            opened[-1][1].append(
                _link(mark, inside, target[1] or target[2] or "", keeps)
                if target
                else f"{mark}{inside}{_closed(text, at)}"
            )
    opened[-1][1].append(_no_tags(text[at:]))
    return "".join(mark + "".join(inside) for mark, inside in opened)


def _closed(text: str, at: int) -> str:
    """A bracket that ends no link of ours; nor is it to begin a target, or a definition's address."""
    return "] " if text[at : at + 1] in {"(", ":"} else "]"


def _link(mark: str, label: str, target: str, keeps: Keeps) -> str:
    host = _KEPT.fullmatch(target)
    if host and mark == "[" and keeps(host[1].lower()):
        return f"[{label}]({target})"
    bare = re.fullmatch(r"https?://[^\s<>\\]*", target)
    shown = f"<{target}>" if bare else f"({_no_tags(target)})" if target else ""
    return shown if label.strip() in {"", target} else f"{label} {shown}"


def _no_tags(text: str) -> str:
    return _BEGINS_TAG.sub("&lt;", text)
