"""runner.py: runs the unittest cases of a module.

Invariant: the last line is "N passed, N failed". A skipped or absent test is a failure."""
import sys
import unittest


def run():
    """Run the calling module's tests and return the exit status. Names on the command line choose among them."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    if sys.argv[1:]:
        suite = unittest.TestSuite(test for case in suite for test in case
                                   if any(name in test.id() for name in sys.argv[1:]))
    result = unittest.TextTestRunner().run(suite)
    failed = {test.id().split(" ")[0] for test, _ in result.failures + result.errors + result.skipped}
    print(f"{result.testsRun - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or result.unexpectedSuccesses or result.testsRun == 0 else 0
