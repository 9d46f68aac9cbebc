"""The models that come with panogen, and how a name becomes a model's folder."""

from pathlib import Path

from panogen.base.errors import UsageError

DEFAULT_MODEL = "commons"

_PACKAGE = Path(__file__).parent.parent
_FOLDERS = (_PACKAGE / "models", _PACKAGE.parent / "models")  # in a wheel; in a checkout


def shipped_models() -> dict[str, Path]:
    """Folders of the shipped models by name."""
    root = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    if root is None:
        return {}
    return {folder.name: folder for folder in sorted(root.iterdir()) if (folder / "config.json").is_file()}


def model_folder(name: str) -> Path:
    """Return the folder of a model: a shipped name, a model's folder, or a training run, whose latest model is meant.

    Raises UsageError where there is no such model.
    """
    from panogen.weights.checkpoint import latest_checkpoint

    shipped = shipped_models()
    if name in shipped:
        return shipped[name]
    folder = Path(name)
    if name and (checkpoint := latest_checkpoint(folder)) is not None:
        return checkpoint / "model"
    if name and (folder / "config.json").is_file():
        return folder
    found = ", a folder without its config.json" if name and folder.is_dir() else ""
    known = ", ".join(shipped) or "(none shipped)"
    raise UsageError(f"model must be one of {known} or the folder of a model or a run, got {name!r}{found}")
