"""Log lines, local log files, and reading them."""
