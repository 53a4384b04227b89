"""What `make test-compose` types is what the README tells users to type."""

from tests.deployment.readme import typed_under
from tests.deployment.test_compose_walk import CHECKS, UPGRADE


def test_the_walk_types_every_line_of_the_readme_in_its_order() -> None:
    assert typed_under("Deploy it") == list(CHECKS)


def test_the_upgrade_is_typed_as_the_operations_page_has_it() -> None:
    recipe = typed_under("Upgrades", "docs/operations.md")
    assert [line for line in recipe if line in UPGRADE] == UPGRADE
