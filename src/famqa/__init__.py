"""famqa answers questions from your own documents, word for word, with citations that open at the exact characters.

    import famqa

    assistant = famqa.open_assistant(famqa.load_settings(corpus="my-documents", index="my-index"))
    answer = assistant.ask("When does the guarantee end?")
    print(answer.answer, [citation.quote for citation in answer.citations])

Nothing is loaded before it is asked for: `import famqa` takes milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from famqa.assistant import Assistant as Assistant
    from famqa.assistant import open_assistant as open_assistant
    from famqa.errors import FamqaError as FamqaError
    from famqa.records import Answer as Answer
    from famqa.records import Citation as Citation
    from famqa.records import Document as Document
    from famqa.settings import Settings as Settings
    from famqa.settings import load_settings as load_settings

__version__ = "0.1.0"

_HOMES = {
    "Answer": "famqa.records",
    "Assistant": "famqa.assistant",
    "Citation": "famqa.records",
    "Document": "famqa.records",
    "FamqaError": "famqa.errors",
    "Settings": "famqa.settings",
    "load_settings": "famqa.settings",
    "open_assistant": "famqa.assistant",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'famqa' has no attribute '{name}'")
