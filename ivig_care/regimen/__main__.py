"""`python -m ivig_care.regimen preview FILE.json`: the regimen without the web."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.preview import preview

BAD_INPUT = 2


def main(arguments: list[str] | None = None) -> int:
    """Print the preview as JSON; exit code 2 with one sentence on standard error when the file will not do."""
    parser = argparse.ArgumentParser(prog="python -m ivig_care.regimen", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("preview", help="dated steps, ladder and warnings of one infusion, as JSON")
    command.add_argument("file", type=Path, metavar="FILE.json")
    options = parser.parse_args(arguments)
    try:
        result = preview(options.file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RegimenError) as error:
        # One line whatever the file holds, and nothing in it that a terminal cannot print.
        sentence = " ".join(f"{options.file}: {error}".encode(errors="backslashreplace").decode().split())
        sys.stderr.write(f"{sentence}\n")
        return BAD_INPUT
    json.dump(result, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
