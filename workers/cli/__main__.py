"""``python -m workers.cli`` is the ``overheard`` command."""

from workers.cli.main import main

main()
