"""A wheel holds flows/, tasks/ and a layout of messages: from there `loop new` puts them into a project."""

from pathlib import Path
from shutil import copytree, ignore_patterns

from setuptools import setup
from setuptools.command.build_py import build_py


class WithProjectFiles(build_py):
    """What an installation in place finds beside the package."""

    def run(self) -> None:
        """Build the package, then add them."""
        super().run()
        if self.editable_mode:
            return
        inside = Path(self.build_lib) / "loyaltyloop" / "project_files"
        for name in ("flows", "tasks", "templates/layout"):
            copytree(name, inside / name, ignore=ignore_patterns("__pycache__"), dirs_exist_ok=True)


setup(cmdclass={"build_py": WithProjectFiles})
