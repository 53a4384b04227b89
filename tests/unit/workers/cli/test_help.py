"""Help: arguments have names, and options without a value show no type."""

from typing import Any

from workers.cli.lazy_group import lazy_commands


def test_help_names_arguments_and_hides_types_of_flags() -> None:
    for name, lazy in lazy_commands():
        command: Any = lazy.load()
        with command.make_context(name, [], resilient_parsing=True) as context:
            for param in command.get_params(context):
                if param.param_type_name == "argument":
                    assert param.metavar == param.metavar.upper(), f"{name} {param.name}"
                elif param.is_flag:
                    assert param.display_type_rich(context) == "", f"{name} {param.name}"
