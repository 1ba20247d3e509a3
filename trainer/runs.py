"""Keep the runs in order: list, show, rename, tag, delete with a way back, export.

python -m trainer runs list
"""

import zipfile
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from similarity import project_paths
from similarity.errors import RunError
from similarity.files import replaced
from similarity.metrics import Scores
from similarity.run_catalog import (
    archive_run,
    delete_run,
    find_run,
    list_runs,
    purge_deleted,
    rename_run,
    restore_run,
    tag_run,
)
from similarity.run_format import CHECKPOINT_FOLDER, RESUME_FOLDER, RunRecord, run_folder, utc_now
from trainer.console import console, say_next, shown

runs = typer.Typer(no_args_is_help=True, help="List, show, rename, tag, delete and export runs.")
RunId = Annotated[str, typer.Argument(help="Run id, as `runs list` shows it.")]


@runs.command("list")
def list_command(
    tag: Annotated[str | None, typer.Option(help="Only runs with this tag.")] = None,
    data: Annotated[str | None, typer.Option(help="Only runs trained on this data set.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Archived runs too.")] = False,
) -> None:
    """List all runs, the newest first, with Pearson on their data set's test split; and the unreadable ones."""
    catalog = list_runs(project_paths.runs_root())
    chosen = [
        run
        for run in catalog.runs
        if (tag is None or tag in run.tags)
        and (data is None or run.data.name == data)
        and (archived or not run.archived)
    ]
    if not chosen and not catalog.unreadable:
        console.print("There are no runs" + (" that fit." if catalog.runs else " yet."))
        say_next("python -m trainer demo", "python -m trainer train --help")
        return
    # An id is there to be copied, so it is never shortened; name and tags give way on a narrow screen.
    longest = max((len(run.run_id) for run in chosen), default=0)
    table = Table(Column("run id", no_wrap=True, min_width=longest), box=None, pad_edge=False)
    for heading, width in (("status", 8), ("Pearson", 7), ("kind", 13), ("data set", 8), ("name", 1), ("tags", 1)):
        table.add_column(heading, no_wrap=True, min_width=width)
    for run in chosen:
        scores = run.metrics.get(run.data.name, {}).get("test")
        cells = (
            run.run_id,
            "archived" if run.archived else run.status_at(utc_now()),
            _pearson(scores),
            run.model.architecture,
            run.data.name,
            run.display_name,
            ", ".join(run.tags),
        )
        table.add_row(*map(escape, cells))
    console.print(table)
    for broken in catalog.unreadable:
        console.print(f"[yellow]unreadable[/] {escape(broken.name)}: {escape(broken.reason)}", highlight=False)


@runs.command("show")
def show_command(run_id: RunId) -> None:
    """Print a run's whole record as JSON."""
    console.print_json(find_run(project_paths.runs_root(), run_id).model_dump_json())


@runs.command("rename")
def rename_command(run_id: RunId, name: Annotated[str, typer.Argument(help="New display name.")]) -> None:
    """Give a run another display name; its id stays."""
    record = rename_run(project_paths.runs_root(), run_id, name)
    console.print(f"{record.run_id} is now called {escape(record.display_name)}", highlight=False)


@runs.command("archive")
def archive_command(
    run_id: RunId, back: Annotated[bool, typer.Option("--back", help="Bring it back into the lists.")] = False
) -> None:
    """Leave a run out of the lists; its files stay where they are."""
    record = archive_run(project_paths.runs_root(), run_id, archived=not back)
    console.print(f"{record.run_id} is {'back in the lists' if back else 'archived'}", highlight=False)
    if not back:
        say_next("python -m trainer runs list --archived", f"python -m trainer runs archive {run_id} --back")


@runs.command("tag")
def tag_command(
    run_id: RunId,
    add: Annotated[list[str] | None, typer.Option(help="Tag to add; can be repeated.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Tag to remove; can be repeated.")] = None,
) -> None:
    """Add and remove tags."""
    record = tag_run(project_paths.runs_root(), run_id, add=add, remove=remove)
    console.print(f"{record.run_id}: {escape(', '.join(record.tags)) or 'no tags'}", highlight=False)


@runs.command("delete")
def delete_command(run_id: RunId, yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False) -> None:
    """Move a run to the trash, from where `runs restore` brings it back until `runs purge`."""
    if not yes:
        typer.confirm(f"Delete run {run_id}? It can be restored until `runs purge`.", abort=True)
    place = delete_run(project_paths.runs_root(), project_paths.trash_root(), run_id)
    console.print(f"Moved to {shown(place)}", highlight=False)
    say_next(f"python -m trainer runs restore {run_id}")


@runs.command("restore")
def restore_command(run_id: RunId) -> None:
    """Bring a deleted run back."""
    place = restore_run(project_paths.runs_root(), project_paths.trash_root(), run_id)
    console.print(f"Restored to {shown(place)}", highlight=False)


@runs.command("purge")
def purge_command(yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False) -> None:
    """Remove all deleted runs for good."""
    trash = project_paths.trash_root()
    if not yes:
        typer.confirm(f"Remove all runs in {shown(trash)} for good?", abort=True)
    gone = purge_deleted(trash)
    console.print(f"Removed for good: {', '.join(gone) or 'nothing was there'}", highlight=False)


@runs.command("export")
def export_command(
    run_id: RunId,
    output: Annotated[Path | None, typer.Option(help="File to write. [default: RUN_ID.zip here]")] = None,
    checkpoint: Annotated[bool, typer.Option(help="Take the model's weights along.")] = True,
) -> None:
    """Pack a run into a zip file, which can be unpacked into another machine's artifacts/runs/."""
    record = find_run(project_paths.runs_root(), run_id)
    target = output or Path(f"{run_id}.zip")
    if target.exists():
        raise RunError(f"{target} exists already. Remove it, or name another file with --output.")
    files = _files_of(record, checkpoint=checkpoint)
    with replaced(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, inside in files:
            archive.write(path, inside)
    console.print(f"{len(files)} files written to {shown(target.resolve())}", highlight=False)


def _files_of(record: RunRecord, *, checkpoint: bool) -> list[tuple[Path, str]]:
    folder = run_folder(project_paths.runs_root(), record.run_id)
    left_out = {RESUME_FOLDER} if checkpoint else {RESUME_FOLDER, CHECKPOINT_FOLDER}
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        (path, f"{record.run_id}/{path.relative_to(folder).as_posix()}")
        for path in paths
        if path.relative_to(folder).parts[0] not in left_out
    ]


def _pearson(scores: Scores | None) -> str:
    return "—" if scores is None or scores.pearson is None else f"{scores.pearson:.4f}"
