"""The exceptions that famqa raises on purpose. Each message is one line: what failed, which value, what to do.

    FamqaError                    anything below; the command line prints it and exits with 2
    ├── SettingsError             a setting, flag or variable has no usable value
    ├── DocumentError             one file cannot become a document
    ├── CorpusError               the folder of documents cannot be used at all
    │   └── UnusableFilesError    files of it cannot become documents, and the caller is strict
    ├── ModelError                the embedding model or the reader cannot be used
    ├── QuestionError             the question cannot be asked (empty, too long)
    ├── QuestionFileError         a file of questions cannot be read
    └── IndexError_               something about the index on disk
        ├── IndexMissingError     there is no index yet
        ├── IndexStaleError       it was made by another format version or another embedder
        ├── IndexDamagedError     a file of it is missing, altered or unreadable
        └── IndexBusyError        another process is building it

"No answer" is a result, not an error.
"""


class FamqaError(Exception):
    """Base of every error that a user can cause or mend."""


class SettingsError(FamqaError):
    """A setting has no usable value."""


class DocumentError(FamqaError):
    """One file cannot become a document; the others are not affected."""


class CorpusError(FamqaError):
    """The folder of documents is missing, empty or unreadable."""


class UnusableFilesError(CorpusError):
    """Files cannot become documents, where all of them must; `reasons` has a line for each."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(
            f"{len(reasons)} of the files cannot be indexed, so nothing was published; mend or remove them, or leave "
            f"out --strict"
        )
        self.reasons = reasons


class ModelError(FamqaError):
    """A model is missing, altered or not of the expected kind."""


class QuestionError(FamqaError):
    """The question is empty or too long."""


class QuestionFileError(FamqaError):
    """A file of questions cannot be read; names the file and the line."""


class IndexError_(FamqaError):  # the underscore keeps the builtin IndexError visible
    """Base of the errors about the index on disk."""


class IndexMissingError(IndexError_):
    """No generation is published in the index folder."""


class IndexStaleError(IndexError_):
    """The index was made by another format version or another embedder."""


class IndexDamagedError(IndexError_):
    """A file of the index is missing, altered or unreadable."""


class IndexBusyError(IndexError_):
    """Another process holds the lock of the index."""
