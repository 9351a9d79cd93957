"""ceilings.py: compares a figure with its budget. If the budget is missed today, also with the ceiling of that miss.

Invariant: a figure over its budget passes only if it has a ceiling and is not above it. A ceiling raises no budget: pages and
the output show the budget and the miss. size.py and bench.py keep the ceilings beside their budgets. A ceiling is the figure
at the time the miss was accepted, plus 1 %."""


def judge(name, figure, budget, ceiling=None):
    """(fault, note): a fault fails the test, a note is only printed. Both are None if the figure is within its budget and has
    no ceiling."""
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
