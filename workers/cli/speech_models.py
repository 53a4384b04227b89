"""Commands about the models of speech to text: list, pull, verify."""

from typing import Annotated, Any

import typer

from models import get_settings
from tasks.http.settings import fetch_loop
from tasks.speech.catalogue import MODELS, KnownModel
from tasks.speech.folders import models_folder
from tasks.speech.pull import PullFailed, pull_model, verify_model
from workers.cli.options import Json, fail
from workers.cli.output import print_error, print_json, show

_COLUMNS = ("name", "use", "megabytes", "licence", "installed", "repository")
_Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]…", help="Models, by name as listed.")
]


def list_models(as_json: Json = False) -> None:
    """List the models that can be pulled, and which of them are installed."""
    show([_record(model) for model in MODELS.values()], _COLUMNS, as_json=as_json)


def _record(model: KnownModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "use": model.use,
        "megabytes": model.megabytes,
        "licence": model.licence,
        "installed": (models_folder(get_settings()) / model.installed_as).exists(),
        "repository": model.repository,
    }


def pull(names: _Names = None) -> None:
    """Download models from the hub; without names, those in the settings."""
    settings = get_settings()
    folder = models_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    hub = settings.speech_hub.rstrip("/")
    try:
        for model in _chosen(names or _of_settings()):
            for file in pull_model(hub, model, folder):
                print_error(f"{model.name}: {file.path}, {file.size / 1e6:,.1f} MB")
            typer.echo(f"{model.name} is in {folder / model.installed_as} ({model.licence})")
    except PullFailed as failed:
        fail(str(failed))
    finally:
        fetch_loop().close()


def _of_settings() -> list[str]:
    """The models that the settings name, if the list has them."""
    settings = get_settings()
    named = (
        settings.speech_model,
        settings.speech_segmentation_model,
        settings.speech_embedding_model,
    )
    return [name for name in named if name in MODELS]


def _chosen(names: list[str]) -> list[KnownModel]:
    if unknown := [name for name in names if name not in MODELS]:
        raise typer.BadParameter(f"no such model: {', '.join(unknown)}; see speech-models list")
    return [MODELS[name] for name in names]


def verify(names: _Names = None, as_json: Json = False) -> None:
    """Compare installed models with the checksums recorded when they were pulled."""
    folder = models_folder(get_settings())
    installed = [model for model in MODELS.values() if (folder / model.installed_as).exists()]
    chosen = _chosen(names) if names else installed
    results = [{"name": model.name, "problems": verify_model(model, folder)} for model in chosen]
    if as_json:
        print_json(results)
    else:
        for result in results:
            for problem in result["problems"] or [f"{result['name']} is unchanged"]:
                typer.echo(problem)
    if any(result["problems"] for result in results):
        raise typer.Exit(1)
