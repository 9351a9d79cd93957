"""callgraph.py: reads the files of gcc's -fcallgraph-info=su: the calls of each function, and its stack frame.

Invariant: only direct calls are known. Calls through pointers (port, transport, hooks) are left out, and the output says so."""
import re

NODE = re.compile(r'node: \{ title: "([^"]*)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"')
FRAME = re.compile(r"(\d+) bytes \((static|dynamic|dynamic,bounded)\)")


class Graph:
    def __init__(self):
        self.calls, self.frames, self.files, self.dynamic = {}, {}, {}, set()

    def read(self, path, source):
        """Add one .ci file. source names its functions' module."""
        text = path.read_text()
        for title, words in NODE.findall(text):
            frame = FRAME.search(words)
            if frame:
                self.frames[title] = int(frame.group(1))
                self.files[title] = source
                if frame.group(2) == "dynamic":
                    self.dynamic.add(title)
        for caller, callee in EDGE.findall(text):
            self.calls.setdefault(caller, set()).add(callee)

    def cycles(self):
        """Strongly connected parts with a cycle, each as a sorted list of functions (Tarjan, with a stack of our own)."""
        index, low, on_stack, stack, found = {}, {}, set(), [], []
        for root in list(self.frames):
            if root in index:
                continue
            work = [(root, iter(sorted(self.calls.get(root, ()))))]
            index[root] = low[root] = len(index)
            stack.append(root)
            on_stack.add(root)
            while work:
                node, rest = work[-1]
                following = next(rest, None)
                if following is None:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[node])
                    if low[node] == index[node]:
                        part = []
                        while not part or part[-1] != node:
                            part.append(stack.pop())
                            on_stack.discard(part[-1])
                        if len(part) > 1 or node in self.calls.get(node, ()):
                            found.append(sorted(part))
                elif following not in index:
                    index[following] = low[following] = len(index)
                    stack.append(following)
                    on_stack.add(following)
                    work.append((following, iter(sorted(self.calls.get(following, ())))))
                elif following in on_stack:
                    low[node] = min(low[node], index[following])
        return found

    def reachable(self, roots):
        seen, work = set(), list(roots)
        while work:
            node = work.pop()
            if node not in seen:
                seen.add(node)
                work.extend(self.calls.get(node, ()))
        return seen

    def depth(self, title, known=None, path=()):
        """Bytes of stack of the deepest chain of direct calls from title. A cycle counts once."""
        known = {} if known is None else known
        if title in known:
            return known[title]
        if title in path:
            return 0
        below = max((self.depth(callee, known, (*path, title)) for callee in self.calls.get(title, ())), default=0)
        known[title] = self.frames.get(title, 0) + below
        return known[title]


def plain(title):
    """A function's name as the source has it."""
    return title.rsplit(":", 1)[-1]
