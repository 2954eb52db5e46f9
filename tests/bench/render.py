"""How fast answers are rendered: `python -m tests.bench.render` prints MB/s of Markdown, ms of a formula.

Baselines are those of a machine with two cores. For Markdown the processor's time is counted, so that
a busy machine tells the same. A cold formula is one that nobody has drawn before; the first of all
waits for its process, too.
"""

import asyncio
import statistics
import time
from collections.abc import Callable

from bot.maths.drawing import Drawing
from bot.reply import parts
from tests.story.test_any_length import LONG
from tests.test_maths_drawing import RIGHT

FORMULAS = "\n\n".join(
    f"Paragraph {n} with $x_{{{n}}}^2 \\le \\alpha$, for ${n}$ dollars or $5:\n\n$$\n{tex}\n$$\n\n"
    + "Words. " * 60
    for n, tex in enumerate(list(RIGHT.values()) * 30)
)
BASELINES = {
    "Markdown": 7.0,
    "Markdown with formulas": 5.0,
    "a cold formula": 40.0,
    "the first of all": 650.0,
}
GOALS = {"Markdown": 5.0, "a cold formula": 150.0}


def speed(text: str) -> float:
    """Megabytes of Markdown a second of processor time."""
    return len(text.encode()) / 1e6 / _cost(lambda: parts(text))


def _cost(work: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(5):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


async def drawn() -> tuple[float, float]:
    """Milliseconds of the first formula, and of a typical one after it."""
    drawing = Drawing()
    times: list[float] = []
    for tex in ("x", *RIGHT.values()):
        begun = time.perf_counter()
        await drawing.png(tex)
        times.append(1000 * (time.perf_counter() - begun))
    await drawing.close()
    return times[0], statistics.median(times[1:])


def main() -> None:
    """Print the figures beside their baselines and goals."""
    first, cold = asyncio.run(drawn())
    figures = {
        "Markdown": (speed(LONG * 20), "MB/s"),
        "Markdown with formulas": (speed(FORMULAS), "MB/s"),
        "a cold formula": (cold, "ms"),
        "the first of all": (first, "ms"),
    }
    for name, (figure, unit) in figures.items():
        goal = f", to reach {GOALS[name]:g}" if name in GOALS else ""
        print(f"{name}: {figure:.1f} {unit} (baseline {BASELINES[name]:g}{goal})")


if __name__ == "__main__":
    main()
