"""Why a file cannot be used, and what of it was left out."""


class UnusableError(Exception):
    """Why a file cannot be used."""


class NonsenseError(ValueError):
    """A remark in a file that makes no sense; its picture may well be used without."""


NOT_A_PICTURE = "not a picture that can be read"
