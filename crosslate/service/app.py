"""The application builder of `serve deploy` and `serve run`: its arguments are the settings."""

# No `from __future__ import annotations` here: Ray reads the type of `args` and takes no string for it.
from ray.serve import Application

from crosslate.service.deployment.replicas import build_application
from crosslate.service.settings.config import Settings


def build_app(args: Settings) -> Application:
    """For `import_path: crosslate.service.app:build_app`; host and port are Serve's `http_options` there."""
    return build_application(args)
