"""Starts the web app: `python app.py`. What can be set is in `famqa.settings`."""

import sys

from famqa.errors import FamqaError
from famqa.settings import load_settings

if __name__ == "__main__":
    try:
        settings = load_settings()
        from famqa.web.server import serve  # after the settings: a wrong one is told at once

        serve(settings)
    except FamqaError as error:
        print(f"famqa: {error}", file=sys.stderr)
        sys.exit(2)
