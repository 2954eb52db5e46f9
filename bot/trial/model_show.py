"""The scripted model of a trial: says that it is one, and shows equations, a table or code on request."""

import re

from bot.trial.model_script import Reply, SeenRequest, essay

WORDS_A_SECOND = 45.0
THINKING = 0.9  # seconds before the first words, so that the thread's status can be seen

SCRIPTED = "*This is labjam's scripted model: nobody thought about your question.*"

ON_REQUEST = """I can only show how an answer looks. Ask me for

- an **equation**
- a **table**
- some **code**
- a **long** answer, or one of "900 words"
- a **refusal**

Ask on in this thread, judge with the thumbs, or edit your question.

To ask a real model, set `LABJAM_MODEL` and `OPENAI_API_KEY` (or `OPENAI_BASE_URL`), and start again."""

EQUATION = r"""Slack shows no mathematics, so LaTeX stands there as it was written. The heat equation,

$$\frac{\partial u}{\partial t} = \alpha \frac{\partial^2 u}{\partial x^2}$$

has the fundamental solution

$$u(x, t) = \frac{1}{\sqrt{4 \pi \alpha t}} \, e^{-x^2 / (4 \alpha t)}$$

where $\alpha > 0$ is the diffusivity. In plain text: u = exp(-x^2 / (4 a t)) / sqrt(4 pi a t)."""

TABLE = """Three ways to integrate an ordinary differential equation:

| method | order | evaluations a step | good for |
|---|---:|---:|---|
| explicit Euler | 1 | 1 | teaching |
| Runge-Kutta | 4 | 4 | smooth problems |
| implicit midpoint | 2 | solves a system | stiff or Hamiltonian ones |

Each row is a row in Slack, too."""

CODE = '''One step of the classical Runge-Kutta method:

```python
from collections.abc import Callable


def rk4(f: Callable[[float, float], float], t: float, y: float, h: float) -> float:
    """Advance y' = f(t, y) from t to t + h."""
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h * k1 / 2)
    k3 = f(t + h / 2, y + h * k2 / 2)
    k4 = f(t + h, y + h * k3)
    return y + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6
```

Call it in a loop: `y = rk4(lambda t, y: -y, t, y, 0.01)`.'''

REFUSAL = "I will not answer this. A real model refuses now and then, and labjam shows that it did."

_SHOWS = (
    (re.compile(r"\b(?:refus\w*|decline)\b", re.IGNORECASE), REFUSAL),
    (re.compile(r"\b(?:equations?|formula\w*|latex|math\w*)\b", re.IGNORECASE), EQUATION),
    (re.compile(r"\btables?\b", re.IGNORECASE), TABLE),
    (re.compile(r"\b(?:code|python|program|function)\b", re.IGNORECASE), CODE),
)
_LONG = re.compile(r"\blong\b|\b\d{2,5}\s+words\b", re.IGNORECASE)


def show(seen: SeenRequest) -> Reply:
    """The reply to a request: what its question asks to be shown, streamed at a reader's pace."""
    question = seen.question
    if _LONG.search(question):
        return _paced(f"{SCRIPTED}\n\n{essay(question, 2_200)}")
    for pattern, text in _SHOWS:
        if pattern.search(question):
            return _paced(text, "refused") if text is REFUSAL else _paced(f"{SCRIPTED}\n\n{text}")
    return _paced(f"{SCRIPTED}\n\n{ON_REQUEST}")


def _paced(text: str, ending: str = "stop") -> Reply:
    words = len(text.split())
    seconds = min(words / WORDS_A_SECOND, 15.0)
    refused = ending == "refused"
    return Reply(text, max(1, words // 2), seconds, THINKING, "refused" if refused else "stop")
