"""Many modules become one script that does the same."""

from __future__ import annotations

import subprocess

import pytest

from signalling.hub.errors import StartError
from signalling.hub.web_bundle import bundle_scripts, hashed_name, inline_styles


def test_a_bundle_does_what_its_modules_do() -> None:
    script = bundle_scripts(
        {
            "app.js": 'import {\n  add as plus,\n  Box,\n} from "./sum-up.js";\n'
            'import { ONE } from "./one.js";\nconsole.log(plus(ONE, new Box().two));\n',
            "sum-up.js": 'import { ONE } from "./one.js";\nexport { ONE };\n'
            "export function add(a, b) {\n  return a + b; // a comment\n}\n"
            "export class Box {\n  #two = ONE + ONE;\n  get two() {\n"
            "    return this.#two;\n  }\n}\n",
            "one.js": "const hidden = 1;\nexport const ONE = hidden;\n",
        }
    )
    assert "a comment" not in script
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("3\n", "")


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        (
            {"app.js": 'import { a } from "./b.js";', "b.js": 'import { c } from "./app.js";'},
            r"in a circle: app\.js -> b\.js -> app\.js",
        ),
        ({"app.js": 'import { a } from "./gone.js";'}, r"app\.js imports gone\.js"),
        ({"app.js": "export default 1;"}, "not known to the bundler"),
        ({"app.js": 'import * as all from "./app.js";'}, "not known to the bundler"),
    ],
)
def test_what_does_not_fit_is_named(sources: dict[str, str], why: str) -> None:
    with pytest.raises(StartError, match=why):
        bundle_scripts(sources)


def test_styles_stand_in_the_page_in_order() -> None:
    page = (
        '<head>\n<link rel="stylesheet" href="/b.css" />\n<link rel="stylesheet" href="/a.css" />'
    )
    inlined, allowed = inline_styles(page, {"a.css": "a { top: 0; }", "b.css": "b { top: 0; }"})
    assert "<style>b{top:0}a{top:0}</style>" in inlined
    assert "<link" not in inlined
    assert allowed.startswith("'sha256-")


def test_a_name_changes_with_its_content() -> None:
    assert hashed_name("/icons.svg", b"1") != hashed_name("/icons.svg", b"2")
    assert hashed_name("/icons.svg", b"1").endswith(".svg")
