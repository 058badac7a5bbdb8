"""What can go wrong on a developer's machine, told so that the reader can act on it."""


class LocalError(Exception):
    """The reader has to do something; the text says what.

    LocalError
    ├── EngineError
    └── FolderInUse
    """


class EngineError(LocalError):
    """An engine would not start, stop or answer."""


class FolderInUse(LocalError):
    """Another run holds the data folder."""
