# SPDX-License-Identifier: Apache-2.0
"""House style, held by a test: who may import whom, no float near money, no leftovers.

Each rule is a function from a source file to its complaints. Each rule is also shown a sample
it must complain about and one it must let pass, so that a rule that has gone blind is noticed.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
THIS = "tests/test_tidy.py"
COLUMNS = 100
MODULE_LINES = 800

# Which package may import which others. What does not stand here may not import skontro at all.
EDGES: dict[str, set[str]] = {
    "": {"cli", "core", "flow", "kernel", "lab", "messages", "ops", "verify"},
    "api": {"core", "flow", "house", "messages", "ops", "store"},
    "cli": {"", "api", "console", "core", "flow", "house", "lab", "messages", "ops", "verify"},
    "console": {"api", "core", "flow", "house", "ops", "store"},
    "flow": {"", "core", "gate", "house", "messages", "ops", "store", "verify"},
    "lab": {"core", "flow", "gate", "house", "kernel", "messages", "ops", "store"},
    "messages": {"core", "house"},
    "store": {"core", "house"},
    "gate": {"core", "house"},
    "house": {"core"},
    "core": {"kernel"},
    "kernel": set(),
    "ops": {"core", "kernel"},  # the doctor asks the solver whether it runs here
    "verify": set(),
}
DOCUMENTED = {
    "", "api", "console", "core", "flow", "gate", "house", "kernel", "lab", "messages", "ops",
    "store", "verify",
}  # fmt: skip
MONEY = {"core", "flow", "gate", "house", "messages", "store", "verify"}
# Its floats are widths and opacities.
DRAWING = {"report_charts.py"}

# Words of other trades, each with the word of this one (CONTEXT.md).
SYNONYMS = {
    "admin": "maker or checker",
    "client": "participant",
    "customer": "participant",
    "deposit": "pay-in",
    "loan": "liquidity",
    "netting": "set-off",
    "potential": "level",
    "tenant": "house",
    "transaction": "journal entry",
    "vertex": "node",
    "vertices": "nodes",
}
# Elsewhere an edge may be that of a class of a histogram.
NETWORK = {"core", "kernel", "verify"}
NETWORK_SYNONYMS = SYNONYMS | {"edge": "obligation, pair or arc"}


@dataclass(frozen=True)
class Source:
    """A Python file of the package, read once."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(t.start[0], t.string) for t in tokens if t.type == tokenize.COMMENT]

    @property
    def package(self) -> str:
        """The part of skontro it belongs to; empty for modules right under it."""
        parts = Path(self.name).parts
        inside = parts[parts.index("skontro") + 1 :]
        return inside[0] if len(inside) > 1 else "cli" if inside[0] == "__main__.py" else ""

    @property
    def module(self) -> list[str]:
        """Its dotted name in pieces, without a last ``__init__``."""
        parts = Path(self.name).with_suffix("").parts
        return list(parts[parts.index("skontro") :])


Complaints = Iterator[tuple[int, str]]
Rule = Callable[[Source], Complaints]


def imports_only_downwards(source: Source) -> Complaints:
    """Who imports whom follows EDGES; verify stands alone."""
    allowed = EDGES.get(source.package, set()) | {source.package}
    for node in ast.walk(source.tree):
        for target in _imported(node, source.module):
            pieces = target.split(".")
            if pieces[0] != "skontro":
                continue
            package = pieces[1] if len(pieces) > 1 else ""
            known = EDGES.keys() - {""}
            package = package if package in known else ""
            if package not in allowed:
                yield node.lineno, f"{source.package or 'skontro'} may not import {target}"


def _imported(node: ast.AST, module: list[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = module[: len(module) - node.level] if node.level else []
        stem = ".".join([*base, *([node.module] if node.module else [])])
        yield from (f"{stem}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and _name(node.func).endswith("import_module") and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def public_things_are_documented(source: Source) -> Complaints:
    """Modules, public classes, functions and methods say what they do."""
    if source.package not in DOCUMENTED:
        return
    if ast.get_docstring(source.tree) is None:
        yield 1, "a module without a docstring"
    yield from _undocumented(source.tree)


def _undocumented(parent: ast.Module | ast.ClassDef) -> Complaints:
    for node in parent.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield node.lineno, f"{node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node)


def no_float_near_money(source: Source) -> Complaints:
    """No float where money lives, unless the line says ``# not money: reason``."""
    if source.package not in MONEY or Path(source.name).name in DRAWING:
        return
    for node in ast.walk(source.tree):
        if not _is_float(node):
            continue
        last = getattr(node, "end_lineno", None) or node.lineno
        span = "\n".join(source.lines[node.lineno - 1 : last])
        if re.search(r"# not money: \w+", span) is None:
            yield node.lineno, "a float where money lives"


def _is_float(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float) or node.value in ("float64", "float32")
    if isinstance(node, ast.Name):
        return node.id == "float"
    if isinstance(node, ast.Attribute):
        return bool(re.fullmatch(r"float(16|32|64)?|double|half", node.attr))
    return False


def no_print(source: Source) -> Complaints:
    """Only the command line prints."""
    if source.package == "cli":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _name(node.func) in ("print", "pprint"):
            yield node.lineno, "print outside cli"


def no_assert(source: Source) -> Complaints:
    """``assert`` is gone under -O: an invariant is raised by ``invariant(cond, ...)``."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assert):
            yield node.lineno, "assert in src"


def no_code_in_comments(source: Source) -> Complaints:
    """A comment is a sentence; code that is not run is deleted."""
    for line, comment in source.comments:
        if _is_code(comment.lstrip("#").strip()):
            yield line, f"code in a comment: {comment}"


def _is_code(text: str) -> bool:
    if re.match(r"(else|try|finally)\s*:$", text):
        return True
    if re.match(r"(if|elif|for|while|def|class|with|except)\b.*:$", text):
        text = re.sub(r"^elif\b", "if", text) + "\n    pass"
        text = f"try:\n    pass\n{text}" if text.startswith("except") else text
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return False
    return any(_is_statement(node) for node in body)


def _is_statement(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call | ast.Await | ast.Yield)
    if isinstance(node, ast.If | ast.While):
        return not isinstance(node.test, ast.Name)
    if isinstance(node, ast.Return):
        return node.value is None or not isinstance(node.value, ast.Name)
    return not isinstance(node, ast.AnnAssign) or node.value is not None


def licence_line(source: Source) -> Complaints:
    """The licence stands on the first line (the second after a shebang)."""
    head = source.lines[:2]
    if "# SPDX-License-Identifier: Apache-2.0" not in head:
        yield 1, "no SPDX line"


def words_of_the_trade(source: Source) -> Complaints:
    """Names are made of the words in CONTEXT.md."""
    synonyms = NETWORK_SYNONYMS if source.package in NETWORK else SYNONYMS
    for line, name in _names_given(source.tree):
        for word in re.findall(r"[A-Z]?[a-z]+", name):
            single = word.lower()
            single = single if single in synonyms else single.removesuffix("s")
            if single in synonyms:
                yield line, f"{name}: say {synonyms[single]}, not {word}"


def _names_given(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def no_longer_than(source: Source) -> Complaints:
    """100 columns, 800 lines."""
    if len(source.lines) > MODULE_LINES:
        yield MODULE_LINES, f"{len(source.lines)} lines: more than one thing lives here"
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS:
            yield number, f"{len(line)} columns"


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


SRC_RULES: list[Rule] = [
    imports_only_downwards,
    public_things_are_documented,
    no_float_near_money,
    no_print,
    no_assert,
    no_code_in_comments,
    licence_line,
    words_of_the_trade,
    no_longer_than,
]
OTHER_RULES: list[Rule] = [licence_line, no_longer_than, no_code_in_comments]


@cache
def _sources(folder: str) -> list[Source]:
    found = sorted((ROOT / folder).rglob("*.py"))
    return [Source(str(p.relative_to(ROOT)), p.read_text("utf-8")) for p in found]


def _complain(rule: Rule, sources: list[Source]) -> None:
    found = [f"{s.name}:{line}: {what}" for s in sources for line, what in rule(s)]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("rule", SRC_RULES, ids=lambda rule: rule.__name__)
def test_src(rule: Rule) -> None:
    sources = _sources("src")
    assert len(sources) > 10
    _complain(rule, sources)


@pytest.mark.parametrize("rule", OTHER_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("folder", ["tests", "bench"])
def test_tests_and_bench(folder: str, rule: Rule) -> None:
    _complain(rule, _sources(folder))


SPDX = "# SPDX-License-Identifier: Apache-2.0\n"
SAMPLES: list[tuple[Rule, str, str, str]] = [
    (imports_only_downwards, "core/a.py", "from skontro.messages import tables", "import numba"),
    (imports_only_downwards, "core/a.py", "from ..lab import x", "from ..kernel import pairs"),
    (imports_only_downwards, "verify/a.py", "import skontro", "import skontro.verify.files"),
    (imports_only_downwards, "verify/a.py", "from skontro.core.money import x", "import numpy"),
    (imports_only_downwards, "verify/a.py", "def f():\n import skontro.core", "from .b import c"),
    (imports_only_downwards, "kernel/a.py", "from skontro.core import x", "from . import pairs"),
    (imports_only_downwards, "house/a.py", "from skontro.store import x", "import skontro.core"),
    (imports_only_downwards, "gate/a.py", "from skontro.flow import x", "import skontro.house"),
    (imports_only_downwards, "store/a.py", "from skontro.flow import x", "import skontro.house"),
    (imports_only_downwards, "messages/a.py", "import_module('skontro.cli')", "f('skontro.cli')"),
    (public_things_are_documented, "core/a.py", "def f(): return 1", '"""Doc."""'),
    (public_things_are_documented, "core/a.py", '"""D."""\nclass A:\n "D"\n def m(self): 1', "'D'"),
    (no_float_near_money, "core/a.py", "x = float(y)", "x = float(y)  # not money: seconds"),
    (no_float_near_money, "verify/a.py", "x = 0.5", "x = 5"),
    (no_float_near_money, "messages/a.py", "x = a.astype(np.float64)", "x = a.astype(np.int64)"),
    (no_float_near_money, "core/a.py", "def f(x: float): ...", "def f(x: int): ..."),
    (no_float_near_money, "core/a.py", "x = float(y)  # not money:", "s = 'a float'"),
    (no_print, "core/a.py", "print(1)", "printed = 1"),
    (no_assert, "cli/a.py", "assert x", "invariant(x)"),
    (no_code_in_comments, "core/a.py", "# x = 1", "# The limit is what it owes: all of it."),
    (no_code_in_comments, "core/a.py", "x = 1  # check(x)", "# note: this"),
    (no_code_in_comments, "core/a.py", "# if x > 1:", "# if so"),
    (no_code_in_comments, "core/a.py", "# return x + 1", "# return tickets"),
    (licence_line, "core/a.py", "x = 1", f"#!/usr/bin/env python\n{SPDX}"),
    (words_of_the_trade, "core/a.py", "def edges_of(x): ...", "def arcs_of(x): ..."),
    (words_of_the_trade, "lab/a.py", "tenants = 1", "bin_edges = 1"),
    (words_of_the_trade, "core/a.py", "class ClientTable: ...", "class ParticipantTable: ..."),
    (words_of_the_trade, "core/a.py", "potential = 1", "level = con.transaction()"),
    (no_longer_than, "core/a.py", f"x = '{'x' * 100}'", "x = 1"),
    (no_longer_than, "core/a.py", "x = 1\n" * 801, "x = 1\n" * 800),
]


@pytest.mark.parametrize(("rule", "name", "bad", "good"), SAMPLES)
def test_rule_sees(rule: Rule, name: str, bad: str, good: str) -> None:
    assert list(rule(Source(f"src/skontro/{name}", bad))) != []
    assert list(rule(Source(f"src/skontro/{name}", good))) == []


# ---- files that are not Python -----------------------------------------------------------------


def _written_files() -> list[Path]:
    """The text files somebody wrote: what git tracks or would."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git clone")
    return [ROOT / name for name in listing if name and (ROOT / name).is_file()]


# In pieces, so that this file does not find itself.
PLACES = re.compile(
    "|".join(["/" + "work/", "/" + "root/", "/" + "home/[a-z]", "/" + "opt/[a-z]", "file" + "://"])
)


def test_no_machine_is_named() -> None:
    found = []
    for path in _written_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if PLACES.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not found, "\n" + "\n".join(found)
    assert PLACES.search("see /" + "work/main/x")


def test_every_source_names_its_licence() -> None:
    kinds = {".css", ".js", ".py", ".sh", ".toml"}
    names = {"Makefile", ".ci/run"}
    wanted = [
        path
        for path in _written_files()
        if path.suffix in kinds or str(path.relative_to(ROOT)) in names
    ]
    assert len(wanted) > 10
    without = [
        str(path.relative_to(ROOT))
        for path in wanted
        if "SPDX-License-Identifier: Apache-2.0"
        not in "".join(path.read_text("utf-8").splitlines(keepends=True)[:3])
    ]
    assert without == []


def _pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def _wanted(name: str) -> set[str]:
    lines = (ROOT / "requirements" / name).read_text("utf-8").split("\n")
    return {re.split(r"[<>=~!;\[ ]", line)[0] for line in lines if line and line[0] not in "#-"}


@pytest.mark.parametrize("name", ["core.txt", "dev.txt"])
def test_requirements_are_pinned_by_hash_alone(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    rows = [r for r in re.sub(r" \\\n +", " ", text).split("\n") if r and r.strip()[0] != "#"]
    assert len(rows) > 20
    for row in rows:
        assert re.fullmatch(r"[a-z0-9._-]+==\S+(?: ; [^-]+)?(?: --hash=sha256:[0-9a-f]{64})+", row)
    assert "://" not in text
    assert "--index" not in text


def test_requirements_agree() -> None:
    core, dev = _pins("core.txt"), _pins("dev.txt")
    assert core.items() <= dev.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = {re.split(r"[<>=~!;\[ ]", d)[0] for d in project["project"]["dependencies"]}
    assert named == _wanted("core.in")
    for extra in project["project"]["optional-dependencies"].values():
        assert {re.split(r"[<>=~!;\[ ]", d)[0] for d in extra} <= _wanted("dev.in")


def test_the_papers_are_there() -> None:
    for name in ("README.md", "CONTEXT.md", "CHANGELOG.md", "SECURITY.md", "docs/lawful-use.md"):
        assert (ROOT / name).stat().st_size > 500, name
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


def test_links_between_the_papers_hold() -> None:
    papers = [p for p in _written_files() if p.suffix == ".md"]
    broken = []
    for paper in papers:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", paper.read_text("utf-8")):
            if not (paper.parent / target).exists():
                broken.append(f"{paper.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_long_test_is_in_the_long_run() -> None:
    """What says that it has more cases in a long run is found by the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    pattern = re.search(r"grep -rlE '([^']+)' tests", makefile)
    assert pattern is not None
    long = [s for s in _sources("tests") if re.search(r"\bsoak\b|\bhypothesis\b", s.text)]
    long = [s for s in long if Path(s.name).name.startswith("test_") and s.name != THIS]
    assert len(long) >= 8
    assert [s.name for s in long if not re.search(pattern[1], s.text, re.MULTILINE)] == []


def test_what_others_call_shows_an_example() -> None:
    """Every function that the package offers has an example, which the doctests run."""
    import skontro
    import skontro.verify

    offered = [getattr(package, name) for package in (skontro, skontro.verify)
               for name in package.__all__]  # fmt: skip
    functions = [one for one in offered if not isinstance(one, type)]
    assert len(functions) >= 6
    assert [one.__name__ for one in functions if ">>> " not in (one.__doc__ or "")] == []


def test_each_word_lives_where_it_is_said_to() -> None:
    """From a word to its module in one step: the module is there, and has the word."""
    text = (ROOT / "CONTEXT.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|", text, re.MULTILINE)
    places = [re.findall(r"`([a-z_]+/[\w/.]*)`", lives) for _, lives in rows]
    assert len({place for some in places for place in some}) > 60
    without = {word for (word, lives), some in zip(rows, places, strict=True)
               if not some and lives not in ("lives in", "---", "later", "everywhere")}  # fmt: skip
    assert without == set(), "no module is named"
    lost = [
        f"{word}: not in {', '.join(some)}"
        for (words, _), some in zip(rows, places, strict=True) if some
        for word in re.split("[,;]", re.sub(r"\(.*?\)", "", words))
        if not _has_word("".join(map(_text_of, some)), word)
    ]  # fmt: skip
    assert lost == []
    assert not _has_word("a pay-out leaves", "pay-in")
    assert _has_word("what it pays in, a *payer*, in", "pay-in")


def _text_of(place: str) -> str:
    """What stands in a module, or in all of a folder; its name belongs to it."""
    path = ROOT / "src/skontro" / place
    assert path.exists(), place
    found = [path] if path.is_file() else sorted(path.rglob("*.py"))
    return "".join([place, *(one.read_text("utf-8").lower() for one in found)])


def _has_word(text: str, word: str) -> bool:
    """Whether all parts of a word are in a text, in some form: nets, netted."""
    parts = re.findall("[a-z]+", word.lower())
    return all(re.search(rf"\b{part[: max(3, len(part) - 3)]}|_{part}", text) for part in parts)
