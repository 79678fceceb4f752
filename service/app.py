"""The application builder of `serve deploy` and `serve run`: its arguments are the settings."""

# No `from __future__ import annotations` here: Ray reads the type of `args` and takes no string for it.
from ray.serve import Application

from service.config import Settings
from service.replicas import build_application


def build_app(args: Settings) -> Application:
    """For `import_path: service.app:build_app`; host and port are Serve's own there (`http_options`)."""
    return build_application(args)
