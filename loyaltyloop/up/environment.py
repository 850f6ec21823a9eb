"""The environment in which Prefect works for one project. What the user has set wins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from loyaltyloop.up.running import read_running


def prefect_api(project: Path, environ: Mapping[str, str]) -> str | None:
    """The address of the Prefect server's API: as the environment says, else of this project's `loop up`."""
    return environ.get("PREFECT_API_URL") or read_running(project).api


def prefect_environment(
    project: Path, environ: Mapping[str, str], *, api: str | None = None
) -> dict[str, str]:
    """`environ`, with Prefect kept in the project's `var/prefect`, without telemetry and questions.

    `api` is the address of a server's API, overriding all; else PREFECT_API_URL of `environ`, else that of a
    running `loop up` of this project, else none: Prefect then works embedded, with no server.
    """
    home = project.resolve() / "var" / "prefect"
    home.mkdir(parents=True, exist_ok=True)  # Prefect makes the last folder of it at most
    found = api or prefect_api(project, environ)
    defaults = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_CLI_COLORS": "false",
        # A run that has died with its worker is told from one at work by this, see flows/prepare.py.
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_WORKER_QUERY_SECONDS": "1",  # from pressing Run to the start: 10 seconds by default
        # How long before its time a run is begun, and then waits, holding its journey's place: 10 by default.
        "PREFECT_WORKER_PREFETCH_SECONDS": "2",
        # A turn that finds another of its journey at work looks again after so many seconds; 30 by default.
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "3",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # A server of a flow's own is up in 7 seconds, but not where the machine is busy; 20 by default.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    }
    addressed = {"PREFECT_API_URL": found} if found else {}
    return {**defaults, **environ, **addressed, "LOOP_PROJECT": str(project.resolve())}


def quiet(environment: Mapping[str, str]) -> dict[str, str]:
    """The same for a command that prints its own outcome: Prefect logs to its server, not to the terminal."""
    silent = {
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }
    return {**silent, **environment}
