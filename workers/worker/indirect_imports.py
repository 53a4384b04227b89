"""Packages that our dependencies import without declaring them.

The service never imports this module. Its imports make deptry require the packages.
"""

import packaging  # for kombu's Redis transport, which compares versions of redis
import python_multipart  # for FastAPI, which parses forms with it

__all__ = ["packaging", "python_multipart"]
