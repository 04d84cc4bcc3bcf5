"""`visit-config render`: the terminal.toml of every terminal of a facility, from one file."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from config.facility_file import FacilityFile, Given, Member, read_facility
from config.problems import ConfigError, Problem, plain
from config.terminal_file import terminal_text
from config.whole_folder import write_folder

FACTS = ("hub", "hub_name", "ca")


def rendered(file: FacilityFile, source: Path) -> dict[str, bytes]:
    """Return the files, by their names."""
    made = f"Made from {source.name}: change that, and run visit-config render again."
    return {
        f"{each.name}.toml": terminal_text(each.values, (_who(each), made)).encode()
        for each in file.members
    }


def _who(member: Member) -> str:
    unit = f" of unit {member.unit}" if member.unit else ""
    return f"Terminal {member.label or member.name}{unit}."


def save(files: Mapping[str, bytes], folder: Path, *, replace: bool) -> Path | None:
    """Write the files, all or none; return where a folder that was there is now.

    Raises:
        click.ClickException: they cannot be written; nothing was changed.
    """
    try:
        return write_folder(folder, files, replace=replace)
    except FileExistsError:
        raise click.ClickException(
            f"{folder} is there and not empty; name another with --output, or --replace it"
        ) from None
    except OSError as error:
        raise click.ClickException(
            f"{folder}: nothing was written: {error.strerror or error}"
        ) from None


@click.command()
@click.argument("file", metavar="facility.toml", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the files; else one named like the facility, here.",
)
@click.option(
    "--codes",
    type=click.File(encoding="utf-8"),
    help="What `visit-hub terminal enrol --json` printed; - is standard input.",
)
@click.option("--replace", is_flag=True, help="Take the place of a folder, which is kept beside.")
@click.option("--dry-run", is_flag=True, help="Only check.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def render(
    file: Path, *, output: Path | None, codes: Any, replace: bool, dry_run: bool, as_json: bool
) -> None:
    """Write the terminal.toml of every terminal of a facility: all of them, or none.

    facility.toml says in [defaults] what all have in common, in [terminal.NAME] what each has of
    its own. Each file is checked as `visit-config check` does; mistakes are told where they stand
    in facility.toml, and then nothing is written.

    \b
    Examples:
      visit-config example facility > facility.toml
      visit-config render facility.toml --dry-run
      visit-hub terminal enrol facility.toml --json | visit-config render facility.toml --codes -
    """
    given = _given(codes)
    try:
        found = read_facility(file, given)
        _require_known(file, found, given)
    except ConfigError as error:
        _tell(error.problems, [], as_json=as_json)
        sys.exit(1)
    files = rendered(found, file)
    folder = output or Path(found.facility)
    before = None if dry_run else save(files, folder, replace=replace)
    if as_json:
        _tell([], found.warnings, as_json=True, files=[str(folder / name) for name in files])
        return
    _tell([], found.warnings, as_json=False)
    if dry_run:
        click.echo(f"{file}: no mistakes; {len(files)} files would be written to {folder}.")
        return
    click.echo(f"{len(files)} files written to {folder}.")
    if before is not None:
        click.echo(f"What was there is in {before}.")


def _given(codes: Any) -> Given:
    if codes is None:
        return Given()
    try:
        told = json.load(codes)
        made = told["terminals"]
        facts = {key: told[key] for key in FACTS if told[key]}
        return Given(facts, {each["terminal"]: each["code"] for each in made if each["code"]})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise click.ClickException(
            f"{codes.name}: found something else, expected what "
            "`visit-hub terminal enrol --json` printed"
        ) from None


def _require_known(path: Path, file: FacilityFile, given: Given) -> None:
    """Raise ConfigError for codes of terminals that are not in the file: they would be lost."""
    names = {each.name for each in file.members}
    lost = [each for each in given.codes if each not in names]
    if lost:
        words = f"found no [terminal.{lost[0]}], expected one, because a code was made for it"
        raise ConfigError([Problem(path, words)])


def _tell(
    mistakes: Sequence[Problem],
    warnings: Sequence[Problem],
    *,
    as_json: bool,
    files: Sequence[str] = (),
) -> None:
    if as_json:
        told = {"mistakes": [*map(plain, mistakes)], "warnings": [*map(plain, warnings)]}
        click.echo(json.dumps({**told, "files": files}))
        return
    for warning in warnings:
        click.echo(f"warning: {warning}")
    for mistake in mistakes:
        click.echo(str(mistake))
    if mistakes:
        count = f"{len(mistakes)} {'mistake' if len(mistakes) == 1 else 'mistakes'}"
        click.echo(f"{count}; nothing was written.", err=True)
