"""Writes renders.json anew: what Python's jinja2 makes of the templates in it.

	python3 renders.py                 (needs jinja2 3.1.6)
	python3 renders.py TEMPLATES_DIR   writes digests.json instead

An entry is {"template": …, "out": …}, or "err" with the exception where
Python raises one. Add an entry with a template only, run this, read the
result.

digests.json has the SHA-256 of what every *.jinja of TEMPLATES_DIR makes of
every chat of chats.json, "error" where Python raises one: the templates are
their vendors' and not here.
"""
import datetime
import hashlib
import json
import pathlib
import sys

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_run"), [], [], body).set_lineno(line)

    def _run(self, caller):
        return caller()


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.TemplateError(message)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])
env.filters["tojson"] = tojson
env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = datetime.datetime(2026, 7, 26, 12).strftime

here = pathlib.Path(__file__).parent


def write_renders():
    file = here / "renders.json"
    data = json.loads(file.read_text())
    for case in data["renders"]:
        case.pop("out", None)
        case.pop("err", None)
        try:
            case["out"] = env.from_string(case["template"]).render(**data["variables"])
        except Exception as e:
            case["err"] = type(e).__name__ + ": " + str(e)
    entries = ",\n".join(" " + json.dumps(case, ensure_ascii=False) for case in data["renders"])
    variables = json.dumps(data["variables"], ensure_ascii=False)
    file.write_text('{"variables": %s,\n"renders": [\n%s\n]}\n' % (variables, entries))


def digest(template, chat):
    try:
        return hashlib.sha256(env.from_string(template).render(**chat).encode()).hexdigest()
    except Exception:
        return "error"


def write_digests(templates):
    chats = json.loads((here / "chats.json").read_text())
    digests = {file.name: {name: digest(file.read_text(), chat) for name, chat in chats.items()} for file in sorted(templates.glob("*.jinja"))}
    (here / "digests.json").write_text(json.dumps(digests, indent=1) + "\n")


if len(sys.argv) > 1:
    write_digests(pathlib.Path(sys.argv[1]))
else:
    write_renders()
