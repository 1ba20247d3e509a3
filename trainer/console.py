"""How commands speak: one console, and the next useful command at the end."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

console = Console()
errors = Console(stderr=True)


def say_next(*commands: str) -> None:
    """Print the commands that are useful next, each on a line of its own, to copy."""
    console.print("\nNext:")
    for command in commands:
        console.print(f"  [bold cyan]{escape(command)}[/]", highlight=False, soft_wrap=True)


def shown(path: Path) -> str:
    """Return a path as short as it can be: relative to the current folder where it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
