"""Modules that our dependencies import without declaring them.

Nothing imports this file when the service runs. Its imports make deptry ask for the packages.
"""

import packaging  # kombu's Redis transport compares the version of redis with it
import python_multipart  # FastAPI reads the fields of forms with it

__all__ = ["packaging", "python_multipart"]
