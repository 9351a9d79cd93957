"""ceilings.py: a figure against its budget, and against the ceiling of a budget that is missed today.

Invariant: a figure over its budget passes only if it has a ceiling and is not above it. A ceiling raises no budget: pages and
the output show the budget and the miss. size.py and bench.py keep the ceilings beside their budgets: the figure when the miss
was accepted and 1 %."""


def judge(name, figure, budget, ceiling=None):
    """(fault, note): what fails, and what is only told. Both None: within the budget, without a ceiling."""
    if figure <= budget:
        if ceiling is None:
            return None, None
        return None, f"{name} is {figure:,}, within its budget of {budget:,}: take its ceiling of {ceiling:,} out"
    over = f"{name} is {figure:,}, over its budget of {budget:,} by {round(figure - budget, 1):,}"
    if ceiling is not None and figure <= ceiling:
        return None, f"{over} (ceiling {ceiling:,})"
    return over + (f", and over its ceiling of {ceiling:,}" if ceiling is not None else ""), None


def judge_all(figures):
    """(faults, notes) of (name, figure, budget, ceiling)."""
    found = [judge(*one) for one in figures]
    return [fault for fault, _ in found if fault], [note for _, note in found if note]


def shown(budget, ceiling=None):
    """A budget's cell in a table."""
    return f"{budget:,}" if ceiling is None else f"{budget:,} (missed, ceiling {ceiling:,})"
