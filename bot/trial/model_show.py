"""The scripted model of a trial: says that it is one, and shows equations, a table or code on request."""

import re

from bot.trial.model_notes import form_of
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

EQUATION = r"""Within a line formulas are text: the diffusivity $\alpha > 0$, the energy $E = \hbar\omega$.

One that stands by itself becomes a picture a moment later. The heat equation,

$$\frac{\partial u}{\partial t} = \alpha \frac{\partial^2 u}{\partial x^2} \tag{1}$$

has the fundamental solution

$$u(x, t) = \frac{1}{\sqrt{4 \pi \alpha t}} \, e^{-x^2 / (4 \alpha t)},
\qquad \int_{-\infty}^{\infty} u \, dx = 1$$

1. Maxwell's equations in vacuum:
   $$
   \begin{aligned}
   \nabla \cdot \mathbf{E} &= 0, & \nabla \times \mathbf{E} &= -\partial_t \mathbf{B}, \\
   \nabla \cdot \mathbf{B} &= 0, & \nabla \times \mathbf{B} &= \mu_0 \varepsilon_0 \, \partial_t \mathbf{E}
   \end{aligned}
   $$
2. A reaction: \[ \ce{2H2 + O2 ->[\text{Pt}] 2H2O} \quad \Delta H = \SI{-572}{\kilo\joule\per\mol} \]
3. Cases and a matrix:
   $$|x| = \begin{cases} x & \text{if } x \ge 0 \\ -x & \text{otherwise} \end{cases} \qquad
   R = \begin{pmatrix} \cos\theta & -\sin\theta \\ \sin\theta & \cos\theta \end{pmatrix}$$

Prices stay prices: $5 or $10. The record keeps the LaTeX."""

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
    """The reply to a request: what its question asks to be shown, streamed at a reader's pace; or a form."""
    if form := form_of(seen):
        return Reply(form, wait=THINKING)
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
