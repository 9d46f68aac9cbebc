"""The two ways in which a request fails. Both carry one sentence: what, its value, and a way out."""


class UsageError(ValueError):
    """The request makes no sense as given; exit code 2."""


class JobError(RuntimeError):
    """The request makes sense and could not be done; exit code 1."""
