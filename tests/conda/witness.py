"""Lists what a process of a stand-in environment imported, and from where, when it ends.

Snakemake appends its own packages to the search path of a script, and so hides what the script's
environment lacks. The lists are <environment>/imported/<process>.json.
"""

import atexit
import json
import os
import sys
from pathlib import Path


def leave_list():
    folder = Path(sys.prefix, "imported")
    folder.mkdir(exist_ok=True)
    found = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    (folder / f"{os.getpid()}.json").write_text(json.dumps(found))


atexit.register(leave_list)
