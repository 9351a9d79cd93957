"""test_cases.py: each exchange in tests/wire/cases gives the span that its expect.json describes. It is read in one piece,
byte by byte and in random fragments.

Invariant: a case that is known to fail is in KNOWN, and a case that passes is not."""
import unittest

from exchanges import Replayer, cases, faults_of

KNOWN = set("""
""".split())
ROUNDS = 40


class Cases(unittest.TestCase):
    def test_each_case_gives_its_span(self):
        wrong, right = {}, set()
        found = cases()
        self.assertGreater(len(found), 80)
        with Replayer() as replayer:
            for case in found:
                span = replayer.play(case, ROUNDS)
                faults = faults_of(case.expect, span)
                if not span["same"]:
                    faults.append(f"round {span['round']} of fragments gives {span['other']}")
                if faults:
                    wrong[case.name] = faults
                else:
                    right.add(case.name)
        new = {name: faults for name, faults in wrong.items() if name not in KNOWN}
        self.assertFalse(new, "\n" + "\n".join(f"{name}: {'; '.join(faults)}" for name, faults in new.items()))
        self.assertFalse(right & KNOWN, "take these out of KNOWN")


if __name__ == "__main__":
    unittest.main()
