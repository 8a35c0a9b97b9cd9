# SPDX-License-Identifier: Apache-2.0
"""References of the C library and of the Python package, as Markdown, from what stands in the sources: the comments of
include/ttfs.h and the docstrings of python/ttfs. Nothing is imported and nothing is built.

In C a comment belongs to what is declared right behind it; a comment `/* --- NAME --- */` begins a section. Of Python the
names of `__all__` are shown, classes with their public methods and properties.
"""
import ast
import os
import re
import textwrap

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SECTION = re.compile(r"^/\* --- (.*) --- \*/$")
# What a declaration declares, the first pattern that fits: a type, a macro, a function, the first of an enum's constants.
NAMED = (re.compile(r"\}\s*(\w+);$"), re.compile(r"^typedef struct \w+ (\w+);"), re.compile(r"^#define (\w+)"),
         re.compile(r"^(?!enum|typedef)[^(]*\b(ttfs_\w+)\("), re.compile(r"^enum[^}]*?\b(TTFS_\w+)"))


def text_of(*names):
    with open(os.path.join(SOURCE, *names), encoding="utf-8") as f:
        return f.read()


# ---- C ------------------------------------------------------------------------------------------


def plain_comment(lines):
    """The text of a comment, its stars taken off."""
    text = "\n".join(re.sub(r"^ ?\*( |$)", "", line) for line in "\n".join(lines).strip().splitlines())
    return re.sub(r"^/\*\s?|\s*\*/$", "", text).strip("\n")


def paragraphs(text):
    """Markdown of a comment: its indented parts become code, all else is text."""
    found = []
    for part in re.split(r"\n\s*\n", text):
        code = [line for line in part.splitlines() if line.startswith("    ")]
        if code and len(code) == len(part.splitlines()):
            found.append("```c\n%s\n```" % textwrap.dedent(part))
        else:
            found.append(escaped(" ".join(line.strip() for line in part.splitlines())))
    return "\n\n".join(found)


def escaped(text):
    return re.sub(r"([*_<|])", r"\\\1", text)


def ends(line, depth):
    """Whether a declaration ends with this line, and how deep braces are behind it."""
    code = re.sub(r"/\*.*?(\*/|$)", "", line)
    depth += code.count("{") - code.count("}")
    return depth == 0 and (code.rstrip().endswith(";") or code.startswith("#define")), depth


def declarations(lines):
    """(comment, declarations that follow one another) in order of the header, and (section, "")."""
    comment, body, depth, inside, open_ = [], [], 0, False, False
    for line in lines + [""]:
        if not open_ and body and not re.match(r"[\w#]", line):
            yield plain_comment(comment), "\n".join(body)
            comment, body = [], []
        section = SECTION.match(line)
        if section:
            yield section[1], ""
        elif not open_ and (inside or line.startswith("/*")):
            comment = comment + [line] if inside else [line]
            inside = "*/" not in line
        elif open_ or line:
            body.append(line)
            over, depth = ends(line, depth)
            open_ = not over
        else:
            comment = []


def names_of(declared):
    """What the declarations of an entry declare."""
    found, one, depth = [], [], 0
    for line in declared.splitlines():
        one.append(line)
        over, depth = ends(line, depth)
        if over:
            text = re.sub(r"\s*/\*.*?\*/", "", "\n".join(one), flags=re.S)
            found.append(next(m[1] for m in (pattern.search(text) for pattern in NAMED) if m))
            one = []
    return found


def c_reference():
    """The reference of ttfs.h."""
    header = text_of("include", "ttfs.h")
    intro = plain_comment(header.split("*/", 1)[0].splitlines())
    body = header.split('extern "C" {\n#endif\n', 1)[1].rsplit("#ifdef __cplusplus", 1)[0]
    intro = intro.split("\n", 1)[1] if "SPDX" in intro.split("\n", 1)[0] else intro
    parts = ["# The C library", "Made of [include/ttfs.h](../include/ttfs.h); a whole program is [examples/library/compile.c](../examples/library/compile.c).",
             paragraphs(intro.strip("\n"))]
    for comment, declared in declarations(body.splitlines()):
        if not declared:
            parts.append("## " + comment[0].upper() + comment[1:])
            continue
        parts += ["### " + ", ".join("`%s`" % name for name in names_of(declared)), paragraphs(comment), "```c\n%s\n```" % declared]
    parts = [p for p in parts if p]
    return "\n\n".join(parts) + "\n"


# ---- Python -------------------------------------------------------------------------------------


def docstring(node):
    """Text of a docstring; its examples become code."""
    parts = []
    for part in re.split(r"\n\s*\n", ast.get_docstring(node) or ""):
        text, shown = part, ""
        if ">>> " in part:
            text, shown = part[:part.index(">>> ")], part[part.index(">>> "):]
        parts += [" ".join(text.split())] if text.strip() else []
        parts += ["```pycon\n%s\n```" % shown.rstrip()] if shown else []
    return "\n\n".join(parts)


def signature(node, name):
    """A call as one writes it; a long one has an argument a line."""
    names = [a.arg for a in node.args.args]
    node.args.args = node.args.args[1:] if names[:1] == ["self"] else node.args.args
    returns = " -> " + ast.unparse(node.returns) if node.returns else ""
    text = "%s(%s)%s" % (name, ast.unparse(node.args), returns)
    if len(text) <= 100:
        return text
    lines = re.split(r", (?=\*|[a-z_]+(?::|=|$))", ast.unparse(node.args))
    return "%s(\n    %s)%s" % (name, ",\n    ".join(lines), returns)


def is_property(node):
    return any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)


def attributes(node):
    """What a class says it has: the annotated names of its body and of __init__."""
    found = [s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    for f in node.body:
        if isinstance(f, ast.FunctionDef) and f.name == "__init__":
            for s in ast.walk(f):
                targets = [s.target] if isinstance(s, ast.AnnAssign) else s.targets if isinstance(s, ast.Assign) else []
                flat = [e for t in targets for e in (t.elts if isinstance(t, ast.Tuple) else [t])]
                found += [t.attr for t in flat if isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name) and t.value.id == "self"]
    return [name for name in dict.fromkeys(found) if not name.startswith("_")]


def class_page(node):
    bases = [ast.unparse(b) for b in node.bases if not ast.unparse(b).startswith("_")]
    parts = ["### `%s%s`" % (node.name, "(%s)" % ", ".join(bases) if bases else ""), docstring(node)]
    has = attributes(node)
    parts += ["Attributes: " + ", ".join("`%s`" % name for name in has) + "."] if has else []
    for f in node.body:
        if isinstance(f, ast.FunctionDef) and not f.name.startswith("_"):
            title = "%s.%s" % (node.name, f.name) if is_property(f) else signature(f, "%s.%s" % (node.name, f.name))
            parts += ["#### `%s.%s`" % (node.name, f.name), docstring(f)]
            parts += [] if is_property(f) else ["```python\n%s\n```" % title]
    return "\n\n".join(p for p in parts if p)


def python_names():
    """What the package shows: {name: its definition}."""
    tree = ast.parse(text_of("python", "ttfs", "__init__.py"))
    shown = next(ast.literal_eval(ast.unparse(s.value)[:-1] + "]") for s in tree.body
                 if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name) and s.targets[0].id == "__all__")
    found = {}
    for s in tree.body:
        if isinstance(s, ast.ImportFrom) and s.level == 1:
            for node in ast.parse(text_of("python", "ttfs", s.module + ".py")).body:
                if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name in shown:
                    found[node.name] = node
    return ast.get_docstring(tree), shown, found


def python_reference():
    """The reference of the package `ttfs`."""
    head, shown, found = python_names()
    module = ast.parse('"""%s"""' % head.replace("\\", "\\\\"))
    parts = ["# The Python package", "Made of the docstrings of [python/ttfs](../python/ttfs); a table of all calls and how to install it: [python.md](../docs/python.md).",
             docstring(module)]
    for title, kind in (("Functions", ast.FunctionDef), ("Classes", ast.ClassDef)):
        parts.append("## " + title)
        for name in sorted((n for n in shown if isinstance(found.get(n), kind)), key=str.lower):
            node = found[name]
            if kind is ast.ClassDef:
                parts.append(class_page(node))
            else:
                parts += ["### `%s`" % name, docstring(node), "```python\n%s\n```" % signature(node, "ttfs." + name)]
    return "\n\n".join(p for p in parts if p) + "\n"
