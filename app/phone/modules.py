"""The scripts of a page with all that they import, named at once: else a browser learns of the second only when it has read the first."""

import re
from functools import cache

from markupsafe import Markup

from app.phone.static import STATIC, static_path

IMPORT = re.compile(r'^import .* from "\./([\w-]+\.js)";$', re.MULTILINE)


@cache
def module(name: str) -> Markup:
    """Give the elements for a module script in static/: itself, and `modulepreload` (HTML §4.6.7.13) for each module that it needs."""
    needed = [Markup('<link rel="modulepreload" href="{}">').format(static_path(one)) for one in sorted(_needed(name))]
    return Markup("").join([Markup('<script type="module" src="{}"></script>').format(static_path(name)), *needed])


def _needed(name: str) -> set[str]:
    found, look_at = set[str](), [STATIC / name]
    while look_at:
        new = set(IMPORT.findall(look_at.pop().read_text())) - found
        found |= new
        look_at += [STATIC / one for one in new]
    return found
